import { fromLatin1, toLatin1, toUtf8 } from '../bytes.ts'
import { isSpace } from './scan.ts'

export interface MemberCollectorOptions {
  /** Largest value kept, in bytes of its text. Default 16 KiB. */
  readonly maxMemberBytes?: number
}

/**
 * Keeps a few top-level members of a body while its bytes pass, and nothing else.
 *
 * The body is an object, or an array of objects (Gemini without `alt=sse`) whose members count as those
 * of one object. Of several members of one name the last counts; when that one is too large or is not
 * JSON, there is none. Never throws: in what is not JSON it finds what it can.
 *
 * Takes time linear in the bytes, and memory for the wanted members only.
 */
export class MemberCollector {
  readonly #names: ReadonlySet<string>
  readonly #maxMemberBytes: number
  readonly #found = new Map<string, unknown>()
  #depth = 0
  /** How deep the members stand: 1 in an object, 2 in an array of objects; 0 while nothing has come. */
  #memberDepth = 0
  /** Whether it is an object that stands there: an element of the array may be something else. */
  #isObject = false
  #isOver = false
  #isInString = false
  /** The last chunk ended between a backslash and the character that it escapes. */
  #isEscaped = false
  #expectsKey = false
  /** The name of the member whose value passes, if it is wanted. */
  #name: string | undefined
  /** What has been kept of a key or value, and where the rest of it begins in this chunk. */
  #kept: string | undefined
  #keptFrom = 0

  constructor(names: Iterable<string>, { maxMemberBytes = 16 * 1024 }: MemberCollectorOptions = {}) {
    this.#names = new Set(names)
    this.#maxMemberBytes = maxMemberBytes
  }

  push(chunk: Uint8Array): void {
    if (this.#isOver) return
    const text = toLatin1(chunk)
    this.#keptFrom = 0
    for (let at = 0; at < text.length && !this.#isOver; )
      at = this.#isInString ? this.#passString(text, at) : this.#passToken(text, this.#nextToken(text, at))
    this.#keep(text, text.length)
  }

  /** The end of the object or array has come. */
  get isComplete(): boolean {
    return this.#memberDepth > 0 && this.#depth <= 0
  }

  /** The members found so far, parsed. */
  values(): Map<string, unknown> {
    return new Map(this.#found)
  }

  /** @returns where to go on */
  #passString(text: string, at: number): number {
    if (this.#isEscaped) {
      this.#isEscaped = false
      return at + 1
    }
    const quote = text.indexOf('"', at)
    const end = quote === -1 ? text.length : quote
    const isEscaped = countBackslashes(text, at, end) % 2 === 1
    if (quote === -1) this.#isEscaped = isEscaped
    else if (!isEscaped) this.#closeString(text, end + 1)
    return end + 1
  }

  /** @returns where to go on */
  #passToken(text: string, at: number): number {
    const isMember = this.#isObject && this.#depth === this.#memberDepth
    switch (text[at]) {
      case '"':
        this.#isInString = true
        if (isMember && this.#expectsKey) this.#startKeeping(at)
        break
      case ':':
        if (isMember && this.#name !== undefined) this.#startKeeping(at + 1)
        break
      case ',':
        if (isMember) this.#endMember(text, at)
        break
      case '{':
        this.#open(true)
        break
      case '[':
        this.#open(false)
        break
      case '}':
      case ']':
        if (isMember) this.#endMember(text, at)
        this.#depth--
    }
    // Outside of the root there is only white space before it; whatever else stands there is the end.
    if (this.#depth <= 0) this.#isOver = !isSpace(text.charCodeAt(at))
    return at + 1
  }

  /** Leaps over numbers, words and white space, but for what stands before the root. */
  #nextToken(text: string, from: number): number {
    let at = from
    if (this.#depth > 0) while (at < text.length && !TOKENS[text.charCodeAt(at)]) at++
    return at
  }

  #open(isObject: boolean): void {
    if (this.#depth === 0) this.#memberDepth = isObject ? 1 : 2
    this.#depth++
    if (this.#depth !== this.#memberDepth) return
    this.#isObject = isObject
    this.#expectsKey = isObject
  }

  #closeString(text: string, end: number): void {
    this.#isInString = false
    if (!this.#expectsKey) return
    this.#expectsKey = false
    const key = parse(this.#takeKept(text, end))
    this.#name = typeof key === 'string' && this.#names.has(key) ? key : undefined
  }

  #endMember(text: string, end: number): void {
    this.#expectsKey = true
    if (this.#name === undefined) return
    const value = parse(this.#takeKept(text, end))
    if (value === undefined) this.#found.delete(this.#name)
    else this.#found.set(this.#name, value)
    this.#name = undefined
  }

  #startKeeping(from: number): void {
    this.#kept = ''
    this.#keptFrom = from
  }

  /** Adds what this chunk has up to `end`; what grows too large is dropped. */
  #keep(text: string, end: number): void {
    if (this.#kept === undefined) return
    const bytes = this.#kept.length + end - this.#keptFrom
    this.#kept = bytes > this.#maxMemberBytes ? undefined : this.#kept + text.slice(this.#keptFrom, end)
  }

  #takeKept(text: string, end: number): string | undefined {
    this.#keep(text, end)
    const kept = this.#kept
    this.#kept = undefined
    return kept
  }
}

/** By character code: what gives a text its structure. */
const TOKENS: readonly boolean[] = Array.from({ length: 256 }, (_, code) =>
  '"{}[],:'.includes(String.fromCharCode(code)),
)

/** How many backslashes stand directly before `end`. */
function countBackslashes(text: string, start: number, end: number): number {
  let at = end
  while (at > start && text[at - 1] === '\\') at--
  return end - at
}

/** @param json one character for each byte; undefined when there is nothing to parse, or it is not JSON */
function parse(json: string | undefined): unknown {
  if (json === undefined) return undefined
  try {
    return JSON.parse(toUtf8(fromLatin1(json)))
  } catch {
    return undefined
  }
}
