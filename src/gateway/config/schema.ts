import * as z from 'zod'
import type { DialectName } from '../../dialects/index.ts'
import {
  CAPTURE,
  DRAIN,
  EXCHANGE_TIMEOUTS,
  LEDGER,
  LIMITS,
  METRICS,
  RESPONSES,
  SEALS,
  SERVER,
  type Setting,
  TELEMETRY,
  TIMEOUTS,
  TRACE,
} from './defaults.ts'
import { PRESETS, type PresetName } from './presets.ts'
import {
  baseUrl,
  headerName,
  headerValue,
  hostName,
  keyName,
  ledgerUrl,
  nonEmpty,
  origin,
  secret,
  upstreamName,
} from './texts.ts'
import type { LogLevel } from './types.ts'

const DIALECTS = {
  responses: 'responses',
  chat: 'chat',
  messages: 'messages',
  gemini: 'gemini',
} as const satisfies { [D in DialectName]: D }

const LEVELS = {
  trace: 'trace',
  debug: 'debug',
  info: 'info',
  warn: 'warn',
  error: 'error',
  fatal: 'fatal',
  silent: 'silent',
} as const satisfies { [L in LogLevel]: L }

const PRESET_NAMES = Object.keys(PRESETS) as PresetName[]

function int(setting: Setting) {
  return z.int().min(setting.min).max(setting.max).describe(setting.meaning)
}

function mapMembers<T extends Readonly<Record<string, Setting>>, S>(table: T, make: (setting: Setting) => S) {
  return Object.fromEntries(Object.entries(table).map(([name, setting]) => [name, make(setting)])) as Record<keyof T, S>
}

const withDefault = (setting: Setting) => int(setting).default(setting.default)
const withoutDefault = (setting: Setting) => int(setting).exactOptional()

const dialect = z.enum(DIALECTS)
const dialects = z.union([z.array(dialect).min(1), z.partialRecord(dialect, baseUrl)])

const server = z.strictObject({
  host: nonEmpty.default(SERVER.host).describe('Address to listen on. Another than a loopback address needs `keys`.'),
  port: z.int().min(0).max(65535).default(SERVER.port).describe('Port to listen on; 0 takes a free one.'),
  keys: z
    .array(secret)
    .default([])
    .describe('Keys that clients must send one of; none: everybody on this machine is let in.'),
  hosts: z
    .array(hostName)
    .default([])
    .describe(
      'Values of the Host header that are allowed beside our own addresses. A name without a port stands for itself and for itself with our port.',
    ),
  origins: z
    .array(origin)
    .default([])
    .describe('Values of the Origin header that are allowed beside our own: web pages that may call the gateway.'),
  page: z
    .boolean()
    .default(true)
    .describe(
      'Whether there is a web page at `/`. With `keys` it is opened once by the link that is printed at the start, or with a key.',
    ),
})

const drain = z.strictObject({
  drain: z
    .strictObject(mapMembers(DRAIN, withDefault))
    .describe('How far an upstream is read on whose client has left.'),
})

function onClientGone(scope: string) {
  return z
    .union([z.literal('cancel'), drain])
    .exactOptional()
    .describe(
      `What becomes of an answer whose client leaves${scope}: \`cancel\` aborts the upstream, \`{ drain: { maxMs, maxOutputTokens } }\` reads on to its end within these bounds, so that its final usage is known; the report says \`cancelled\` either way.`,
    )
}

/** One upstream of the file. */
const upstream = z.strictObject({
  preset: z
    .enum(PRESET_NAMES)
    .exactOptional()
    .describe(
      'A well-known vendor whose values stand where this upstream gives none. An upstream with the name of a preset and no other `baseUrl` has it without saying so.',
    ),
  baseUrl: baseUrl
    .exactOptional()
    .describe("Where its API is, with the version segment: the dialect's path is added to it."),
  dialects: dialects
    .exactOptional()
    .describe(
      'What it speaks: a list, preferred first, or a map of dialect to base URL. Default: what the preset speaks.',
    ),
  apiKey: secret
    .exactOptional()
    .describe('Our key for it. Without one the upstream is asked without, or with `passCredential`.'),
  passCredential: z
    .boolean()
    .exactOptional()
    .describe(
      "Whether a client's own credential goes up, in the slot it came in, when there is no `apiKey`. Default: true for a preset at its vendor's own address, else false.",
    ),
  usage: z
    .enum(['ask', 'never'])
    .default('ask')
    .describe(
      'Whether a chat upstream is asked for the usage of a stream when the client did not ask. `never` is for servers that refuse the question.',
    ),
  issuer: nonEmpty
    .exactOptional()
    .describe(
      'Who can read the opaque tokens in its answers; upstreams of one issuer accept those of each other. Default: the origin of the base URL.',
    ),
  billedBy: nonEmpty
    .exactOptional()
    .describe(
      'Whose prices count, by the name in the catalogue of prices, as `openai`, or `none`. Default: whoever the base URL belongs to, and nobody for an address that the catalogue does not know.',
    ),
  apiVersion: nonEmpty.exactOptional().describe('Version of its API for requests that the gateway writes itself.'),
  streamOnly: z
    .boolean()
    .default(false)
    .describe('It answers with streams only; whole answers are collected from one.'),
  streaming: z.boolean().default(true).describe('False: it answers with whole bodies only; streams are made from one.'),
  onClientGone: onClientGone(' (default `cancel`)'),
  headers: z.record(headerName, headerValue).default({}).describe('Headers for every request to it, by name.'),
})

