import type { LossPolicy } from '../../convert/index.ts'
import type { DialectName } from '../../dialects/index.ts'
import type { ClientGone } from '../../exchange/index.ts'
import type { RawHeaders } from '../../http/index.ts'
import type { PriceOverride } from '../../prices/index.ts'
import type { CAPTURE, LEDGER, LIMITS, RESPONSES, SEALS, TELEMETRY, TIMEOUTS, TRACE } from './defaults.ts'

/** Budgets of time, in milliseconds; `defaults.ts` says what each one means. */
export type Timeouts = Readonly<Record<keyof typeof TIMEOUTS, number>>

/** Limits, in bytes or as counts; `defaults.ts` says what each one means. */
export type Limits = Readonly<Record<keyof typeof LIMITS, number>>

/** What is kept of answers for `previous_response_id`; `defaults.ts` says what each one means. */
export type Responses = Readonly<Record<keyof typeof RESPONSES, number>>

/** The configuration with everything settled: defaults applied, presets merged, names resolved. Frozen. */
export interface Config {
  /** Where to listen, and whom to let in. */
  readonly server: ServerConfig
  /** In the order of the file. Empty: nothing is configured. */
  readonly upstreams: readonly Upstream[]
  /** In order, the first match wins. Empty: the globs of the presets decide. */
  readonly models: readonly ModelRule[]
  /** What is done about what an upstream's dialect cannot say. */
  readonly losses: LossPolicy
  /** What is remembered for clients that drop it; `defaults.ts` says what each one means. */
  readonly seals: Readonly<Record<keyof typeof SEALS, number>>
  /** Which client asks upstreams; undici does so through proxies in any case. */
  readonly transport: 'http1' | 'undici'
  /** Budgets of time that models and upstreams do not set anew. */
  readonly timeouts: Timeouts
  /** How much may be held and how many served. */
  readonly limits: Limits
  /** What is kept of answers for `previous_response_id`. */
  readonly responses: Responses
  /** What is kept of every exchange. */
  readonly ledger: LedgerConfig
  /** What Prometheus scrapes. */
  readonly metrics: MetricsConfig
  /** What a collector of OpenTelemetry is told. */
  readonly telemetry: TelemetryConfig
  /** Which exchanges are kept as files, and for how long. */
  readonly capture: CaptureConfig
  /** What models cost. */
  readonly prices: PricesConfig
  /** What is logged, and where. */
  readonly log: LogConfig
  /** How single exchanges are followed. */
  readonly trace: TraceConfig
}

export interface PricesConfig {
  /** A catalogue that was fetched; undefined: the one that came along. */
  readonly file: string | undefined
  /** The first that fits a model counts. */
  readonly overrides: readonly PriceOverride[]
}

export interface ServerConfig {
  readonly host: string
  /** 0: any free port. */
  readonly port: number
  /** Client keys. Empty: no key is asked for. */
  readonly keys: readonly string[]
  /** Values of Host that are allowed beside our own addresses. */
  readonly hosts: readonly string[]
  /** Values of Origin that are allowed beside our own. */
  readonly origins: readonly string[]
  /** Whether there is a web page. */
  readonly page: boolean
}

export interface Upstream {
  readonly name: string
  /** Base URLs by dialect, with the version segment, without a slash at the end; preferred dialects first. */
  readonly baseUrls: Readonly<Partial<Record<DialectName, string>>>
  readonly apiKey: string | undefined
  /** Whether a chat upstream is asked for usage that the client did not ask for. */
  readonly usage: 'ask' | 'never'
  /** Who can read the opaque tokens of its answers. */
  readonly issuer: string
  /** Whose prices count, by the name in the catalogue, or `none`; undefined: whoever the base URL belongs to. */
  readonly billedBy: string | undefined
  /** The version of its API, for requests that we write ourselves; undefined leaves the dialect's default. */
  readonly apiVersion: string | undefined
  /** It answers with streams only. */
  readonly streamOnly: boolean
  /** False: it answers with whole bodies only. */
  readonly streaming: boolean
  /** Sent with every request. */
  readonly headers: RawHeaders
  /** A client's own credential goes up, when there is no `apiKey`. */
  readonly passCredential: boolean
  /** Models that this upstream is known for; asked when the file has no `models`. */
  readonly globs: readonly string[]
  /** What becomes of an exchange whose client leaves. */
  readonly onClientGone: ClientGone
}

export interface ModelRule {
  /** A model's name; `*` stands for any characters. */
  readonly match: string
  readonly upstream: Upstream
  /** The name to ask the upstream for; undefined leaves the client's. */
  readonly model: string | undefined
  /** The answer names the model that the client asked for. */
  readonly rewriteModel: boolean
  readonly timeouts: Timeouts
  readonly onClientGone: ClientGone
}

/** What is kept of every exchange; `defaults.ts` says what each number means. */
export interface LedgerConfig extends Readonly<Record<keyof typeof LEDGER, number>> {
  /** The path of a file, `postgres://…`, or `off`; undefined: a file in the data folder of this user. */
  readonly url: string | undefined
}

/** What Prometheus scrapes. */
export interface MetricsConfig {
  /** False: nothing is counted, and there is no `/metrics`. */
  readonly enabled: boolean
  /** What a scrape must send; undefined: a client key, where there are some. */
  readonly token: string | undefined
  /** Names of models that are told apart at most. */
  readonly models: number
}

/** What is captured; `defaults.ts` says what each number means. */
export interface CaptureConfig extends Readonly<Record<keyof typeof CAPTURE, number>> {
  /** Which exchanges are captured by themselves. */
  readonly mode: 'off' | 'errors' | 'sample' | 'all'
  /** The share of `sample`, from 0 to 1. */
  readonly sampleShare: number
  /** Clients may ask for it. */
  readonly onRequest: boolean
  /** Names of the keys whose exchanges may be captured; empty: everybody's. */
  readonly keys: readonly string[]
  /** Where the files are; undefined: in the platform's folder for data. */
  readonly folder: string | undefined
}

/** What a collector of OpenTelemetry is told; `defaults.ts` says what each number means. */
export interface TelemetryConfig extends Readonly<Record<keyof typeof TELEMETRY, number>> {
  /** The collector's base URL; undefined: nothing is told. */
  readonly otlp: string | undefined
  /** Headers for the collector, by name. */
  readonly headers: Readonly<Record<string, string>>
  /** The name of this service. */
  readonly service: string
  /** Part of the traces that begin here, 0 to 1. */
  readonly sampleRatio: number
  /** Whether prompts and answers are told too. */
  readonly content: boolean
}

/** What is logged, and where. */
export interface LogConfig {
  /** The least that is logged. */
  readonly level: LogLevel
  /** Where the log goes; undefined: standard error. */
  readonly file: string | undefined
  /** Where a line for each HTTP request goes; undefined: nowhere. */
  readonly access: string | undefined
}

/** How single exchanges are followed. */
export interface TraceConfig extends Readonly<Record<keyof typeof TRACE, number>> {
  /** Where the files are; undefined: nothing is traced. */
  readonly folder: string | undefined
  /** Whether prompts and answers stand in them. */
  readonly bodies: boolean
}

export type LogLevel = 'trace' | 'debug' | 'info' | 'warn' | 'error' | 'fatal' | 'silent'

/** The variables of the environment that a configuration may name. */
export type Environment = Readonly<Record<string, string | undefined>>
