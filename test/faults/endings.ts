/** How an answer must end, by the way it takes, the fault, and what of it is out when the fault strikes. */
import type { DialectName } from '../../src/dialects/index.ts'
import type { Provenance } from '../../src/model/index.ts'
import { isRelayed, isStreamed, type Way } from './ways.ts'

export type Point = 'accept' | 'head' | 'handshake' | 'first' | 'middle' | 'last' | 'finish' | 'end'

/** What the client could have when the fault strikes: nothing, a good status held back, a part of the answer, all of it. */
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

/** A whole body has two halves and no finish. */
const WHOLE_POINTS: readonly Point[] = ['accept', 'head', 'middle', 'end']

export function pointsOf(way: Way): readonly Point[] {
  return isStreamed(way) ? (Object.keys(PHASES) as Point[]) : WHOLE_POINTS
}

/** Whose handshake says nothing yet that the client would be told: to some it is the role of the answer alone. */
const SILENT_HANDSHAKES: Readonly<Record<DialectName, readonly DialectName[]>> = {
  chat: ['messages', 'gemini'],
  responses: ['gemini'],
  messages: ['gemini'],
  // It has none: before its first content there is only the head.
  gemini: ['chat', 'responses', 'messages', 'gemini'],
}

type PointInCalls = 'first' | 'middle' | 'last'

/** Where the arguments of two calls in a row may be torn. */
export const INSIDE_CALLS: readonly PointInCalls[] = ['first', 'middle', 'last']

/** How many of the two are told to their end by then; chat ends the first one by beginning the second. */
const WHOLE_CALLS: Readonly<Record<DialectName, Readonly<Record<PointInCalls, number>>>> = {
  chat: { first: 0, middle: 0, last: 1 },
  responses: { first: 0, middle: 1, last: 2 },
  messages: { first: 0, middle: 1, last: 2 },
  // One call, one event.
  gemini: { first: 1, middle: 1, last: 2 },
}

/** How many have begun by then. */
const BEGUN_CALLS: typeof WHOLE_CALLS = {
  chat: { first: 1, middle: 1, last: 2 },
  responses: { first: 1, middle: 2, last: 2 },
  messages: { first: 1, middle: 2, last: 2 },
  gemini: { first: 1, middle: 1, last: 2 },
}

/** The calls that are told as whole by then: some clients are told the end of one when something follows it. */
function toldCallsAt(point: PointInCalls, { client, upstream }: Way): number {
  // The pieces of a chat call have no end but the finish.
  if (client === 'chat') return 0
  return client === 'messages' ? WHOLE_CALLS[upstream][point] : BEGUN_CALLS[upstream][point] - 1
}

/**
 * How many calls a client takes for whole ones when a fault has struck there: at least those that something follows,
 * even if it is but half an event, and never more than have come to their end.
 */
export function wholeCallsAt(point: PointInCalls, way: Way, { told }: Ending): readonly [least: number, most: number] {
  if (told === 'nothing') return [2, 2]
  return [toldCallsAt(point, way), way.client === 'chat' ? 0 : WHOLE_CALLS[way.upstream][point]]
}

function phaseAt(point: Point, { isCalling = false }: Row, way: Way): Phase {
  const { client, upstream } = way
  if (point === 'handshake') return SILENT_HANDSHAKES[upstream].includes(client) ? 'answered' : 'streaming'
  // Calls are told whole there: until the first one is there is nothing to tell.
  const isUntold = isCalling && client === 'gemini' && toldCallsAt(point as PointInCalls, way) === 0
  return isUntold ? 'answered' : PHASES[point]
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
  /** The same, where the upstream itself says that its status is 500. */
  internal: { chat: 'upstream_error', responses: 'upstream_error', messages: 'api_error', gemini: 500 },
  truncated: { chat: 'stream_truncated', responses: 'stream_truncated', messages: 'api_error', gemini: 502 },
  timeout: { chat: 'timeout', responses: 'timeout', messages: 'timeout_error', gemini: 504 },
  limited: { chat: 'rate_limit_exceeded', responses: 'rate_limit_exceeded', messages: 'rate_limit_error', gemini: 429 },
  overloaded: {
    chat: 'server_is_overloaded',
    responses: 'server_is_overloaded',
    messages: 'overloaded_error',
    gemini: 529,
  },
  /** An operator's stop, or the end of the gateway. */
  stopped: { chat: 'request_cancelled', responses: 'request_cancelled', messages: 'api_error', gemini: 503 },
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

/** In a whole body an error has no status but the one that it says, and only Google's says one. */
const WHOLE_ERRORS: Readonly<Record<DialectName, Ending>> = {
  ...{ chat: UNREAD, responses: UNREAD, messages: UNREAD },
  gemini: { ...UNREAD, status: 500, says: 'internal' },
}

const EMPTY: Ending = { told: 'a status', status: 502, outcome: 'truncated', code: 'truncated', says: 'truncated' }
const CUT: Ending = { ...EMPTY, told: 'an event', status: 200 }
const TORN: Ending = { told: 'a cut', status: 200, outcome: 'truncated', code: 'truncated' }

export interface Row {
  /** Settings of the simulator, all but the point. */
  readonly fault: string
  /** The model's name for the budgets of the answer: the usual ones, or short ones for what is to be given up. */
  readonly model: string
  /** By phase; a fault cannot strike in a phase that is missing. */
  readonly ends: Readonly<Partial<Record<Phase, Ending>>>
  /** What is left of the answer comes after it. Default false. */
  readonly goesOn?: boolean
  /** The answer is two calls in a row. Default false. */
  readonly isCalling?: boolean
}

/** The same fault of a model that calls tools. */
export function calling(row: Row): Row {
  return { ...row, model: `${row.model}-calling`, isCalling: true }
}

/** How the answer ends on its way; none where the fault cannot strike. */
export function endingsOf(row: Row, point: Point, way: Way): readonly Ending[] {
  const ending = row.ends[phaseAt(point, row, way)]
  if (ending === undefined) return []
  // Of what is collected nothing is out before its end.
  return [way.shape === 'collect' && ending.told === 'an event' ? asStatus(ending, way) : ending]
}

function asStatus(ending: Ending, { upstream }: Way): Ending {
  const statuses = { timeout: 504, truncated: 502, upstream: 502, overloaded: OWN_ERRORS[upstream].status }
  return { ...ending, told: 'a status', status: ending.code === null ? 200 : statuses[ending.code] }
}

/** Every fault of the simulator on the way. */
export function rowsOf(way: Way): readonly Row[] {
  return isStreamed(way) ? streamRows(way) : wholeRows(way)
}

const [patient, hasty] = ['patient', 'hasty'] as const

function streamRows(way: Way): readonly Row[] {
  const { code, status } = OWN_ERRORS[way.upstream]
  // In another dialect a provider's own words mean nothing.
  const says = way.client === way.upstream ? 'own' : code
  const refused: Ending = { told: 'a status', outcome: 'failed', code, status, says }
  const failed: Ending = { ...refused, told: 'an event', status: 200 }
  // What is relayed is not written anew: what follows the answer passes, and so does what is too long to be held.
  const [wordless, followed, endless] = isRelayed(way)
    ? [WORDLESS, FOLLOWED, { answered: TORN, streaming: TORN, trailing: FOLLOWED }]
    : [BROKEN, SERVED, { streaming: CUT, trailing: SERVED }]
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
    { fault: 'endless,size=1000000', model: patient, ends: endless },
    { fault: 'error,nodone=yes', model: patient, ends: { answered: refused, streaming: failed, trailing: followed } },
    { fault: 'texterror', model: patient, ends: { answered: UNREAD, streaming: wordless, trailing: followed } },
    {
      fault: 'tiny,events=500',
      model: patient,
      ends: { answered: SERVED, streaming: SERVED, trailing: SERVED },
      goesOn: true,
    },
    { fault: 'unsolicited', model: patient, ends: { trailing: SERVED } },
  ]
}

