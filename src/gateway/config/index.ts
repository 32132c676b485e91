export { ConfigError, type Path, type PlacedProblem } from './error.ts'
export { exampleConfig } from './example.ts'
export { type LoadedConfig, type LoadOptions, loadConfig } from './find.ts'
export { configSchema } from './json-schema.ts'
export { type Choice, chooseModel, firstUpstream, literalModels } from './models.ts'
export { defaultConfig, type ParseOptions, parseConfig } from './parse.ts'
export { configReference } from './reference.ts'
export { secretsOf } from './secrets.ts'
export type {
  CaptureConfig,
  Config,
  Environment,
  LedgerConfig,
  Limits,
  LogConfig,
  LogLevel,
  ModelRule,
  ServerConfig,
  Timeouts,
  Upstream,
} from './types.ts'
