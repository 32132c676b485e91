import { copy, GrowingBytes } from '../bytes.ts'
import type { DialectName } from '../dialects/index.ts'
import { type Failure, failure } from '../errors.ts'
import { type Adapter, DEFAULT_LIMITS, outcomeOf, Recorder, relayAdapter, type Stage } from '../exchange/index.ts'
import { type RawHeaders, sharedSweep, toRawHeaders, transportFailure } from '../http/index.ts'
import { RequestContext, type StreamReport } from '../observe/index.ts'
import { isStream, NOWHERE } from './answer.ts'
import { spoken } from './spoken.ts'

/** What is metered, and who is told. */
export interface MeterResponseOptions {
  /** The dialect of the response. */
  readonly dialect: DialectName
  /** Called once when the response has been read, broken off or cancelled. Must not throw. */
  readonly onReport?: (report: StreamReport) => void
}

/** A response that passes, and what will be known of it. */
export interface MeteredResponse {
  /** The same status, headers and bytes. */
  readonly response: Response
  /** What is known of it, once it has been read, broken off or cancelled. Never rejects. */
  readonly report: Promise<StreamReport>
}

/**
 * A response that passes unchanged, chunk by chunk, and is read on its way: usage, finish, errors, times.
 *
 * Nothing is read ahead, so the report comes only when the body is read to its end or cancelled; cancelling
 * cancels the source. In the report times count from this call, and `id` is a random one.
 *
 * @param response its body is read, here alone
 * @throws {MillraceError} `bad-request` when there is no dialect of that name
 */
export function meterResponse(response: Response, { dialect, onReport }: MeterResponseOptions): MeteredResponse {
  const tap = new Tap(response, dialect)
  if (onReport !== undefined) tap.report.then(onReport)
  const { status, statusText, headers } = response
  return { response: new Response(tap.body, { status, statusText, headers }), report: tap.report }
}

/** How much of an error's body is read, in bytes. */
const ERROR_BODY_BYTES = 1024 * 1024

const NOTHING = () => {}

/** Reads what passes, and says nothing itself. */
class Tap {
  /** Null where the response has no body. */
  readonly body: ReadableStream<Uint8Array<ArrayBuffer>> | null
  readonly report: Promise<StreamReport>
  readonly #url: URL
  readonly #status: number
  readonly #headers: RawHeaders
  readonly #adapter: Adapter
  readonly #stage: Stage
  readonly #record: Recorder
  /** The body of an error status. */
  readonly #error = new GrowingBytes()
  #isOver = false
  #resolve!: (report: StreamReport) => void

  constructor(response: Response, dialect: DialectName) {
    this.#url = new URL(response.url || NOWHERE)
    this.#status = response.status
    this.#headers = toRawHeaders(response.headers)
    this.#adapter = relayAdapter(spoken(dialect))
    const shape = isStream(response) ? 'stream' : 'whole'
    this.#record = new Recorder({ id: new RequestContext().requestId, dialect }, sharedSweep.now())
    const { startedAt } = this.#record
    this.#record.restart(startedAt)
    this.#record.noteHead(response.status, startedAt)
    Object.assign(this.#record, { shape, lane: 'relay', upstreamDialect: dialect, status: response.status })
    this.#stage = this.#adapter.stage({ clientModel: undefined, shape, limits: DEFAULT_LIMITS, edits: new Set() })
    this.report = new Promise(resolve => {
      this.#resolve = resolve
    })
    this.body = response.body === null ? null : this.#follow(response.body)
    if (this.body === null) this.#end()
  }

  #follow(source: ReadableStream<Uint8Array>): ReadableStream<Uint8Array<ArrayBuffer>> {
    const reader = source.getReader() as ReadableStreamDefaultReader<Uint8Array<ArrayBuffer>>
    return new ReadableStream(
      {
        pull: async controller => {
          try {
            const { value } = await reader.read()
            if (value === undefined) {
              this.#end()
              controller.close()
            } else {
              this.#read(value)
              controller.enqueue(value)
            }
          } catch (error) {
            this.#conclude(transportFailure(error, this.#url))
            controller.error(error)
          }
        },
        cancel: reason => {
          const { isFinished, isTerminal } = this.#stage.seen.reading
          if (isFinished || isTerminal) this.#end()
          else this.#conclude(failure('cancelled', 'Client left before the end of the answer'))
          return reader.cancel(reason)
        },
      },
      { highWaterMark: 0 },
    )
  }

  #read(chunk: Uint8Array): void {
    const now = sharedSweep.now()
    const record = this.#record
    record.firstByteAt ??= now
    record.bytesIn += chunk.length
    record.bytesOut += chunk.length
    if (this.#adapter.isAnswer(this.#status)) {
      this.#stage.push(chunk, NOTHING)
      record.note(this.#stage.seen.reading, now)
    } else if (this.#error.length + chunk.length <= ERROR_BODY_BYTES) this.#error.push(copy(chunk))
  }

  #end(): void {
    if (!this.#adapter.isAnswer(this.#status)) {
      const { id } = this.#record.subject
      this.#conclude(this.#adapter.failure(this.#status, this.#headers, this.#error.bytes, id).failure)
      return
    }
    this.#stage.end(NOTHING)
    const { reading } = this.#stage.seen
    this.#record.note(reading, sharedSweep.now())
    // An error after the finish is passed on and does not undo it.
    if (reading.isFinished || reading.isTerminal) this.#conclude(undefined)
    else this.#conclude(reading.failure ?? failure('truncated', 'Upstream ended the answer in the middle'))
  }

  #conclude(failed: Failure | undefined): void {
    if (this.#isOver) return
    this.#isOver = true
    this.#record.failure = failed
    this.#resolve(this.#record.report(outcomeOf(failed), this.#stage.seen.reading, sharedSweep.now()))
  }
}
