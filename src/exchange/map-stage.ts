import { fromLatin1, fromUtf8, toLatin1 } from '../bytes.ts'
import { type Dialect, type Edit, FrameReader, type Reading, type StreamDecoder } from '../dialects/index.ts'
import { type Failure, failure } from '../errors.ts'
import { EventMap, type Losses, type MapEvents, type Request, type StreamEvent } from '../model/index.ts'
import { frameEnd, type SseEvent } from '../sse/index.ts'
import { framesIn } from './frame-data.ts'
import {
  editedDelta,
  FrameGroup,
  isAside,
  isDelta,
  isOtherDelta,
  isUnchanged,
  newTexts,
  withTexts,
} from './frame-group.ts'
import { FrameNumbers } from './frame-numbers.ts'
import { ShadowEncoders } from './shadow-encoders.ts'
import type { Emit, Seen, Stage } from './stage.ts'

export interface MapStageOptions {
  readonly dialect: Dialect
  /** Relays the same stream: cuts it into whole frames, meters them and does what edits were declared. */
  readonly relay: Stage
  readonly mapEvents: MapEvents
  /** Told the events as they came. */
  readonly observe: ((event: StreamEvent) => void) | undefined
  readonly issuer: string
  /** What the client asked for, and the model to name in what is encoded. */
  readonly request: Request | undefined
  readonly model: string | undefined
  readonly made: Set<Edit>
  readonly losses: Losses
  /** The most that waits for its events, in bytes; then it goes out as it is. */
  readonly holdBytes: number
  readonly eventBytes: number
  readonly messageBytes: number
}

/**
 * The edit lane with a function that maps events: what it changes is written anew, all other frames go
 * out byte for byte.
 *
 * A frame waits until it is known which events it brings: one that brings none goes with the next one, and
 * all that follows the finish goes together. Where only the texts of deltas change they are replaced in
 * their own frames. Everything else is encoded as it came and as it became, and where the two differ the
 * latter goes out: so numbers, places and repeated texts are right in what follows too.
 */
export class MapStage implements Stage {
  readonly seen: Seen
  readonly #options: MapStageOptions
  readonly #frames = new FrameReader()
  readonly #decoder: StreamDecoder
  readonly #map: EventMap
  readonly #shadows: ShadowEncoders
  readonly #numbers: FrameNumbers
  #group = new FrameGroup()
  /** Blocks that are open and have another text than the upstream says. */
  readonly #changed = new Set<number>()
  /** Blocks that are open and are left out. */
  readonly #leftOut = new Set<number>()
  #wasInLeftOut = false
  /** Blocks of reasoning. */
  readonly #reasoning = new Set<number>()
  /** Calls that are open. */
  readonly #calls = new Set<number>()
  /** A frame that has not ended. */
  #torn = ''
  #out = ''
  #hasSent = false
  /** The last event has come. */
  #hasEnded = false
  /** Nothing that comes is read any more. */
  #isOver = false

  constructor(options: MapStageOptions) {
    const { dialect, relay, issuer } = options
    this.#options = options
    this.seen = relay.seen
    this.#map = new EventMap(options.mapEvents)
    this.#shadows = new ShadowEncoders(options)
    this.#numbers = new FrameNumbers(dialect.frames.numberAt)
    this.#decoder = dialect.codec.createStreamDecoder({ issuer }, this.#take)
  }

