import { type Failure, failure, messageOf } from '../errors.ts'
import { type Head, type Sweep, sweepOfExchange } from '../http/index.ts'
import type { Outcome, Usage } from '../model/index.ts'
import type { StreamReport } from '../observe/index.ts'
import type { Attempt, NextAttempt } from './adapter.ts'
import { answerStage } from './answer-stage.ts'
import { type Budgets, DEFAULT_BUDGETS, ERROR_BODY_BYTES, HANDSHAKE_BYTES } from './budgets.ts'
import { isSpentAlone, leftFailure } from './client-gone.ts'
import { answerHeaders, EVENT_STREAM, failureHeaders, shapeOf, typedHeaders } from './client-head.ts'
import { estimateUsage } from './estimate.ts'
import type { ExchangeObserver, ExchangeOptions, OnHeaders } from './options.ts'
import type { Outlet, OutletEvents } from './outlet.ts'
import { type Progress, progressOf } from './progress.ts'
import { outcomeOf, Recorder } from './recorder.ts'
import { isAnswer, Run, type RunOwner } from './run.ts'
import { isOver, spentBudget } from './spent-budget.ts'
import type { Stage } from './stage.ts'

const TORN_STREAM = 'Upstream ended the stream without its terminal event'
const TORN_BODY = 'Upstream ended the body in the middle'

type Phase = 'dispatching' | 'holding' | 'streaming' | 'trailing' | 'ending' | 'ended'

/**
 * The machine of `docs/lifecycle.md`: from a dispatched request to the one report.
 *
 * It alone aborts attempts and ends the client; sockets, deadlines and hooks report to it and never
 * act. What one read of the upstream brings is one turn of it.
 */
export class Exchange implements RunOwner, OutletEvents {
  /** The one report; it never rejects. */
  readonly report: Promise<StreamReport>

  readonly #next: NextAttempt
  readonly #outlet: Outlet
  readonly #options: ExchangeOptions
  readonly #budgets: Budgets
  readonly #observer: ExchangeObserver | undefined
  readonly #sweep: Sweep
  readonly #record: Recorder

  #phase: Phase = 'dispatching'
  /** The status line is out; with `early-head` before the upstream's is known. */
  #isOpen = false
  /** The answer itself is on its way out: no other attempt, no other status. */
  #isCommitted = false
  #isClientGone = false
  /** When it left an exchange that goes on without it. */
  #goneAt: number | undefined
  /** It left, and that is how the exchange ended, whatever else happens. */
  #left: Failure | undefined
  #run: Run | undefined
  #outcome: Outcome | undefined

  /** When the present phase began, and when the client last got a byte. */
  #since: number
  #sentAt: number
  #fullSince: number | undefined

  #resolve!: (report: StreamReport) => void

  constructor(next: NextAttempt, outlet: Outlet, options: ExchangeOptions) {
    this.#next = next
    this.#outlet = outlet
    this.#options = options
    this.#budgets = options.budgets ?? DEFAULT_BUDGETS
    this.#observer = options.observer
    this.#sweep = options.sweep ?? sweepOfExchange()
    this.#since = this.#sentAt = this.#sweep.now()
    this.#record = new Recorder(options.subject, this.#since, options.prices)
    this.report = new Promise(resolve => {
      this.#resolve = resolve
    })
  }

  /** Sends the first attempt. Once. */
  start(): Promise<StreamReport> {
    this.#outlet.bind(this)
    this.#sweep.add(this)
    this.#dispatch(undefined)
    return this.report
  }

