import { concat, fromLatin1, fromUtf8, GrowingBytes, toLatin1 } from '../bytes.ts'
import type { Dialect, Edit, FrameKind, Meter } from '../dialects/index.ts'
import type { Failure } from '../errors.ts'
import { frameEnd } from '../sse/index.ts'
import type { Limits } from './budgets.ts'
import type { FrameEdit } from './frame-edit.ts'
import type { Emit, Seen, Stage } from './stage.ts'

/** Characters of the torn frame that are searched again: its last line end may be half of the blank line. */
const JOINT = 1

/**
 * The relay and edit lanes: whole frames out, byte for byte but for declared edits; a tap meters them.
 *
 * Only whole frames leave, so pings and errors always stand between events. A torn tail is held up to
 * `holdBytes`; a longer frame passes in pieces, and is kept beside up to `eventBytes` to be metered.
 */
export class RelayStage implements Stage {
  readonly seen: Seen
  readonly #dialect: Dialect
  readonly #meter: Meter
  /** What is changed is noted here. */
  readonly #made: Set<Edit>
  readonly #edits: readonly FrameEdit[]
  readonly #holdBytes: number
  readonly #eventBytes: number

  /** The torn frame so far; nothing of one that is too long to be metered. */
  readonly #torn = new GrowingBytes()
  #tornBytes = 0
  #joint = ''

  /** The last frame left with half of its CRLF: some clients look for both halves. */
  #endsInCr = false

  /** Where the last whole event stands: numbering goes on from it if an error must be added. */
  #text = ''
  #lastStart = 0
  #lastEnd = 0

