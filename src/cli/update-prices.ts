import { renameSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join, resolve } from 'node:path'
import { MillraceError, messageOf } from '../errors.ts'
import type { Config } from '../gateway/index.ts'
import { dataFolder } from './data-folder.ts'
import { makeFolder } from './private-files.ts'

/** What `millrace prices update` is told. */
export interface UpdateFlags {
  readonly config?: string
  readonly url?: string
  readonly file?: string
}

const FETCH_MS = 60_000

/** The published catalogue has half a megabyte. */
const MAX_BYTES = 64 * 1024 * 1024

/**
 * Fetches a catalogue, and puts it where the configuration looks for one.
 * @throws {MillraceError} when it cannot be fetched, or is no catalogue; what was there stays then
 */
export async function updatePrices({ url: given, file: named }: UpdateFlags, { prices }: Config): Promise<void> {
  const { CATALOGUE_URL, parseCatalogue } = await import('../prices/index.ts')
  const file = resolve(named ?? prices.file ?? join(dataFolder(), 'prices.json'))
  const text = await fetchText(given ?? CATALOGUE_URL)
  const providers = parseCatalogue(text)
  writeWhole(file, text)
  const models = providers.reduce((sum, provider) => sum + provider.models.length, 0)
  process.stdout.write(`${models} models of ${providers.length} providers are in ${file}\n`)
  if (prices.file === undefined || resolve(prices.file) !== file)
    process.stdout.write(`a gateway uses it with \`prices: { file: ${JSON.stringify(file)} }\` in its configuration\n`)
}

async function fetchText(url: string): Promise<string> {
  try {
    const response = await fetch(url, { signal: AbortSignal.timeout(FETCH_MS) })
    if (!response.ok) throw new Error(`status ${response.status}`)
    return await bounded(response)
  } catch (cause) {
    const { cause: deeper } = Object(cause) as { cause?: unknown }
    const why = deeper === undefined ? messageOf(cause) : messageOf(deeper)
    throw new MillraceError('upstream', `Cannot fetch the price catalogue from ${url}: ${why}`, { cause })
  }
}

async function bounded({ body }: Response): Promise<string> {
  const decoder = new TextDecoder()
  let text = ''
  for await (const chunk of body ?? []) {
    text += decoder.decode(chunk, { stream: true })
    if (text.length > MAX_BYTES) throw new Error(`it is larger than ${MAX_BYTES} bytes`)
  }
  return text + decoder.decode()
}

/** Whoever reads it meanwhile reads the old one or the new one. */
function writeWhole(file: string, text: string): void {
  makeFolder(dirname(file))
  const part = `${file}.${process.pid}.part`
  try {
    writeFileSync(part, text)
    renameSync(part, file)
  } finally {
    rmSync(part, { force: true })
  }
}
