/** Every number of the configuration, once: its default, its bounds and what it means. */

export interface Setting {
  readonly default: number
  readonly min: number
  readonly max: number
  /** One sentence with the unit; it becomes the description in the schema and in the reference. */
  readonly meaning: string
}

const KiB = 1024
const MiB = 1024 * KiB
const GiB = 1024 * MiB
const WEEK_MS = 7 * 24 * 60 * 60 * 1000

function ms(value: number, meaning: string, min = 1): Setting {
  return { default: value, min, max: WEEK_MS, meaning: `Milliseconds ${meaning}.` }
}

function bytes(value: number, meaning: string): Setting {
  return { default: value, min: 1, max: GiB, meaning: `Bytes of ${meaning}.` }
}

function count(value: number, meaning: string): Setting {
  return { default: value, min: 1, max: 1_000_000, meaning: `${meaning}.` }
}

/** Budgets of one exchange; a model rule may set its own. */
export const EXCHANGE_TIMEOUTS = {
  connectMs: ms(5000, 'until the upstream has accepted the connection'),
  headMs: ms(300_000, 'until the status line of a streamed answer'),
  wholeHeadMs: ms(600_000, 'until the status line of a whole answer'),
  firstTokenMs: ms(600_000, 'from the request to the first token'),
  idleMs: ms(600_000, 'between two frames with content; pings of the upstream do not count'),
  trailerMs: ms(2000, 'for what follows the finished answer'),
  totalMs: ms(3_600_000, 'for the whole exchange'),
  clientStallMs: ms(
    30_000,
    'for a client that reads slowly to take what waits for it, 64 KiB or more; after that the exchange is aborted',
  ),
  pingAfterMs: ms(15_000, 'of silence toward the client, after which it gets a keep-alive frame'),
  headHoldMs: ms(250, "that the client's status line waits for the first frame after the upstream's", 0),
  earlyHeadMs: ms(
    0,
    "to wait for the upstream's status line, after which the client gets a 200 and keep-alives all the same; the " +
      "upstream's real status and headers are then lost to the client; 0 never does this",
    0,
  ),
} as const satisfies Record<string, Setting>

/** Budgets that end before a model is known, or that no model has. */
const SERVER_TIMEOUTS = {
  drainMs: ms(30_000, 'for running streams to finish when the gateway is told to stop'),
  clientHeadMs: ms(10_000, "for a client's request line and headers"),
  clientBodyMs: ms(30_000, "for a client's request body"),
} as const satisfies Record<string, Setting>

export const TIMEOUTS = { ...EXCHANGE_TIMEOUTS, ...SERVER_TIMEOUTS } as const

export const LIMITS = {
  bodyBytes: bytes(32 * MiB, "a client's request body on model routes"),
  holdBytes: bytes(256 * KiB, 'the torn end of a frame that relay holds; a longer frame passes in pieces'),
  eventBytes: bytes(8 * MiB, 'one event where events are decoded'),
  messageBytes: bytes(64 * MiB, 'one answer that is collected from a stream'),
  streams: count(512, 'Exchanges open at a time; one more gets a 503'),
  connections: count(1024, 'Client connections open at a time; one more gets a 503'),
} as const satisfies Record<string, Setting>

/** What is kept of exchanges that are followed step by step. */
export const TRACE = {
  maxFiles: count(1000, 'Files; the oldest goes for a new one'),
  maxFileBytes: bytes(MiB, 'one file; what comes after is left out'),
} as const satisfies Record<string, Setting>

/** How far an upstream is read on whose client has left. */
export const DRAIN = {
  maxMs: ms(300_000, 'after the client has left'),
  maxOutputTokens: count(32_000, 'Tokens of the whole answer, those that the client has got among them'),
} as const satisfies Record<string, Setting>

/** What clients do not send back, kept for them. */
export const SEALS = {
  remember: {
    default: 0,
    min: 0,
    max: 1_000_000,
    meaning:
      'Converted answers whose opaque tokens are remembered, in memory, and put back for clients that drop them: ' +
      '16 MiB of them at most, each for an hour after it was last needed; 0 remembers none.',
  },
} as const satisfies Record<string, Setting>

/** What is kept of answers for `previous_response_id`. */
export const RESPONSES = {
  remember: {
    default: 1000,
    min: 0,
    max: 1_000_000,
    meaning: 'Answers that are kept, the longest unused forgotten first; 0 keeps none.',
  },
  maxAgeMs: ms(3_600_000, 'that an answer is kept after it was last asked for'),
  maxCharacters: {
    default: 64 * MiB,
    min: 1,
    max: GiB,
    meaning: 'Characters of JSON that all of them together may have; what is shared counts each time.',
  },
} as const satisfies Record<string, Setting>

/** What is kept of exchanges on disk. */
export const LEDGER = {
  maxAgeDays: { default: 90, min: 1, max: 3650, meaning: 'Days that an exchange is kept.' },
  maxBytes: {
    default: GiB,
    min: MiB,
    max: 1024 * GiB,
    meaning: 'Bytes that are kept, about; beyond them the oldest exchanges go first.',
  },
  queueRows: count(10_000, 'Rows that wait at most while the store cannot be written; what comes then is counted'),
} as const satisfies Record<string, Setting>

/** How a collector of OpenTelemetry is told. */
export const TELEMETRY = {
  models: {
    default: 100,
    min: 0,
    max: 10_000,
    meaning: 'Names of models that its metrics tell apart; all others count as `other`.',
  },
  maxWaiting: count(2048, 'Spans that wait at most while the collector cannot be reached; what comes then is counted'),
  spansEveryMs: ms(1000, 'between two messages with spans'),
  metricsEveryMs: ms(60_000, 'between two messages with metrics'),
  timeoutMs: ms(10_000, 'for one message, its repetitions included'),
} as const satisfies Record<string, Setting>

/** What `/metrics` tells. */
export const METRICS = {
  models: {
    default: 100,
    min: 0,
    max: 10_000,
    meaning:
      'Names of models that are told apart, the first that an upstream answered for; all others count as `other`.',
  },
} as const satisfies Record<string, Setting>

/** What is kept of exchanges on wish, and how long. */
export const CAPTURE = {
  maxBytes: {
    default: 4 * MiB,
    min: 1,
    // A file is made as one text, of which there may be half a Gi.
    max: 64 * MiB,
    meaning:
      'Bytes of one exchange that are kept, requests at most half of them; what comes after is left out, and the file says so.',
  },
  maxMemoryBytes: bytes(64 * MiB, 'all exchanges that are held until they end'),
  maxAgeMs: {
    default: WEEK_MS,
    min: 1,
    max: 52 * WEEK_MS,
    meaning: 'Milliseconds that a captured exchange is kept.',
  },
  maxTotalBytes: {
    default: GiB,
    min: 1,
    max: 1024 * GiB,
    meaning: 'Bytes of all files together; the oldest go first.',
  },
} as const satisfies Record<string, Setting>

export const SERVER = { host: '127.0.0.1', port: 8642, logLevel: 'info' } as const
