import { MillraceError } from '../errors.ts'
import { loadConfig } from '../gateway/index.ts'
import { type LedgerReader, openReader, secretsOfUrl } from '../ledger/index.ts'
import { Redactor } from '../redact.ts'
import { ledgerPlace } from './ledger-place.ts'

/** What all commands have in common that read the ledger. */
export interface LedgerFlags {
  readonly config?: string
  /** Absent: a table where a terminal reads it, JSON else. */
  readonly json?: boolean
}

/** Reads the configured ledger, also while a gateway writes to it, which needs not run. */
export async function withLedger<T>(
  { config: flag }: LedgerFlags,
  read: (reader: LedgerReader) => Promise<T>,
): Promise<T> {
  const { config } = loadConfig({ cwd: process.cwd(), env: process.env, ...(flag === undefined ? {} : { flag }) })
  const url = ledgerPlace(config.ledger)
  if (url === undefined)
    throw new MillraceError('bad-request', 'Cannot read the ledger: `ledger.url` is off, so none is kept')
  const redactor = new Redactor(secretsOfUrl(url))
  const redact = (text: string) => redactor.text(text)
  const reader = openReader({ url, redact })
  try {
    return await read(reader)
  } catch (error) {
    if (!(error instanceof MillraceError) || error.code !== 'not-found') throw error
    const remedy = 'a gateway makes it: run `millrace serve`, or name another configuration with --config'
    throw new MillraceError('not-found', `${error.message}, at ${redact(url)}; ${remedy}`, { cause: error })
  } finally {
    await reader.close()
  }
}

/** Whether it is programs that read what we print. */
export function isForPrograms({ json }: LedgerFlags): boolean {
  return json ?? !process.stdout.isTTY
}

/** One line of JSON for each. */
export function printLines(items: readonly unknown[]): void {
  process.stdout.write(items.map(item => `${JSON.stringify(item)}\n`).join(''))
}