  push(chunk: Uint8Array, out: Emit<Uint8Array>): void {
    if (this.#isOver) return
    this.#options.relay.push(chunk, this.#read)
    if (this.seen.midFrame) this.#breakOff(this.#tooLong())
    this.#flush(out)
  }

  end(out: Emit<Uint8Array>): void {
    if (this.#isOver) return
    this.#options.relay.end(this.#read)
    if (this.#torn !== '') this.#readFrame(this.#torn)
    this.#torn = ''
    if (!this.#isOver) {
      if (this.#decoder.isFinished || this.#decoder.isTerminal) this.#decoder.end()
      if (this.#map.failure === undefined) this.#settle(true)
      else this.#breakOff(this.#map.failure)
    }
    this.#isOver = true
    this.#flush(out)
  }

  fail(failed: Failure, out: Emit<Uint8Array>): void {
    this.#torn = ''
    if (this.#map.failure === undefined && !this.#hasEnded) this.#settleFailed(failed)
    this.#isOver = true
    this.#flush(out)
  }

  /** Closes what is open, as the function wants it, and tells the error. */
  #settleFailed(failed: Failure): void {
    this.#decoder.fail(failed)
    const group = this.#group
    if (this.#map.failure !== undefined || !this.#isOtherEnd(group)) {
      this.#send(group.frames)
      this.#tell(failed)
      return
    }
    this.#options.made.add('ended')
    this.#leaveOut(group.frames)
    this.#insert(group.after, [], [])
    this.#shadows.noteLosses()
  }

  /** Whether an answer that fails ends in another way than it would have. */
  #isOtherEnd(group: FrameGroup): boolean {
    if (group.isUnchanged && !this.#shadows.isActive) return false
    this.#encode(group)
    return group.before !== group.after
  }

  release(): void {
    this.#options.relay.release?.()
  }

  readonly #read = (bytes: Uint8Array): void => {
    const text = this.#torn + toLatin1(bytes)
    const hasCr = text.includes('\r')
    let at = 0
    for (let end = frameEnd(text, 0, hasCr); end >= 0; end = frameEnd(text, at, hasCr)) {
      this.#readFrame(text.slice(at, end))
      at = end
    }
    this.#torn = text.slice(at)
  }

  #readFrame(frame: string): void {
    if (this.#isOver) return
    if (frame.length > this.#options.eventBytes) {
      this.#breakOff(this.#tooLong())
      return
    }
    const event = this.#frames.read(frame)
    if (event === undefined && this.#group.frames.length === 0) {
      this.#out += frame
      return
    }
    this.#group.add(frame)
    if (event !== undefined) this.#decode(event, frame)
    if (this.#map.failure !== undefined) this.#breakOff(this.#map.failure)
    else if (this.#group.bytes > this.#options.holdBytes || !this.#isWaiting()) this.#settle(false)
  }

  #decode(event: SseEvent, frame: string): void {
    const group = this.#group
    const known = group.events.length
    const hasChanged = this.#changed.size > 0
    this.#decoder.push(event)
    this.#decoder.settle?.()
    if (group.events.length > known) return
    const { repeats } = this.#options.dialect.frames
    group.hasSilent = true
    group.mayRepeat ||= repeats !== undefined && hasChanged && frame.includes(repeats.in)
  }

  readonly #take = (event: StreamEvent): void => {
    this.#options.observe?.(event)
    if (this.#map.failure !== undefined) return
    const mapped = { event, results: this.#map.push(event) }
    this.#group.events.push(mapped)
    this.#hasEnded ||= event.type === 'message-end' || event.type === 'error'
    if (event.type === 'block-start') {
      if (event.kind === 'reasoning') this.#reasoning.add(event.index)
      if (event.kind === 'tool-call') this.#calls.add(event.index)
      if (mapped.results.length === 0) this.#leftOut.add(event.index)
    }
    if (event.type === 'block-end') {
      this.#changed.delete(event.index)
      this.#leftOut.delete(event.index)
      this.#calls.delete(event.index)
    } else if ('index' in event && event.index !== undefined && !isUnchanged(mapped)) this.#changed.add(event.index)
  }

  /** Whether the frames at hand may bring more events, or say again in whole what has changed. */
  #isWaiting(): boolean {
    if (this.#hasEnded) return false
    const { events, hasSilent, mayRepeat } = this.#group
    if (this.#decoder.isFinished || (hasSilent && events.every(({ event }) => isAside(event)))) return true
    const { sayCallsWhole = false } = this.#options.dialect.frames
    return (sayCallsWhole && this.#calls.size > 0) || (mayRepeat && this.#changed.size > 0)
  }

  /** Sends the frames at hand, or what has become of them. */
  #settle(isLast: boolean): void {
    const group = this.#group
    if (group.isLeftOut) this.#leaveOut(group.frames)
    else if (this.#shadows.isActive || !this.#settleInPlace(group)) {
      this.#encode(group)
      if (!isLast && this.#isUnsaid(group)) return
      this.#sendEncoded(group)
    }
    this.#wasInLeftOut = this.#leftOut.size > 0
    this.#group = new FrameGroup()
  }

  /** Whether the encoders have still to say what the group is, or that a block of it is left out. */
  #isUnsaid({ before, after, events }: FrameGroup): boolean {
    if (before !== after) return false
    if (before === '') return !events.every(({ event }) => isAside(event))
    return events.some(
      mapped =>
        (mapped.event.type === 'block-start' && this.#leftOut.has(mapped.event.index)) ||
        (isOtherDelta(mapped) && isDelta(mapped.event) && !this.#leftOut.has(mapped.event.index)),
    )
  }

  /** @returns whether the group could be sent without encoding anything */
  #settleInPlace(group: FrameGroup): boolean {
    const { dialect } = this.#options
    if (group.isUnchanged) this.#send(group.frames)
    else {
      const texts = this.#isRepeated(group) ? undefined : newTexts(group.events)
      const edited = texts && withTexts(group, texts, dialect.frames)
      if (edited === undefined) return false
      this.#sendEdited(group.frames, edited)
    }
    for (const mapped of group.events) {
      const refused = this.#shadows.keep(isUnchanged(mapped) ? mapped.event : (editedDelta(mapped) ?? mapped.event))
      if (refused !== undefined) this.#breakOff(refused)
    }
    return true
  }

  #encode(group: FrameGroup): void {
    this.#shadows.activate()
    for (const mapped of group.events.slice(group.encoded)) {
      const edited = isUnchanged(mapped) ? undefined : editedDelta(mapped)
      this.#shadows.push(mapped.event, edited === undefined ? mapped.results : [edited])
    }
    group.encoded = group.events.length
    const { before, after } = this.#shadows.take()
    group.before += before
    group.after += after
  }

  /** Whether frames may hold what their events do not tell, of a block that is left out or has moved. */
  #isDoubtful({ frames }: FrameGroup): boolean {
    if (this.#wasInLeftOut || this.#leftOut.size > 0) return true
    const { placeAt } = this.#options.dialect.frames
    return placeAt !== undefined && this.#map.isRenumbered && frames.some(frame => frame.includes(`"${placeAt}"`))
  }

  #sendEncoded(group: FrameGroup): void {
    const { before, after, frames } = group
    const isDoubtful = this.#isDoubtful(group)
    if (before === after && !isDoubtful) {
      this.#send(frames)
      return
    }
    const texts = isDoubtful || this.#mayRepeatTexts(group) ? undefined : newTexts(group.events)
    const isInTexts = texts !== undefined && replaced(before, texts) === after
    const edited = isInTexts ? withTexts(group, texts, this.#options.dialect.frames) : undefined
    if (edited !== undefined) this.#sendEdited(frames, edited)
    else if (before !== '' && !isDoubtful && after.endsWith(before))
      this.#insert(after.slice(0, -before.length), [], frames)
    else if (before !== '' && !isDoubtful && after.startsWith(before))
      this.#insert(after.slice(before.length), frames, [])
    else {
      this.#leaveOut(frames)
      this.#insert(after, [], [])
    }
  }

  /** Whether there may be more of a text in the frames than the deltas that brought it. */
  #mayRepeatTexts({ events }: FrameGroup): boolean {
    return this.#options.dialect.frames.repeats !== undefined && !events.every(({ event }) => isDelta(event))
  }

  /** Whether later frames say a text again that has changed in these. */
  #isRepeated({ events }: FrameGroup): boolean {
    const texts = this.#options.dialect.frames.repeats?.texts
    if (texts === undefined || texts === 'all') return texts === 'all'
    return events.some(
      mapped => isDelta(mapped.event) && this.#reasoning.has(mapped.event.index) && !isUnchanged(mapped),
    )
  }

  #insert(frames: string, before: readonly string[], behind: readonly string[]): void {
    this.#options.made.add('mapped')
    this.#send(before)
    this.#out += this.#numbers.own(toLatin1(fromUtf8(frames)))
    this.#send(behind)
  }

  #send(frames: readonly string[]): void {
    for (const frame of frames) this.#out += this.#numbers.sent(frame)
  }

  #sendEdited(frames: readonly string[], edited: readonly string[]): void {
    for (const [at, frame] of edited.entries()) {
      if (frame !== frames[at]) this.#options.made.add('mapped')
      if (frame === '') this.#leaveOut([frames[at] as string])
      else this.#out += this.#numbers.sent(frame)
    }
  }

  #leaveOut(frames: readonly string[]): void {
    this.#options.made.add('mapped')
    this.#numbers.leftOut(frames)
  }

  /** The function, or a limit, has ended the answer: what is at hand is not sent. */
  #breakOff(failed: Failure): void {
    this.#isOver = true
    const reading: Reading = this.seen.reading
    this.seen.midFrame = false
    reading.failure ??= failed
    reading.isFinished = reading.isTerminal = false
    // It can still become a status.
    if (!this.#hasSent && this.#out === '') reading.progress = 0
    this.#tell(failed)
  }

  #tell(failed: Failure): void {
    this.#options.relay.fail(failed, bytes => this.#send(framesIn(toLatin1(bytes))))
    this.#shadows.noteLosses()
  }

  #tooLong(): Failure {
    return failure('upstream', `Cannot read event: over the limit \`eventBytes\` of ${this.#options.eventBytes} bytes`)
  }

  #flush(out: Emit<Uint8Array>): void {
    if (this.#out === '') return
    const text = this.#out
    this.#hasSent = true
    this.#out = ''
    out(fromLatin1(text))
  }
}

/** Frames with other texts, each of them JSON. */
function replaced(frames: string, texts: ReadonlyMap<string, string>): string {
  let other = frames
  for (const [text, instead] of texts)
    if (text !== instead) other = other.replaceAll(JSON.stringify(text), () => JSON.stringify(instead))
  return other
}