  /** Ends the exchange from outside, as the client, an operator or a shutdown would. */
  cancel(why: 'client' | 'operator' | 'drain'): void {
    if (this.#phase === 'ending' || this.#phase === 'ended') return
    if (why === 'client') {
      this.onClosed()
      return
    }
    if (this.#phase === 'trailing') {
      this.#endAnswer(this.#run as Run)
      return
    }
    const message =
      why === 'drain' ? 'Stream was cut: the gateway is shutting down' : 'Stream was stopped by an operator'
    this.#stop(failure('cancelled', message, { status: 503 }))
  }

  /** How far it has come. Looking changes nothing, but that silences are kept from then on. */
  progress(): Progress {
    const isOver = this.#phase === 'ending' || this.#phase === 'ended'
    return progressOf(this.#record, this.#run?.stage?.seen.reading, this.#sweep.now(), isOver)
  }

  /** The report as far as it could be written now. How the exchange ends, and why, is not known: its outcome means nothing. */
  reportSoFar(): StreamReport {
    const stage = this.#run?.stage
    const estimated = estimateUsage(stage) as Usage | undefined
    return this.#record.report('completed', stage?.seen.reading, this.#sweep.now(), estimated)
  }

  // What the upstream does.

  /** Perhaps before it is this exchange's run: old connections are there at once. */
  onConnect(run: Run): void {
    if (run === this.#run) this.#record.noteConnect(this.#sweep.now())
  }

  onHead(run: Run, head: Head): void {
    if (run !== this.#run) return
    const now = this.#sweep.now()
    run.head = head
    run.headAt = now
    this.#record.noteHead(head.status, now)
    if (head.decoded !== undefined) this.#record.edits.add('decoded')
    this.#observer?.onHead?.(head)
    // Any other status is decided when its body is there.
    if (!isAnswer(run)) return
    const { onHeaders } = this.#options
    if (onHeaders === undefined) this.#beginAnswer(run, undefined)
    else this.#askForHeaders(run, head, onHeaders)
  }

  onData(run: Run, chunk: Uint8Array): void {
    if (run !== this.#run) return
    this.#record.bytesIn += chunk.length
    this.#record.firstByteAt ??= this.#sweep.now()
    this.#observer?.onRawChunk?.(chunk)
    if (run.stage === undefined) this.#collect(run, chunk)
    else this.#push(run, chunk)
  }

  onEnd(run: Run): void {
    if (run !== this.#run) return
    this.#observer?.onRawEnd?.(undefined)
    this.#endRun(run)
  }

  #endRun(run: Run): void {
    if (run.stage === undefined) {
      // An answer whose headers are still being thought about ends when they are there.
      if (isAnswer(run)) return
      this.#decideStatus(run)
      return
    }
    this.#endAnswer(run)
  }

  onError(run: Run, failed: Failure): void {
    if (run !== this.#run) return
    this.#observer?.onRawEnd?.(failed)
    if (this.#phase === 'trailing') this.#endAnswer(run)
    else if (run.head !== undefined && !isAnswer(run)) this.#decideStatus(run)
    else this.#lose(run, failed)
  }

  // What the client does.

  onDrain(): void {
    this.#fullSince = undefined
    // What was silent because of the client has not been silent.
    this.#since = this.#record.progressAt = this.#sweep.now()
    this.#run?.resume()
  }

  onClosed(): void {
    if (this.#phase === 'ended') return
    this.#isClientGone = true
    if (this.#phase === 'ending') this.#conclude()
    // A client that leaves after the last event is served: let the upstream end, its socket is worth keeping.
    else if (this.#phase === 'trailing' && this.#isCommitted) this.#run?.resume()
    else if (this.#goesOnAlone()) {
      this.#goneAt = this.#sweep.now()
      this.#fullSince = undefined
      this.#run?.resume()
    } else this.#endAlone()
  }

  /** By policy; the upstream of a client that wants its usage only must have begun to answer. */
  #goesOnAlone(): boolean {
    const { policy = 'cancel' } = this.#options.onClientGone ?? {}
    if (policy === 'drain' && this.#phase !== 'dispatching') this.#left = leftFailure()
    return policy === 'detach' || this.#left !== undefined
  }

  #endAlone(): void {
    this.#left = leftFailure()
    this.#conclude()
  }

  #isSpentAlone(now: number): boolean {
    const reading = this.#run?.stage?.seen.reading
    return isSpentAlone(this.#options.onClientGone, now - (this.#goneAt as number), reading)
  }

  // What time does.

  /** Looks at the budgets; called by its sweep. */
  sweep(now: number): void {
    const budgets = this.#budgets
    if (this.#phase === 'ending') {
      if (isOver(now, this.#since, budgets.clientStallMs)) this.#outlet.destroy()
      return
    }
    // While the client is full the upstream is paused: no budget of it runs.
    if (this.#fullSince !== undefined && !this.#isClientGone) {
      if (isOver(now, this.#fullSince, budgets.clientStallMs)) this.#giveUpClient()
      return
    }
    if (this.#phase === 'trailing') {
      if (isOver(now, this.#since, budgets.trailerMs)) this.#endAnswer(this.#run as Run)
      return
    }
    if (this.#goneAt !== undefined && this.#isSpentAlone(now)) {
      this.#endAlone()
      return
    }
    const spent = spentBudget(now, this.#budgets, this.#record, this.#run, this.#options.wants)
    if (spent === undefined) {
      this.#keepClientAlive(now)
      return
    }
    const failed = failure('timeout', `Upstream took too long: budget \`${spent}\` is spent`)
    // The total is spent for every attempt that could follow.
    if (spent === 'totalMs' || this.#run === undefined) this.#stop(failed)
    else this.#lose(this.#run, failed)
  }

  /** Opens the client that has waited long enough, and lets it hear from us while nothing else comes. */
  #keepClientAlive(now: number): void {
    const run = this.#run
    if (run === undefined || this.#isClientGone || this.#options.wants !== 'stream') return
    const budgets = this.#budgets
    if (!this.#isOpen) {
      const isStream = run.stage !== undefined && this.#record.shape === 'stream'
      if (isStream && this.#options.hold === 'frame' && isOver(now, run.headAt, budgets.headHoldMs)) this.#commit(run)
      else if (isOver(now, this.#record.startedAt, budgets.earlyHeadMs)) this.#openEarly()
      return
    }
    const { keepAlive } = run.adapter
    if (keepAlive === undefined || run.stage?.seen.midFrame === true || !isOver(now, this.#sentAt, budgets.pingAfterMs))
      return
    this.#record.edits.add('ping')
    this.#write(keepAlive)
    this.#sentAt = now
  }

  // The way of an attempt.

  #dispatch(failed: Failure | undefined): boolean {
    let attempt: Attempt | undefined
    try {
      attempt = this.#next(failed)
    } catch (error) {
      if (failed === undefined) this.#observer?.onStart?.(undefined)
      this.#answer(failure('upstream', `Cannot choose an upstream: ${messageOf(error)}`, { status: 500 }))
      return true
    }
    if (failed === undefined) this.#observer?.onStart?.(attempt)
    if (attempt === undefined) {
      if (failed === undefined) this.#answer(failure('not-found', 'No upstream is left to ask'))
      return failed === undefined
    }
    this.#run?.stage?.release?.()
    const now = this.#sweep.now()
    this.#record.restart(now, failed)
    this.#record.upstream = attempt.upstream
    this.#record.upstreamDialect = attempt.adapter.to
    this.#record.lane = attempt.adapter.lane
    this.#record.sentModel = attempt.model
    this.#record.conversion = attempt.conversion
    for (const edit of attempt.adapter.edits) this.#record.edits.add(edit)
    this.#phase = 'dispatching'
    this.#run = new Run(this, attempt, now)
    this.#run.send()
    return true
  }

  async #askForHeaders(run: Run, head: Head, ask: NonNullable<ExchangeOptions['onHeaders']>): Promise<void> {
    try {
      const answer = ask(head)
      if (!(answer instanceof Promise)) {
        this.#beginAnswer(run, answer)
        return
      }
      run.pause()
      const later = await answer
      if (run !== this.#run || this.#phase !== 'dispatching') return
      this.#beginAnswer(run, later)
      run.resume()
      if (run.hasEnded) this.#endRun(run)
    } catch (error) {
      if (run === this.#run)
        this.#stop(failure('upstream', `Cannot read the upstream's head: ${messageOf(error)}`, { status: 500 }))
    }
  }

  #beginAnswer(run: Run, changes: OnHeaders | undefined): void {
    const head = run.head as Head
    if (changes?.headers !== undefined) run.head = { ...head, headers: changes.headers }
    if (changes?.adapter !== undefined) run.adapter = changes.adapter
    const { asks: asked } = run.attempt
    const shape = shapeOf(this.#options.wants, head, { asked, folds: run.adapter.folds })
    this.#record.shape = shape
    // What is folded or unfolded has been through the hub, of whatever dialects it is.
    const isArray = run.attempt.conversion?.framing === 'array'
    const isTurned = run.adapter.folds === true && (shape === 'collect' || shape === 'expand' || isArray)
    const isMapped = this.#options.mapEvents !== undefined && run.adapter.lane === 'relay'
    const isEdited = isMapped || (this.#options.includesUsage === true && run.adapter.lane === 'relay')
    this.#record.lane = isTurned ? 'convert' : isEdited ? 'edit' : run.adapter.lane
    const early = run.held.length === 0 ? undefined : run.takeHeld()
    run.stage = answerStage(run, shape, this.#record, this.#options)
    this.#phase = 'holding'
    if (early !== undefined) this.#push(run, early)
  }

  #push(run: Run, chunk: Uint8Array): void {
    const stage = run.stage as Stage
    const heldBefore = run.held.length
    stage.push(chunk, this.#emit)
    const { reading } = stage.seen
    this.#record.note(reading, this.#sweep.now())
    if (this.#goneAt !== undefined && this.#phase !== 'trailing' && this.#isSpentAlone(this.#sweep.now())) {
      this.#endAlone()
      return
    }
    if (this.#isCommitted) {
      this.#followReading(run)
      return
    }
    if (reading.failure !== undefined && isUnanswered(stage)) this.#lose(run, reading.failure)
    else if (this.#isReady(run)) this.#commit(run)
    else {
      run.keepHeld(heldBefore)
      // What is collected goes out when it is over: what the upstream has to add does not keep it for ever.
      if (this.#record.shape === 'collect') this.#followReading(run)
    }
  }

  /** Where the bytes of the stage go: to the client, or to what is held until the head is decided. */
  readonly #emit = (bytes: Uint8Array): void => {
    if (this.#isCommitted) this.#write(bytes)
    else this.#run?.hold(bytes)
  }

  #isReady(run: Run): boolean {
    const { seen } = run.stage as Stage
    if (run.heldBytes > HANDSHAKE_BYTES) return true
    if (!seen.isReady) return false
    const { reading } = seen
    return this.#options.hold === 'frame' || reading.progress > 0 || reading.isFinished || reading.isTerminal
  }

  #commit(run: Run): void {
    this.#open(this.#clientHead(run))
    this.#isCommitted = true
    if (this.#phase === 'holding') this.#phase = 'streaming'
    for (const bytes of run.held) this.#write(bytes)
    run.held = []
    run.heldBytes = 0
    this.#followReading(run)
  }

  #followReading(run: Run): void {
    if (this.#phase !== 'streaming' && this.#phase !== 'holding') return
    const { reading } = (run.stage as Stage).seen
    if (!reading.isFinished && !reading.isTerminal && reading.failure === undefined) return
    this.#phase = 'trailing'
    this.#since = this.#sweep.now()
  }

  /** Nothing more of the upstream counts: the last bytes of the stage, and what they make of the answer. */
  #endAnswer(run: Run): void {
    run.abort()
    const stage = run.stage as Stage
    stage.end(this.#emit)
    const { reading } = stage.seen
    this.#record.note(reading, this.#sweep.now())
    if (!this.#isCommitted && reading.failure !== undefined && isUnanswered(stage)) this.#lose(run, reading.failure)
    else if (reading.isFinished || reading.isTerminal || reading.failure !== undefined) {
      if (!this.#isCommitted) this.#commit(run)
      if (stage.cutsFailures === true && reading.failure !== undefined && !reading.isFinished) this.#cut()
      else this.#finish()
    } else this.#lose(run, failure('truncated', this.#record.shape === 'whole' ? TORN_BODY : TORN_STREAM))
  }

  #collect(run: Run, chunk: Uint8Array): void {
    run.hold(chunk)
    run.keepHeld(run.held.length - 1)
    if (!isAnswer(run) && run.heldBytes > ERROR_BODY_BYTES) {
      run.abort()
      this.#decideStatus(run)
    }
  }

  /** The upstream's status is no answer: another attempt, or the status in the client's own form. */
  #decideStatus(run: Run): void {
    const head = run.head as Head
    const told = run.adapter.failure(head.status, head.headers, run.takeHeld(), this.#options.subject.id)
    if (this.#dispatch(told.failure)) return
    for (const edit of told.edits) this.#record.edits.add(edit)
    this.#answerWith(told.failure, told.body, told.mediaType)
  }

  /** This attempt cannot become the answer, or cannot go on being it. */
  #lose(run: Run, failed: Failure): void {
    run.abort()
    // For who has left nobody else is asked.
    if (!this.#isCommitted && this.#left === undefined && this.#dispatch(failed)) return
    this.#fail(run, failed)
  }

  /** No other attempt can help: the exchange as a whole has failed. */
  #stop(failed: Failure): void {
    const run = this.#run
    run?.abort()
    if (run === undefined) this.#answer(failed)
    else this.#fail(run, failed)
  }

  #fail(run: Run, failed: Failure): void {
    if (!this.#isOpen) {
      this.#answer(failed)
      return
    }
    run.stage ??= answerStage(run, 'stream', this.#record, this.#options)
    // Of an error that the upstream told, the stage has said already what there is to say.
    if (run.stage.seen.reading.failure === failed && run.heldBytes > 0) this.#write(run.takeHeld())
    else run.stage.fail(failed, bytes => this.#write(bytes))
    run.held = []
    this.#record.failure = failed
    this.#cut()
  }

  // The client's side.

  #open(head: Head): void {
    if (this.#isOpen) return
    this.#isOpen = true
    this.#sentAt = this.#sweep.now()
    if (this.#isClientGone) return
    this.#record.status = head.status
    const own = this.#options.ownHeaders?.(this.#record)
    const sent = own === undefined ? head : { status: head.status, headers: [...head.headers, ...own] }
    this.#observer?.onSentHead?.(sent)
    this.#outlet.open(sent)
  }

  #clientHead(run: Run): Head {
    const head = run.head as Head
    const { mediaType = EVENT_STREAM, mapHeaders } = this.#options
    const { changesBody = false, headers: changed, mediaType: own, length } = run.stage as Stage
    const crossing = changed ?? answerHeaders(head, { shape: this.#record.shape, changesBody, mediaType })
    const headers = own === undefined ? crossing : typedHeaders(crossing, own, length)
    return { status: head.status, headers: mapHeaders?.(headers) ?? headers }
  }

  #openEarly(): void {
    this.#record.edits.add('early-head')
    this.#record.shape = 'stream'
    this.#open({ status: 200, headers: ['content-type', this.#options.mediaType ?? EVENT_STREAM] })
    const keepAlive = this.#run?.adapter.keepAlive
    if (keepAlive !== undefined) this.#write(keepAlive)
  }

  #write(bytes: Uint8Array): void {
    if (this.#isClientGone) return
    this.#record.bytesOut += bytes.length
    this.#sentAt = this.#sweep.now()
    this.#observer?.onSentChunk?.(bytes)
    if (this.#outlet.write(bytes) || this.#fullSince !== undefined) return
    this.#fullSince = this.#sentAt
    this.#run?.pause()
  }

  /** An error of our own as the whole answer. */
  #answer(failed: Failure): void {
    const adapter = this.#run?.adapter ?? this.#options.fallback
    this.#answerWith(failed, adapter.answer(failed, this.#options.subject.id), 'application/json')
  }

  #answerWith(failed: Failure, body: Uint8Array, mediaType: string | undefined): void {
    if (this.#isOpen) {
      this.#fail(this.#run as Run, failed)
      return
    }
    this.#record.failure = failed
    this.#open({ status: failed.status, headers: failureHeaders(this.#run?.head, failed, body, mediaType) })
    this.#write(body)
    this.#finish()
  }

  /** The answer is out as far as there is one. */
  #finish(): void {
    this.#run?.abort()
    this.#settle()
    if (this.#isClientGone) this.#conclude()
    else this.#outlet.end()
  }

  #cut(): void {
    this.#settle()
    if (this.#isClientGone) this.#conclude()
    else this.#outlet.destroy()
  }

  #giveUpClient(): void {
    this.#record.failure ??= failure('cancelled', 'Client stopped reading: budget `clientStallMs` is spent')
    this.#outcome = 'cancelled'
    this.#run?.abort()
    this.#settle()
    this.#outlet.destroy()
    this.#outlet.destroy()
  }

  #settle(): void {
    this.#phase = 'ending'
    this.#since = this.#sweep.now()
  }

  #conclude(): void {
    if (this.#phase === 'ended') return
    this.#phase = 'ended'
    this.#sweep.delete(this)
    const run = this.#run
    run?.abort()
    const stage = run?.stage
    stage?.catchUp?.()
    const reading = stage?.seen.reading
    // An error after the finish is passed on and does not undo it.
    const told = this.#left ?? this.#record.failure ?? (reading?.isFinished ? undefined : reading?.failure)
    const { redact } = this.#options
    this.#record.failure =
      told === undefined || redact === undefined ? told : { ...told, message: redact(told.message) }
    const outcome = this.#outcome ?? outcomeOf(this.#record.failure)
    const now = this.#sweep.now()
    const { estimator, onOver } = this.#options
    onOver?.()
    const tell = (estimated?: Usage) => this.#tell(this.#record.report(outcome, reading, now, estimated))
    const estimated = estimateUsage(stage, estimator)
    if (estimated instanceof Promise) estimated.then(tell)
    else tell(estimated)
    stage?.release?.()
  }

  #tell(report: StreamReport): void {
    this.#observer?.onEnd?.(report, this.#record.failure)
    this.#resolve(report)
  }
}

/** No content has come, or none that the client could be told yet. */
function isUnanswered({ seen }: Stage): boolean {
  return seen.reading.progress === 0 || !seen.isReady
}
