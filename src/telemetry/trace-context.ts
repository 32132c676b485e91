import { randomFillSync } from 'node:crypto'
import { getHeader, getHeaders, type RawHeaders } from '../http/index.ts'

/** Where an exchange stands in a trace. */
export interface TraceContext {
  /** 32 hex digits. */
  readonly traceId: string
  /** Of the span around us, 16 hex digits; null: the trace begins here. */
  readonly parentId: string | null
  /** Whether its spans are wanted. */
  readonly isSampled: boolean
  /** What tracing systems note for each other, as it came; empty: nothing. */
  readonly state: string
}

/** The headers of W3C Trace Context. */
export const TRACE_HEADERS: ReadonlySet<string> = new Set(['traceparent', 'tracestate'])

const PARENT = /^([\da-f]{2})-([\da-f]{32})-([\da-f]{16})-([\da-f]{2})(-.*)?$/
const SAMPLED = 1

/**
 * The context that a request brings; undefined where it brings none, or none that can be trusted to be one.
 * @see https://www.w3.org/TR/trace-context/
 */
export function readTraceContext(headers: RawHeaders): TraceContext | undefined {
  if (getHeader(headers, 'traceparent') === undefined) return undefined
  // More than one is none.
  const [parent, another] = getHeaders(headers, 'traceparent')
  const fields = another === undefined ? PARENT.exec((parent as string).trim()) : null
  if (fields === null) return undefined
  const [, version, traceId, parentId, flags, more] = fields as unknown as readonly string[]
  if (version === 'ff' || (version === '00' && more !== undefined)) return undefined
  if (/^0+$/.test(traceId as string) || /^0+$/.test(parentId as string)) return undefined
  return {
    traceId: traceId as string,
    parentId: parentId as string,
    isSampled: (Number.parseInt(flags as string, 16) & SAMPLED) === SAMPLED,
    state: readState(getHeaders(headers, 'tracestate').join(',')),
  }
}

const MAX_MEMBERS = 32
const MAX_STATE = 4096
const MEMBER = /^[\da-z][-\w*/@]{0,255}=[ -+--<>-~]{0,255}[!-+--<>-~]$/

/** One that breaks a rule is left out as a whole, and the trace goes on without it. */
function readState(text: string): string {
  const members = text
    .split(',')
    .map(member => member.trim())
    .filter(member => member !== '')
  const keys = new Set(members.map(member => member.split('=', 1)[0]))
  const isLegal =
    text.length <= MAX_STATE &&
    members.length <= MAX_MEMBERS &&
    keys.size === members.length &&
    members.every(member => MEMBER.test(member) && member.toLowerCase().split('=', 1)[0] === member.split('=', 1)[0])
  return isLegal ? members.join(',') : ''
}

/**
 * A trace that begins here.
 * @param ratio of the traces whose spans are wanted, 0 to 1
 */
export function beginTrace(ratio: number): TraceContext {
  const traceId = randomHex(16)
  // By the id, so that whoever else decides by it and the ratio decides the same.
  const isSampled = Number.parseInt(traceId.slice(-13), 16) < ratio * 2 ** 52
  return { traceId, parentId: null, isSampled, state: '' }
}

/** The headers that tell who comes next where it stands. */
export function traceHeaders({ traceId, isSampled, state }: TraceContext, spanId: string): RawHeaders {
  const parent = ['traceparent', `00-${traceId}-${spanId}-0${isSampled ? 1 : 0}`]
  return state === '' ? parent : [...parent, 'tracestate', state]
}

/** Asking for a few random bytes at a time takes 1 µs each. */
const pool = Buffer.alloc(4096)
let next = pool.length

/** So many random bytes, not all of them zero, in hexadecimal. */
export function randomHex(bytes: 8 | 16): string {
  if (next + bytes > pool.length) {
    randomFillSync(pool)
    next = 0
  }
  const hex = pool.toString('hex', next, next + bytes)
  next += bytes
  return /[1-9a-f]/.test(hex) ? hex : randomHex(bytes)
}
