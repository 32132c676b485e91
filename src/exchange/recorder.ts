import type { Conversion } from '../convert/index.ts'
import type { DialectName, Edit, Reading } from '../dialects/index.ts'
import type { Failure } from '../errors.ts'
import { type Lane, Losses, type Outcome, type Provenance, type Shape, type Usage } from '../model/index.ts'
import {
  type Cost,
  GAP_BOUNDS_MS,
  type PriceBook,
  provenanceOf,
  type ReportedAttempt,
  reportedLosses,
  reportedUsage,
  type StreamReport,
  statedCost,
} from '../observe/index.ts'
import { GapTrail } from './gap-trail.ts'

/** What is known of an exchange before it starts. */
export interface Subject {
  /** Of the exchange: in its report, in hooks and in `x-millrace-request-id`. */
  readonly id: string
  /** A name of the client's key that gives nothing of it away; undefined without keys. */
  readonly key?: string | undefined
  /** The client's dialect; undefined where it is not known. */
  readonly dialect?: DialectName | undefined
  /** The model that the client named; undefined where it named none. */
  readonly model?: string | undefined
}

/** What stands as `millrace` in the usage of an answer whose client asked for it. */
export interface UsageNote {
  /** In US dollars; null where it is not known. */
  readonly cost_usd: number | null
  /** Where the price is from. */
  readonly price_source: string | null
  /** How far the counts can be trusted. */
  readonly provenance: Provenance
}

/** Notes what happens to one exchange, and makes the report of it. */
export class Recorder {
  /** What was known before it started. */
  readonly subject: Subject
  /**
   * When it started, by the sweep's clock; all times here are in its milliseconds, undefined for what has not
   * happened.
   */
  readonly startedAt: number
  /** What is known of prices. */
  readonly prices: PriceBook | undefined
  /** When it started, in milliseconds since the epoch. */
  readonly wallMs = Date.now()

  /** The attempts that were over before the last one. */
  readonly #attempts: ReportedAttempt[] = []
  /** When the last attempt was sent; undefined before the first. */
  #sentAt: number | undefined
  /** What its upstream's status line said. */
  #upstreamStatus: number | undefined
  /** The name of the last attempt's upstream; undefined before the first. */
  upstream: string | undefined
  /** What that upstream speaks. */
  upstreamDialect: string | undefined
  /** How the bytes travel; undefined while that is not decided. */
  lane: Lane | undefined
  /** What the client wants against what the upstream gives; undefined while that is not decided. */
  shape: Shape | undefined
  /** The model that the upstream was asked for; undefined: the client's. */
  sentModel: string | undefined
  /** What became of the request on its way; undefined where it passed as it is. */
  conversion: Conversion | undefined
  /** The status that the client got; undefined while it has got none. */
  status: number | undefined
  /** Why it failed; undefined while it has not. */
  failure: Failure | undefined
  /** Bytes of bodies that upstreams have sent. */
  bytesIn = 0
  /** Bytes of the body that the client was given. */
  bytesOut = 0
  /** What was changed of bytes that are otherwise relayed. */
  readonly edits = new Set<Edit>()
  /** What could not be said in an answer whose request passed as it is. */
  losses = new Losses()

  #connectAt: number | undefined
  #headAt: number | undefined
  /** When the first byte of a body came. */
  firstByteAt: number | undefined
  /** When the first event came. */
  firstEventAt: number | undefined
  /** When the first reasoning came. */
  firstReasoningAt: number | undefined
  /** When the first visible text, refusal or tool call came. */
  firstTokenAt: number | undefined
  /** When content last came; the start while none has. */
  progressAt: number
  #progress = 0
  #longestGapMs: number | undefined
  #gapSumMs = 0
  /** By `GAP_BOUNDS_MS`. */
  readonly #gaps: number[] = []
  /** Undefined while nobody watches. */
  #gapTrail: GapTrail | undefined

  constructor(subject: Subject, now: number, prices?: PriceBook) {
    this.subject = subject
    this.prices = prices
    this.startedAt = now
    this.progressAt = now
  }