const dollars = z.number().min(0).max(1_000_000)
const price = (of: string) => dollars.exactOptional().describe(`US dollars for a million tokens ${of}.`)
const partPrice = (of: string) => price(`${of}. Without it an answer that has some costs what is not known`)

/** Prices of some models. */
const override = z.strictObject({
  match: nonEmpty.default('*').describe("The model's name as the upstream tells it; `*` stands for any characters."),
  upstream: nonEmpty.exactOptional().describe('Name of the upstream. Default: any.'),
  input: price('of the prompt. Given together with `output`; without both the prices of the catalogue count'),
  output: price('of the answer'),
  cacheRead: partPrice('read from a cache'),
  cacheWrite: partPrice('written to a cache'),
  cacheWrite1h: partPrice('written to a cache for an hour'),
  reasoning: price('of reasoning. Default: as `output`'),
  audioInput: partPrice('of audio in the prompt'),
  audioOutput: partPrice('of audio in the answer'),
  serverTools: z
    .record(nonEmpty, dollars)
    .default({})
    .describe('US dollars for a thousand requests to a tool that the provider runs, by its name in usages.'),
  tiers: z
    .record(nonEmpty, z.number().min(0).max(1000))
    .default({})
    .describe('What a service tier costs, by its name in answers: a factor on all prices of tokens.'),
})

const rule = z.strictObject({
  match: nonEmpty.describe("The client's model name; `*` stands for any characters, slashes too."),
  upstream: nonEmpty.describe('Name of the upstream to ask.'),
  model: nonEmpty.exactOptional().describe("Model to ask it for. Default: the client's own word."),
  rewriteModel: z.boolean().default(false).describe('Whether the answer names the model that the client asked for.'),
  timeouts: z
    .strictObject(mapMembers(EXCHANGE_TIMEOUTS, withoutDefault))
    .default({})
    .describe('Budgets for these models where they differ from the general ones.'),
  onClientGone: onClientGone(', where it differs from what the upstream says'),
})