/** Nothing of a whole body is out before its end, and what has no end is no answer. */
function wholeRows({ upstream }: Way): readonly Row[] {
  return [
    { fault: 'nohead', model: hasty, ends: { asked: LATE } },
    { fault: 'stall', model: hasty, ends: { asked: LATE, answered: LATE, streaming: LATE, trailing: LATE } },
    { fault: 'pings,every=20', model: hasty, ends: { answered: LATE, streaming: LATE, trailing: LATE } },
    { fault: 'drip,every=40', model: hasty, ends: { answered: LATE, streaming: LATE, trailing: SERVED } },
    { fault: 'reset', model: patient, ends: { asked: UNREAD, answered: UNREAD, streaming: UNREAD, trailing: UNREAD } },
    { fault: 'fin', model: patient, ends: { asked: UNREAD, answered: UNREAD, streaming: UNREAD, trailing: UNREAD } },
    { fault: 'badchunk', model: patient, ends: { answered: UNREAD, streaming: UNREAD, trailing: UNREAD } },
    { fault: 'close', model: patient, ends: { answered: EMPTY, streaming: EMPTY, trailing: SERVED } },
    { fault: 'torn', model: patient, ends: { answered: EMPTY, streaming: EMPTY, trailing: SERVED } },
    { fault: 'endless,size=1000', model: patient, ends: { answered: UNREAD, streaming: EMPTY, trailing: EMPTY } },
    { fault: 'error', model: patient, ends: { answered: WHOLE_ERRORS[upstream], streaming: UNREAD, trailing: UNREAD } },
    { fault: 'texterror', model: patient, ends: { answered: UNREAD, streaming: UNREAD, trailing: UNREAD } },
    { fault: 'tiny,events=500', model: patient, ends: { answered: UNREAD, streaming: UNREAD, trailing: UNREAD } },
    { fault: 'unsolicited', model: patient, ends: { trailing: SERVED } },
  ]
}

/** How well the usage is known when no more than this has been sent. */
const USAGE: Readonly<Record<DialectName, Readonly<Partial<Record<Point, Provenance>>>>> = {
  chat: { end: 'reported' },
  responses: { finish: 'reported', end: 'reported' },
  messages: {
    handshake: 'partial',
    first: 'partial',
    middle: 'partial',
    last: 'partial',
    finish: 'reported',
    end: 'reported',
  },
  gemini: { first: 'partial', middle: 'partial', last: 'partial', finish: 'reported', end: 'reported' },
}

/** How well the report knows the usage of an answer that a fault struck. */
export function usageAfter({ goesOn = false }: Row, point: Point, way: Way, { outcome }: Ending): Provenance {
  if (outcome === 'completed' && (goesOn || !isStreamed(way))) return 'reported'
  if (!isStreamed(way)) return 'none'
  const told = USAGE[way.upstream][point] ?? 'none'
  return told !== 'reported' && HAS_TEXT.has(point) && !COUNTS_AS_IT_GOES.has(way.upstream) ? 'estimated' : told
}

/** Where text has come by then. */
const HAS_TEXT: ReadonlySet<Point> = new Set(['first', 'middle', 'last', 'finish', 'end'])

/** Whose every event with text says how much there is by now. */
const COUNTS_AS_IT_GOES: ReadonlySet<DialectName> = new Set(['gemini'])
