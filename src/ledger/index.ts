export { type Ledger, type LedgerOptions, type LedgerState, openLedger } from './ledger.ts'
export type {
  ExchangeFilter,
  LedgerEntry,
  LedgerRow,
  RecentQuestion,
  SeriesPoint,
  SeriesQuestion,
  Sums,
  UsageGroup,
  UsageQuestion,
  UsageRow,
} from './questions.ts'
export { type LedgerReader, openReader } from './reader.ts'
export type { OpenRow } from './rows.ts'
export { secretsOfUrl } from './secrets.ts'
