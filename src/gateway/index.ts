export type { Log, LogRecord } from '../observe/index.ts'
export {
  type Config,
  ConfigError,
  configReference,
  configSchema,
  defaultConfig,
  exampleConfig,
  type LoadedConfig,
  type LogConfig,
  loadConfig,
  parseConfig,
} from './config/index.ts'
export { type Gateway, type GatewayOptions, startGateway } from './server.ts'
