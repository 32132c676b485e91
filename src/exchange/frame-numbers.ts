import { fromLatin1, toLatin1 } from '../bytes.ts'
import { replaceSpan } from '../json/index.ts'
import { editData, framesIn, spansAt } from './frame-data.ts'

/**
 * Numbers the frames of a stream whose dialect numbers its events, where frames of ours stand between
 * those of the upstream, or in their place. The upstream's numbers stay while they are right.
 */
export class FrameNumbers {
  readonly #path: readonly string[] | undefined
  /** The last frame of the upstream that had a number, sent or not. */
  #last = ''
  /** What was sent last has the number of that frame and so many more. */
  #offset = 0

  /** @param member in which the number stands; undefined: events have none */
  constructor(member: string | undefined) {
    this.#path = member === undefined ? undefined : [member]
  }

  /** A frame of the upstream as it is to be sent. */
  sent(frame: string): string {
    if (!this.#isNumbered(frame)) return frame
    this.#last = frame
    return this.#offset === 0 ? frame : this.#renumbered(frame, number => number + this.#offset)
  }

  /** Frames of the upstream that are not sent: what comes next takes their numbers. */
  leftOut(frames: readonly string[]): void {
    for (const frame of frames) {
      const number = this.#isNumbered(frame) ? this.#numberIn(frame) : undefined
      if (number === undefined) continue
      this.#offset += (this.#numberIn(this.#last) ?? number - 1) - number
      this.#last = frame
    }
  }

  /** Frames of ours with the next numbers. */
  own(frames: string): string {
    if (this.#path === undefined) return frames
    let numbered = ''
    for (const frame of framesIn(frames)) numbered += this.#next(frame)
    return numbered
  }

  #next(frame: string): string {
    if (!this.#isNumbered(frame)) return frame
    this.#offset++
    const number = (this.#numberIn(this.#last) ?? -1) + this.#offset
    return this.#renumbered(frame, () => number)
  }

  /** A quick look, which text of the model can deceive. */
  #isNumbered(frame: string): boolean {
    return this.#path !== undefined && frame.includes(this.#path[0] as string)
  }

  #renumbered(frame: string, change: (number: number) => number): string {
    const quick = this.#only(frame)
    if (quick !== undefined)
      return frame.slice(0, quick.start) + change(quick.number) + frame.slice(quick.start + `${quick.number}`.length)
    return editData(frame, data => {
      const bytes = fromLatin1(data)
      const span = this.#spanIn(bytes)
      if (span === undefined) return bytes
      const number = Number(toLatin1(bytes, span.start, span.end))
      return replaceSpan(bytes, span, String(change(number)))
    })
  }

  /** The only number in the frame, found by its key: a quote inside of a string is escaped, so a key is one. */
  #only(frame: string): { readonly start: number; readonly number: number } | undefined {
    const key = `"${this.#path?.[0]}":`
    const at = frame.indexOf(key)
    if (at === -1 || frame.indexOf(key, at + 1) !== -1 || !'{,'.includes(frame[at - 1] as string)) return undefined
    const start = at + key.length
    const digits = DIGITS.exec(frame.slice(start, start + 16))?.[0]
    return digits === undefined ? undefined : { start, number: Number(digits) }
  }

  #numberIn(frame: string): number | undefined {
    const quick = this.#only(frame)
    if (quick !== undefined) return quick.number
    let number: number | undefined
    editData(frame, data => {
      const bytes = fromLatin1(data)
      const span = this.#spanIn(bytes)
      if (span !== undefined) number = Number(toLatin1(bytes, span.start, span.end))
      return bytes
    })
    return number
  }

  /** Where a whole number stands. */
  #spanIn(bytes: Uint8Array) {
    const span = spansAt(bytes, this.#path as readonly string[]).at(-1)
    return span !== undefined && /^\d+$/.test(toLatin1(bytes, span.start, span.end)) ? span : undefined
  }
}

/** A whole number, and what must follow one. */
const DIGITS = /^(?:0|[1-9]\d*)(?=[,}])/
