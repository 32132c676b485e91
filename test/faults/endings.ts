/** How a stream must end, by the fault and by what of it is out when the fault strikes. */
import type { DialectName } from '../../src/dialects/index.ts'

export type Point = 'accept' | 'head' | 'handshake' | 'first' | 'middle' | 'last' | 'finish' | 'end'

/** What the client has when the fault strikes: nothing, a good status held back, a part of the answer, all of it. */
export type Phase = 'asked' | 'answered' | 'streaming' | 'trailing'

const PHASES: Record<Point, Phase> = {
  accept: 'asked',
  head: 'answered',
  handshake: 'streaming',
  first: 'streaming',
  middle: 'streaming',
  last: 'streaming',
  finish: 'trailing',
  end: 'trailing',
}

export const POINTS = Object.keys(PHASES) as readonly Point[]

/** Gemini has no handshake: before its first content there is only the head. */
export function phaseAt(point: Point, dialect: DialectName): Phase {
  return dialect === 'gemini' && point === 'handshake' ? 'answered' : PHASES[point]
}

export interface Ending {
  /** How the client learns of the fault; by what follows a whole answer it may, and need not. */
  readonly told: 'a status' | 'an event' | 'a cut' | 'what follows' | 'nothing'
  /** Of the client's answer. */
  readonly status: number
  readonly outcome: 'completed' | 'failed' | 'truncated' | 'timeout'
  /** Of the error in the report. */
  readonly code: 'upstream' | 'overloaded' | 'truncated' | 'timeout' | null
  /** In which words the client is told. */
  readonly says?: keyof typeof WORDS
}

/** The word that tells a failure in each dialect: OpenAI's code, Anthropic's type, Google's status. */
export const WORDS = {
  upstream: { chat: 'upstream_error', responses: 'upstream_error', messages: 'api_error', gemini: 502 },
  truncated: { chat: 'stream_truncated', responses: 'stream_truncated', messages: 'api_error', gemini: 502 },
  timeout: { chat: 'timeout', responses: 'timeout', messages: 'timeout_error', gemini: 504 },
  limited: { chat: 'rate_limit_exceeded', responses: 'rate_limit_exceeded', messages: 'rate_limit_error', gemini: 429 },
  /** What the simulated providers say of themselves. */
  own: { chat: 'server_error', responses: 'server_error', messages: 'overloaded_error', gemini: 503 },
  /** An error as a bare text: OpenAI's SDK raises it as it is, the others what the gateway says after it. */
  text: { chat: undefined, responses: undefined, messages: 'api_error', gemini: 502 },
} as const satisfies Record<string, Record<DialectName, string | number | undefined>>

/** What their own errors mean, and the status of them. */
const OWN_ERRORS = {
  chat: { status: 502, code: 'upstream' },
  responses: { status: 502, code: 'upstream' },
  messages: { status: 529, code: 'overloaded' },
  gemini: { status: 503, code: 'overloaded' },
} as const satisfies Record<DialectName, Pick<Ending, 'status' | 'code'>>

const SERVED: Ending = { told: 'nothing', status: 200, outcome: 'completed', code: null }
const FOLLOWED: Ending = { ...SERVED, told: 'what follows' }

const LATE: Ending = { told: 'a status', status: 504, outcome: 'timeout', code: 'timeout', says: 'timeout' }
const SILENT: Ending = { ...LATE, told: 'an event', status: 200 }

const UNREAD: Ending = { told: 'a status', status: 502, outcome: 'failed', code: 'upstream', says: 'upstream' }
const BROKEN: Ending = { ...UNREAD, told: 'an event', status: 200 }
const WORDLESS: Ending = { ...BROKEN, says: 'text' }

const EMPTY: Ending = { told: 'a status', status: 502, outcome: 'truncated', code: 'truncated', says: 'truncated' }
const CUT: Ending = { ...EMPTY, told: 'an event', status: 200 }
const TORN: Ending = { told: 'a cut', status: 200, outcome: 'truncated', code: 'truncated' }

export interface Row {
  /** Settings of the simulator, all but the point. */
  readonly fault: string
  readonly model: 'patient' | 'hasty'
  /** By phase; a fault cannot strike in a phase that is missing. */
  readonly ends: Readonly<Partial<Record<Phase, Ending>>>
}

/** Every fault of the simulator. */
export function rowsOf(dialect: DialectName): readonly Row[] {
  const refused: Ending = { told: 'a status', outcome: 'failed', ...OWN_ERRORS[dialect], says: 'own' }
  const failed: Ending = { ...refused, told: 'an event', status: 200 }
  const [patient, hasty] = ['patient', 'hasty'] as const
  return [
    { fault: 'nohead', model: hasty, ends: { asked: LATE } },
    { fault: 'stall', model: hasty, ends: { asked: LATE, answered: SILENT, streaming: SILENT, trailing: SERVED } },
    { fault: 'pings,every=20', model: hasty, ends: { answered: SILENT, streaming: SILENT, trailing: SERVED } },
    { fault: 'drip,every=40', model: hasty, ends: { answered: SILENT, streaming: SILENT, trailing: SERVED } },
    { fault: 'reset', model: patient, ends: { asked: UNREAD, answered: UNREAD, streaming: BROKEN, trailing: SERVED } },
    { fault: 'fin', model: patient, ends: { asked: UNREAD, answered: UNREAD, streaming: BROKEN, trailing: SERVED } },
    { fault: 'badchunk', model: patient, ends: { answered: UNREAD, streaming: BROKEN, trailing: SERVED } },
    { fault: 'close', model: patient, ends: { answered: EMPTY, streaming: CUT, trailing: SERVED } },
    { fault: 'torn', model: patient, ends: { answered: EMPTY, streaming: CUT, trailing: SERVED } },
    { fault: 'endless,size=1000', model: patient, ends: { answered: EMPTY, streaming: CUT, trailing: SERVED } },
    // Too long to be held: it passes as it comes.
    { fault: 'endless,size=1000000', model: patient, ends: { answered: TORN, streaming: TORN, trailing: FOLLOWED } },
    { fault: 'error,nodone=yes', model: patient, ends: { answered: refused, streaming: failed, trailing: FOLLOWED } },
    { fault: 'texterror', model: patient, ends: { answered: UNREAD, streaming: WORDLESS, trailing: FOLLOWED } },
    { fault: 'tiny,events=500', model: patient, ends: { answered: SERVED, streaming: SERVED, trailing: SERVED } },
    { fault: 'unsolicited', model: patient, ends: { trailing: SERVED } },
  ]
}
