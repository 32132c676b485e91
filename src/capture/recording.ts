import { copy, GrowingBytes } from '../bytes.ts'
import type { DialectName } from '../dialects/index.ts'
import type { Failure } from '../errors.ts'
import type { Attempt, ExchangeObserver } from '../exchange/index.ts'
import type { Head, RawHeaders } from '../http/index.ts'
import type { StreamReport } from '../observe/index.ts'
import type { RecordingMemory } from './memory.ts'
import type { Mark, Recorded, RecordedRequest } from './recorded.ts'

/** The request of a client as the gateway read it. */
export interface ClientRequest {
  /** Of the exchange. */
  readonly id: string
  /** A name of the client's key; null without keys. */
  readonly key: string | null
  readonly dialect: DialectName
  readonly method: string
  /** The path with its query. */
  readonly url: string
  readonly headers: RawHeaders
  readonly body: Uint8Array
}

export interface RecordingOptions {
  /** Bytes of one exchange; its requests have half of them at most, so that the answer has room. */
  readonly maxBytes: number
  readonly memory: RecordingMemory
  /** Milliseconds, of any beginning. */
  readonly now: () => number
  /** Given what was recorded, once; undefined when it was discarded. */
  readonly onEnd: (recorded: Recorded | undefined, recording: Recording) => void
}

const [UPSTREAM, CLIENT] = [0, 1]

/**
 * Keeps one exchange in memory while it runs: appends and nothing else, so that it costs a copy of the
 * bytes. What has no room is counted; after the first such byte nothing more is kept, so that there are no holes.
 */
export class Recording implements ExchangeObserver {
  readonly id: string
  readonly key: string | null
  readonly #asked: ClientRequest
  readonly #options: RecordingOptions
  #startedAt: number
  #time = new Date().toISOString()

  readonly #client: RecordedRequest
  #upstream: RecordedRequest | undefined
  #attempt: Attempt | undefined
  readonly #said = [new GrowingBytes(), new GrowingBytes()] as const
  readonly #chunks: number[] = []
  readonly #marks: Mark[] = []
  readonly #leftOut = [0, 0]
  #bytes = 0
  #isOver = false

  constructor(asked: ClientRequest, options: RecordingOptions) {
    this.id = asked.id
    this.key = asked.key
    this.#asked = asked
    this.#options = options
    this.#startedAt = options.now()
    this.#client = this.#request(asked.method, asked.url, asked.headers, asked.body)
  }

  /** How many bytes it holds. */
  get bytes(): number {
    return this.#bytes
  }

  onStart(attempt: Attempt | undefined): void {
    // Times are those of the report: what came before was ours.
    this.#startedAt = this.#options.now()
    this.#time = new Date().toISOString()
    this.#attempt = attempt
    if (attempt === undefined || this.#isOver) return
    const { method, url, headers, body } = attempt.request
    const { body: sent } = this.#asked
    const isSame = body !== undefined && (body === sent || isEqual(body, sent))
    const request = this.#request(method, url.href, headers, isSame ? undefined : body)
    this.#upstream = isSame ? { ...request, body: 'as-client', leftOut: this.#client.leftOut } : request
  }

  onHead(head: Head): void {
    this.#mark({ type: 'head', side: 'upstream', head, ...this.#here })
  }

  onRawChunk(chunk: Uint8Array): void {
    this.#note(UPSTREAM, chunk)
  }

  onRawEnd(failed: Failure | undefined): void {
    const error = failed && { code: failed.code, transport: failed.transport, message: failed.message }
    this.#mark({ type: 'end', error, ...this.#here })
  }

  onSentHead(head: Head): void {
    this.#mark({ type: 'head', side: 'client', head, ...this.#here })
  }

  onSentChunk(chunk: Uint8Array): void {
    this.#note(CLIENT, chunk)
  }

  onEnd(report: StreamReport): void {
    if (this.#isOver) return
    this.#isOver = true
    this.#options.onEnd(this.#recorded(report), this)
  }

  /** Forgets all of it; what comes later is not kept. */
  discard(): void {
    if (this.#isOver) return
    this.#isOver = true
    for (const said of this.#said) said.clear()
    this.#options.onEnd(undefined, this)
  }

  get #here(): { readonly at: number; readonly after: number } {
    return { at: this.#at(), after: this.#chunks.length / 3 }
  }

  #at(): number {
    return Math.round((this.#options.now() - this.#startedAt) * 10) / 10
  }

  #mark(mark: Mark): void {
    if (!this.#isOver) this.#marks.push(mark)
  }

  #note(side: number, chunk: Uint8Array): void {
    if (this.#isOver) return
    const said = this.#said[side] as GrowingBytes
    const kept = this.#isFull ? 0 : this.#take(chunk.length, this.#options.maxBytes)
    if (kept < chunk.length) this.#leftOut[side] = (this.#leftOut[side] as number) + chunk.length - kept
    if (kept === 0) return
    said.push(kept < chunk.length ? chunk.subarray(0, kept) : chunk)
    this.#chunks.push(this.#at(), side, said.length)
  }

  get #isFull(): boolean {
    return (this.#leftOut[UPSTREAM] as number) > 0 || (this.#leftOut[CLIENT] as number) > 0
  }

  #request(method: string, url: string, headers: RawHeaders, body: Uint8Array | undefined): RecordedRequest {
    const length = body?.length ?? 0
    const kept = this.#take(length, this.#options.maxBytes / 2)
    // A part in memory of its own: a view would keep the whole.
    const part =
      body === undefined || kept === 0 ? new Uint8Array(0) : kept < length ? copy(body.subarray(0, kept)) : body
    return { method, url, headers, body: part, leftOut: length - kept }
  }

  #take(bytes: number, limitBytes: number): number {
    const wanted = Math.max(0, Math.min(bytes, Math.floor(limitBytes) - this.#bytes))
    const taken = this.#options.memory.take(wanted)
    this.#bytes += taken
    return taken
  }

  #recorded(report: StreamReport): Recorded {
    const { dialect } = this.#asked
    const [upstream, client] = this.#leftOut as [number, number]
    return {
      id: this.id,
      time: this.#time,
      key: this.key,
      dialects: { client: dialect, upstream: (this.#attempt?.adapter.to as DialectName | undefined) ?? null },
      upstreamName: this.#attempt?.upstream ?? null,
      client: this.#client,
      upstream: this.#upstream,
      bytes: { upstream: this.#said[0].bytes, client: this.#said[1].bytes },
      chunks: this.#chunks,
      marks: this.#marks,
      leftOut: { upstream, client },
      report,
    }
  }
}

function isEqual(one: Uint8Array, other: Uint8Array): boolean {
  return one.length === other.length && Buffer.compare(one, other) === 0
}
