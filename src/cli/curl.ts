import { decodeCapture, type Side, toCurl } from '../capture/index.ts'
import { MillraceError } from '../errors.ts'
import { loadConfig } from '../gateway/index.ts'
import { findCapture, openFolder } from './record.ts'

/**
 * Prints a captured request as a command for a shell.
 * @param id of the exchange, or how it begins
 * @throws {MillraceError} not-found, when its body was not kept
 */
export async function printCurl(id: string, side: string, configFlag: string | undefined): Promise<void> {
  if (!isSide(side)) throw new MillraceError('bad-request', 'Cannot print the request: say `upstream` or `client`')
  const folder = openFolder(configFlag)
  const found = await findCapture(folder, id).catch(notKept)
  const file = await folder.read(found)
  const line = file && toCurl(decodeCapture(file), side, gatewayUrl(configFlag))
  if (line === undefined)
    throw new MillraceError('not-found', `Cannot print the request: no ${side} was asked anything`)
  process.stdout.write(line)
}

function isSide(word: string): word is Side {
  return word === 'client' || word === 'upstream'
}

/** The ledger keeps no bodies: without a capture there is nothing to print. */
function notKept(error: unknown): never {
  if (!(error instanceof MillraceError) || error.code !== 'not-found') throw error
  const why = 'its body was not kept; with `capture: { mode: errors }` those of failures are, with `all` those of all'
  throw new MillraceError('not-found', `Cannot print the request: ${why}`, { cause: error })
}

function gatewayUrl(flag: string | undefined): string {
  const { config } = loadConfig({ cwd: process.cwd(), env: process.env, ...(flag === undefined ? {} : { flag }) })
  return `http://${config.server.host}:${config.server.port}`
}