  /**
   * A new attempt begins, and counts its own content from nothing.
   * @param failed what became of the one before it
   */
  restart(now: number, failed?: Failure): void {
    const before = this.#attempt(failed, now)
    if (before !== undefined) this.#attempts.push(before)
    this.#sentAt = now
    this.#upstreamStatus = undefined
    this.losses = new Losses()
    this.#connectAt = undefined
    this.#headAt = this.firstByteAt = this.firstEventAt = this.firstReasoningAt = this.firstTokenAt = undefined
    this.#progress = 0
  }

  /** A connection has the request. */
  noteConnect(now: number): void {
    this.#connectAt = now
  }

  /** The upstream's status line has come. */
  noteHead(status: number, now: number): void {
    this.#upstreamStatus = status
    this.#headAt = now
  }

  /** Called once a read, not once an event. */
  note(reading: Reading, now: number): void {
    if (this.firstEventAt === undefined && reading.events > 0) this.firstEventAt = now
    if (this.firstReasoningAt === undefined && reading.hasReasoning) this.firstReasoningAt = now
    if (this.firstTokenAt === undefined && reading.hasToken) this.firstTokenAt = now
    if (reading.progress === this.#progress) return
    if (this.#progress > 0) this.#noteGap(now - this.progressAt)
    this.#progress = reading.progress
    this.progressAt = now
  }

  /** The silences from now on: who asks first makes them be kept. */
  get gapTrail(): GapTrail {
    this.#gapTrail ??= new GapTrail()
    return this.#gapTrail
  }

  #noteGap(ms: number): void {
    this.#gapTrail?.push(ms)
    this.#longestGapMs = Math.max(this.#longestGapMs ?? 0, ms)
    this.#gapSumMs += ms
    let bound = 0
    while (bound < GAP_BOUNDS_MS.length && ms > (GAP_BOUNDS_MS[bound] as number)) bound++
    while (this.#gaps.length <= bound) this.#gaps.push(0)
    this.#gaps[bound] = (this.#gaps[bound] as number) + 1
  }

  /** What is to be said of the attempt that was last begun; undefined where none was. */
  #attempt(failed: Failure | undefined, now: number): ReportedAttempt | undefined {
    if (this.#sentAt === undefined) return undefined
    return {
      upstream: this.upstream ?? null,
      dialect: this.upstreamDialect as DialectName,
      model: this.sentModel ?? this.subject.model ?? null,
      sentMs: round(this.#sentAt - this.startedAt),
      headMs: this.#headAt === undefined ? null : round(this.#headAt - this.startedAt),
      endMs: round(now - this.startedAt),
      status: this.#upstreamStatus ?? null,
      error: failed?.code ?? null,
    }
  }

  /**
   * The report of an exchange that ended so, at that time.
   * @param estimated its usage where a count in it is our own
   */
  report(outcome: Outcome, reading: Reading | undefined, now: number, estimated?: Usage): StreamReport {
    const { subject, failure } = this
    const since = (at: number | undefined) => (at === undefined ? null : round(at - this.startedAt))
    const counted = estimated ?? reading?.usage ?? {}
    const usage = withToolRuns(counted, reading)
    const { isUsageFinal = false } = reading ?? {}
    const provenance = estimated === undefined ? provenanceOf({ usage: counted, isUsageFinal }) : 'estimated'
    const last = this.#attempt(failure, now)
    return {
      id: subject.id,
      time: isoTime(this.wallMs),
      key: subject.key ?? null,
      client: { dialect: subject.dialect ?? null },
      upstream: { name: this.upstream ?? null, dialect: (this.upstreamDialect as DialectName | undefined) ?? null },
      lane: this.lane ?? null,
      shape: this.shape ?? null,
      edits: [...this.edits],
      losses: reportedLosses(
        this.conversion?.requestLosses.all ?? [],
        (this.conversion?.answerLosses ?? this.losses).all,
      ),
      model: {
        requested: subject.model ?? null,
        sent: this.sentModel ?? subject.model ?? null,
        reported: reading?.model ?? null,
      },
      serviceTier: reading?.serviceTier ?? null,
      answerId: reading?.answerId ?? null,
      status: this.status ?? null,
      outcome,
      finish: reading?.finish === undefined ? null : { reason: reading.finish.reason, raw: reading.finish.raw ?? null },
      error: failure === undefined ? null : { code: failure.code, message: failure.message },
      usage: reportedUsage(usage, provenance),
      cost: this.costOf(usage, reading),
      times: {
        connectMs: since(this.#connectAt),
        headMs: since(this.#headAt),
        firstByteMs: since(this.firstByteAt),
        firstEventMs: since(this.firstEventAt),
        firstReasoningMs: since(this.firstReasoningAt),
        firstTokenMs: since(this.firstTokenAt),
        totalMs: round(now - this.startedAt),
        longestGapMs: this.#longestGapMs === undefined ? null : round(this.#longestGapMs),
        gaps: this.#gaps,
        gapSumMs: round(this.#gapSumMs),
      },
      bytesIn: this.bytesIn,
      bytesOut: this.bytesOut,
      events: reading?.events ?? 0,
      attempts: last === undefined ? this.#attempts : [...this.#attempts, last],
    }
  }

  /** What a client is told that wants to know what the usage costs that has been read so far. */
  usageNote(reading: Reading): UsageNote {
    const { usage, isUsageFinal } = reading
    const cost = this.costOf(withToolRuns(usage, reading), reading)
    return {
      cost_usd: cost?.usd ?? null,
      price_source: cost?.source ?? null,
      provenance: provenanceOf({ usage, isUsageFinal }),
    }
  }

  /** What that usage of an answer costs: by the price book, or as the upstream says itself. */
  costOf(usage: Usage, reading: Reading | undefined): Cost | null {
    const model = reading?.model ?? this.sentModel ?? this.subject.model
    const dialect = this.upstreamDialect as DialectName | undefined
    const isPriceable = this.prices !== undefined && model !== undefined && dialect !== undefined
    if (!isPriceable || Object.keys(usage).length === 0) return statedCost(usage)
    const { serviceTier } = reading ?? {}
    const billed = reading?.isReasoningBeside === true ? withReasoning(usage) : usage
    const priced = { upstream: this.upstream ?? '', dialect, model, usage: billed, serviceTier, time: this.wallMs }
    return this.prices.costOf(priced) ?? statedCost(usage)
  }
}

function withReasoning(usage: Usage): Usage {
  return { ...usage, output: (usage.output ?? 0) + (usage.reasoning ?? 0) }
}

/** The usage with the tools that the provider ran, where it does not count them itself. */
function withToolRuns(usage: Usage, reading: Reading | undefined): Usage {
  const { toolRuns } = reading ?? {}
  if (toolRuns === undefined || usage.serverTools !== undefined) return usage
  const serverTools = Object.fromEntries(Object.entries(toolRuns).filter(([, count]) => count > 0))
  return Object.keys(serverTools).length === 0 ? usage : { ...usage, serverTools }
}

/** How an exchange ended that ended so; undefined: it did not fail. */
export function outcomeOf(failed: Failure | undefined): Outcome {
  if (failed === undefined) return 'completed'
  return failed.code === 'truncated' || failed.code === 'timeout' || failed.code === 'cancelled'
    ? failed.code
    : 'failed'
}

function round(ms: number): number {
  return Math.round(ms * 10) / 10
}

let second = Number.NaN
let secondText = ''

/** ISO 8601, as `Date` writes it. Within a second only the last digits are written anew: 3 µs a request. */
function isoTime(wallMs: number): string {
  const ms = wallMs % 1000
  if (wallMs - ms !== second) {
    second = wallMs - ms
    secondText = new Date(second).toISOString().slice(0, -4)
  }
  return `${secondText}${String(ms).padStart(3, '0')}Z`
}