/** The file, once its variables are replaced. */
export const fileSchema = z.strictObject({
  server: server.prefault({}).describe('The side of the clients.'),
  upstreams: z
    .record(upstreamName, upstream)
    .exactOptional()
    .describe('The APIs to ask, by name; order counts. Default: the vendors whose keys are in the environment.'),
  models: z
    .array(rule)
    .default([])
    .describe(
      "Which upstream serves which model: the first match wins. Default: the presets' models, then the first upstream that speaks the client's dialect.",
    ),
  losses: z
    .enum(['report', 'refuse'])
    .default('report')
    .describe(
      "What is done about members of a request that the upstream's dialect cannot say: `report` leaves them out and tells them in `x-millrace-losses` and in the report, `refuse` answers 400 with their names. A client can ask for `refuse` itself, with the header `x-millrace-losses: refuse`.",
    ),
  seals: z
    .strictObject(mapMembers(SEALS, withDefault))
    .prefault({})
    .describe('Opaque tokens of reasoning that clients of another dialect are to send back.'),
  transport: z
    .enum(['http1', 'undici'])
    .default('http1')
    .describe(
      'How upstreams are asked: `http1`, our own client, which leaves what goes through a proxy to undici; or `undici` for everything.',
    ),
  timeouts: z.strictObject(mapMembers(TIMEOUTS, withDefault)).prefault({}).describe('Budgets of time.'),
  limits: z.strictObject(mapMembers(LIMITS, withDefault)).prefault({}).describe('Limits of size and number.'),
  responses: z
    .strictObject(mapMembers(RESPONSES, withDefault))
    .prefault({})
    .describe(
      'What is kept in memory of answers to Responses clients whose upstream speaks another dialect, so that `previous_response_id` finds them; each client key finds its own.',
    ),
  ledger: z
    .strictObject({
      url: ledgerUrl
        .exactOptional()
        .describe(
          'Where: the path of a file, `postgres://user:password@host/database` for one that gateways share, or `off`. Default: a file in the data folder of this user.',
        ),
      ...mapMembers(LEDGER, withDefault),
    })
    .prefault({})
    .describe('What is kept of every exchange, on disk: its report, without prompts and answers.'),
  metrics: z
    .strictObject({
      enabled: z.boolean().default(true).describe('Whether exchanges are counted, and `/metrics` tells it.'),
      token: secret
        .exactOptional()
        .describe(
          'What a scrape must send, as `Authorization: Bearer`; it opens nothing else. Without one a scrape needs a client key, where `server.keys` are set.',
        ),
      ...mapMembers(METRICS, withDefault),
    })
    .prefault({})
    .describe('What Prometheus scrapes.'),
  telemetry: z
    .strictObject({
      otlp: baseUrl
        .exactOptional()
        .describe(
          'Base URL of a collector of OpenTelemetry that takes OTLP over HTTP, as in `http://127.0.0.1:4318`: `/v1/traces` and `/v1/metrics` are added. Without one nothing is sent anywhere, whatever the environment says.',
        ),
      headers: z.record(headerName, headerValue).default({}).describe('Headers for the collector, by name.'),
      service: nonEmpty.default('millrace').describe('The name of this service (`service.name`).'),
      sampleRatio: z
        .number()
        .min(0)
        .max(1)
        .default(1)
        .describe(
          'Part of the traces that are told, of those that begin here; a client that brings one decides itself.',
        ),
      content: z
        .boolean()
        .default(false)
        .describe(
          'Whether prompts and answers are told too. They are personal: leave it off where that is not wanted.',
        ),
      ...mapMembers(TELEMETRY, withDefault),
    })
    .prefault({})
    .describe('What a collector of OpenTelemetry is told.'),
  capture: z
    .strictObject({
      mode: z
        .enum(['off', 'errors', 'sample', 'all'])
        .default('off')
        .describe(
          'Which exchanges are captured, with requests, answers and their times: none, those that end as anything but `completed`, a share of them, or all.',
        ),
      sampleShare: z
        .number()
        .min(0)
        .max(1)
        .default(0.01)
        .describe('The share that `sample` captures: 0.01 is one in a hundred.'),
      onRequest: z
        .boolean()
        .default(false)
        .describe(
          'Whether a client can have its exchange captured, whatever the mode, by the header `x-millrace-capture: on`. With `off` a client can always refuse.',
        ),
      keys: z
        .array(keyName)
        .default([])
        .describe(
          'Names of the client keys whose exchanges may be captured, as in reports: the first 8 hex digits of their SHA-256. None: those of everybody.',
        ),
      folder: nonEmpty
        .exactOptional()
        .describe("Where the files are. Default: `millrace/captures` in the platform's folder for data."),
      ...mapMembers(CAPTURE, withDefault),
    })
    .prefault({})
    .describe('Exchanges that are kept as files, to be looked at and replayed.'),
  prices: z
    .strictObject({
      file: nonEmpty
        .exactOptional()
        .describe('A catalogue of prices that `millrace prices update` has fetched. Default: the one that came along.'),
      overrides: z
        .array(override)
        .default([])
        .describe("Prices in place of the catalogue's, or beside them: the first match counts."),
    })
    .prefault({})
    .describe('What models cost.'),
  log: z
    .strictObject({
      level: z.enum(LEVELS).default(SERVER.logLevel).describe('The least important lines that are written.'),
      file: nonEmpty.exactOptional().describe('File to write to instead of standard error.'),
      access: nonEmpty
        .exactOptional()
        .describe('File for a line for each HTTP request, in the combined log format. Default: none.'),
    })
    .prefault({})
    .describe('The log.'),
  trace: z
    .strictObject({
      folder: nonEmpty
        .exactOptional()
        .describe('Folder for the files, one for each exchange, named after its id. Default: nothing is traced.'),
      bodies: z
        .boolean()
        .default(false)
        .describe('Whether prompts and answers stand in them, redacted; else their sizes only.'),
      ...mapMembers(TRACE, withDefault),
    })
    .prefault({})
    .describe('Files that follow single exchanges step by step, for finding a fault.'),
})

export type FileConfig = z.output<typeof fileSchema>
export type FileUpstream = z.output<typeof upstream>
export type FileClientGone = z.output<ReturnType<typeof onClientGone>>
