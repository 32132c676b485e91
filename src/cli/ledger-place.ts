import { join } from 'node:path'
import type { LedgerConfig } from '../gateway/index.ts'
import { dataFolder } from './data-folder.ts'

/** Where the ledger is; undefined: none is kept. */
export function ledgerPlace({ url }: LedgerConfig): string | undefined {
  if (url === 'off') return undefined
  return url ?? join(dataFolder(), 'ledger.sqlite')
}