  constructor(dialect: Dialect, limits: Limits, made: Set<Edit> = new Set(), edits: readonly FrameEdit[] = []) {
    this.#dialect = dialect
    this.#meter = dialect.createMeter()
    this.#eventBytes = limits.eventBytes
    this.#holdBytes = Math.min(limits.holdBytes, limits.eventBytes)
    this.#made = made
    this.#edits = edits
    this.seen = { reading: this.#meter.reading, isReady: false, midFrame: false }
  }

  push(chunk: Uint8Array, out: Emit<Uint8Array>): void {
    if (this.#tornBytes === 0) {
      this.#walk(chunk, toLatin1(chunk), out)
      return
    }
    // Look for the end in what is new only, or an endless line in small pieces takes quadratic time.
    const fresh = this.#joint + toLatin1(chunk)
    const end = frameEnd(fresh, 0, fresh.includes('\r'))
    if (end < 0) this.#keep(chunk, out)
    else if (this.seen.midFrame) this.#closeLongFrame(chunk, Math.max(0, end - this.#joint.length), out)
    else this.#join(chunk, out)
  }

  end(out: Emit<Uint8Array>): void {
    if (this.#tornBytes === 0) return
    const { bytes } = this.#torn
    const text = toLatin1(bytes)
    this.#dropTorn()
    // Upstreams do close with a last frame that lacks its blank line and holds the finish.
    const isWhole = isWholeFrame(text)
    if (this.seen.midFrame) {
      if (isWhole) this.#read(text, 0, text.length)
      return
    }
    const edited = isWhole ? this.#edit(text, 0, text.length) : undefined
    const { reading } = this.#meter
    const isOver = reading.isFinished || reading.isTerminal || reading.failure !== undefined
    if (isWhole) {
      emitText(edited ?? text, out)
      // An error will have to follow: it must not run into the open frame.
      if (!isOver) out(BLANK_LINE)
      // The LF of a CRLF that came in two reads is torn too.
    } else if ((isOver && isComment(text)) || text.trim() === '') {
      out(bytes)
      this.#endsInCr = false
    }
  }

  fail(failure: Failure, out: Emit<Uint8Array>): void {
    if (this.seen.midFrame) return
    this.#dropTorn()
    const last = this.#lastEnd === 0 ? undefined : this.#text.slice(this.#lastStart, this.#lastEnd)
    this.#made.add('ended')
    if (this.#endsInCr) out(LINE_FEED)
    out(fromUtf8(this.#dialect.failure.encodeInStream(failure, last, this.#meter.reading.answerId)))
  }

  /** Meters every whole frame of `bytes`, emits them in as few pieces as the edits allow, keeps the tail. */
  #walk(bytes: Uint8Array, text: string, out: Emit<Uint8Array>): void {
    const hasCr = text.includes('\r')
    let sent = 0
    let at = 0
    for (let end = frameEnd(text, 0, hasCr); end >= 0; end = frameEnd(text, at, hasCr)) {
      const edited = this.#edit(text, at, end)
      if (edited !== undefined) {
        if (sent < at) out(bytes.subarray(sent, at))
        emitText(edited, out)
        sent = end
      }
      at = end
    }
    if (sent < at) out(sent === 0 && at === bytes.length ? bytes : bytes.subarray(sent, at))
    if (at > 0) this.#endsInCr = text.charCodeAt(at - 1) === CR
    if (at < bytes.length) this.#keep(bytes.subarray(at), out)
  }

  #read(text: string, start: number, end: number): FrameKind {
    const { reading } = this.#meter
    const events = reading.events
    const kind = this.#meter.frame(text, start, end)
    this.seen.isReady = true
    if (reading.events > events && kind !== 'foreign-failure') {
      this.#text = text
      this.#lastStart = start
      this.#lastEnd = end
    }
    return kind
  }

  /** Meters a whole frame; what goes out in its place, or undefined. */
  #edit(text: string, start: number, end: number): string | undefined {
    const kind = this.#read(text, start, end)
    if (kind !== 'foreign-failure') return this.#edited(text, start, end, kind)
    const told = closed(text.slice(start, end)) + this.#ownWords()
    return this.#edited(told, 0, told.length, kind) ?? told
  }

  /** The failure again, as the clients of this dialect know failures. */
  #ownWords(): string {
    const { failure, answerId } = this.#meter.reading
    const last = this.#lastEnd === 0 ? undefined : this.#text.slice(this.#lastStart, this.#lastEnd)
    this.#made.add('ended')
    return toLatin1(fromUtf8(this.#dialect.failure.encodeInStream(failure as Failure, last, answerId)))
  }

  #edited(text: string, start: number, end: number, kind: FrameKind): string | undefined {
    for (const edit of this.#edits) {
      const edited = edit.apply(text, start, end, kind)
      if (edited === undefined) continue
      this.#made.add(edit.name)
      return edited
    }
    return undefined
  }

  #join(chunk: Uint8Array, out: Emit<Uint8Array>): void {
    const bytes = concat([this.#torn.bytes, chunk])
    this.#dropTorn()
    this.#walk(bytes, toLatin1(bytes), out)
  }

  #keep(piece: Uint8Array, out: Emit<Uint8Array>): void {
    this.#tornBytes += piece.length
    this.#joint = (this.#joint + toLatin1(piece, Math.max(0, piece.length - JOINT))).slice(-JOINT)
    if (!this.seen.midFrame && this.#tornBytes > this.#holdBytes) {
      this.seen.midFrame = true
      this.seen.isReady = true
      if (this.#torn.length > 0) out(this.#torn.bytes)
    }
    if (this.seen.midFrame) out(piece)
    if (this.#tornBytes <= this.#eventBytes) this.#torn.push(piece)
    else this.#torn.clear()
  }

  #closeLongFrame(chunk: Uint8Array, end: number, out: Emit<Uint8Array>): void {
    out(chunk.subarray(0, end))
    if (this.#tornBytes + end <= this.#eventBytes) {
      const text = toLatin1(concat([this.#torn.bytes, chunk.subarray(0, end)]))
      this.#read(text, 0, text.length)
    } else this.#meter.reading.malformed++
    this.seen.midFrame = false
    this.#dropTorn()
    if (end < chunk.length) this.push(chunk.subarray(end), out)
  }

  #dropTorn(): void {
    this.#torn.clear()
    this.#tornBytes = 0
    this.#joint = ''
  }
}

const CR = 13
const LINE_FEED = fromUtf8('\n')
const BLANK_LINE = fromUtf8('\n\n')

/** The frame with its blank line. */
function closed(frame: string): string {
  return /(?:\r\n|\r|\n){2}$/.test(frame) ? frame : `${frame.trimEnd()}\n\n`
}

/** Half a comment breaks nothing, where half an event would. */
function isComment(text: string): boolean {
  return text.split(/[\r\n]+/).every(line => line === '' || line.startsWith(':'))
}

/** Whether a frame without its blank line is whole all the same: its data is complete, or it is bare JSON. */
function isWholeFrame(text: string): boolean {
  const lines = text.split(/[\r\n]+/)
  const data = lines.filter(line => line.startsWith('data:')).map(line => line.slice(5))
  const said = (data.length === 0 ? text : data.join('')).trim()
  if (said === '[DONE]') return true
  try {
    return typeof JSON.parse(said) === 'object'
  } catch {
    return false
  }
}

/** @param text one character a byte; an empty one is left out */
function emitText(text: string, out: Emit<Uint8Array>): void {
  if (text !== '') out(fromLatin1(text))
}
