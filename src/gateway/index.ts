export type {
  Ledger,
  LedgerEntry,
  LedgerReader,
  LedgerRow,
  LedgerState,
  OpenRow,
  RecentQuestion,
  SeriesPoint,
  SeriesQuestion,
  UsageQuestion,
  UsageRow,
} from '../ledger/index.ts'
export type { Log, LogRecord } from '../observe/index.ts'
export {
  type CaptureConfig,
  type Config,
  ConfigError,
  configReference,
  configSchema,
  defaultConfig,
  exampleConfig,
  type LedgerConfig,
  type LoadedConfig,
  type LogConfig,
  loadConfig,
  parseConfig,
  secretsOf,
} from './config/index.ts'
export { type Gateway, type GatewayOptions, startGateway } from './server.ts'
