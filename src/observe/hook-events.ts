import type { Failure } from '../errors.ts'
import type { UpstreamRequest } from '../http/index.ts'
import type { StreamEvent } from '../model/index.ts'

/** What a hook can watch. */
export const HOOK_EVENTS = [
  'request.started',
  'request.completed',
  'request.failed',
  'provider.request.prepared',
  'provider.request.sent',
  'provider.response.received',
  'provider.stream.start',
  'provider.stream.chunk',
  'provider.stream.event',
  'provider.stream.end',
  'provider.error',
  'http.request',
  'http.response',
  'http.error',
  'app.startup',
  'app.ready',
  'app.shutdown',
] as const

/** The name of something that a hook can watch. */
export type HookEvent = (typeof HOOK_EVENTS)[number]

/** Priorities by their meaning: lower runs first. */
export const HOOK_LAYERS = {
  validation: 100,
  auth: 200,
  enrichment: 300,
  processing: 500,
  observation: 700,
  finalization: 1000,
} as const

interface State {
  /** When it happened, in milliseconds since the epoch. */
  readonly time: number
  /** The exchange that it belongs to; absent for events of the program. */
  readonly requestId?: string
  /** The upstream's configured name. */
  readonly provider?: string
  /** Shared by all hooks of one exchange: what an earlier one notes, a later one reads. */
  readonly metadata: Map<string, unknown>
  /** Why it failed, where it did. */
  readonly error?: Failure
}

/** A request on its way to the upstream, credentials included: its hooks may change all of it. */
export interface PreparedState extends State {
  readonly event: 'provider.request.prepared'
  /** The request, which the hook may give back changed. */
  readonly data: UpstreamRequest
}

/** Bytes of a stream. */
export interface ChunkState extends State {
  readonly event: 'provider.stream.chunk'
  readonly requestId: string
  /** The bytes. */
  readonly data: ChunkData
}

/** What one or several chunks of a stream were. */
export interface ChunkData {
  /** `raw`: as the upstream sent them. `converted`: as they go to the client. */
  readonly form: 'raw' | 'converted'
  /** How many bytes they have together. */
  readonly bytes: number
  /** How many chunks this one stands for: more than one when hooks could not keep up. */
  readonly chunks: number
  /** A copy of the bytes; absent when several chunks were merged. */
  readonly content?: Uint8Array
}

/** What an answer says, whatever dialect it comes in. */
export interface StreamEventState extends State {
  readonly event: 'provider.stream.event'
  readonly requestId: string
  /** The event. */
  readonly data: { readonly event: StreamEvent }
}

/** Everything else. Whoever emits it has redacted it. */
export interface OtherState extends State {
  /** What happened. */
  readonly event: Exclude<HookEvent, 'provider.request.prepared' | 'provider.stream.chunk' | 'provider.stream.event'>
  /** What is known of it: `docs/hooks.md` tells the members of each event. */
  readonly data: Readonly<Record<string, unknown>>
}

/** What hooks that only watch are told. */
export type ObservedState = ChunkState | StreamEventState | OtherState

/** What a hook is called with. */
export type HookState = PreparedState | ObservedState
