import type { DialectName } from '../dialects/index.ts'
import type { Request, Turn } from '../model/index.ts'
import { isBare, putBack, type Slot } from './put-back.ts'
import { SealRecording } from './seal-recording.ts'
import { createSeed, type DigestSeed } from './text-digest.ts'
import { keyOf, lastWords, marksOf, type TurnMarks } from './turn-key.ts'

/** Whose seals an answer holds: only for the same one are they put back. */
export interface Origin {
  readonly dialect: DialectName
  readonly issuer: string
}

/** How much a `SealMemory` remembers, and for how long. */
export interface SealMemoryOptions {
  /** Answers that are remembered at a time. */
  readonly maxAnswers: number
  /** What they may take together, in bytes. Default 16 MiB. */
  readonly maxBytes?: number | undefined
  /** How long an answer is remembered after it was last asked for, in milliseconds. Default one hour. */
  readonly maxAgeMs?: number | undefined
  /** Milliseconds, from any beginning. */
  readonly now?: (() => number) | undefined
}

interface Remembered {
  readonly origin: Origin
  readonly slots: readonly Slot[]
  readonly bytes: number
  readonly usedAt: number
}

const MAX_BYTES = 16 * 1024 * 1024
const MAX_AGE_MS = 60 * 60 * 1000
/** One answer may have this share of the memory. */
const SHARE = 1 / 16
/** JavaScript's texts take up to two bytes a character. */
const UNIT_BYTES = 2

/**
 * Remembers what is sealed in answers, for clients that do not send it back: limited in number, bytes and
 * age, the one that was not asked for longest goes first. One owner is never given what another one's
 * answer held. It has no timer: what is too old goes when the memory is next used.
 */
export class SealMemory {
  /** Makes its keys its own, so that nobody can make up texts that share one. Random. */
  readonly seed: DigestSeed = createSeed()
  /** Answers that are remembered at a time. */
  readonly maxAnswers: number
  /** What they may take together, in bytes. */
  readonly maxBytes: number
  /** How long one is remembered after it was last asked for, in milliseconds. */
  readonly maxAgeMs: number
  readonly #now: () => number
  /** By key, the one used last at the end. */
  readonly #answers = new Map<string, Remembered>()
  #usedBytes = 0

  constructor({ maxAnswers, maxBytes = MAX_BYTES, maxAgeMs = MAX_AGE_MS, now = Date.now }: SealMemoryOptions) {
    this.maxAnswers = maxAnswers
    this.maxBytes = maxBytes
    this.maxAgeMs = maxAgeMs
    this.#now = now
  }

  /** Answers that are remembered now, those that are too old but not yet forgotten among them. */
  get size(): number {
    return this.#answers.size
  }

  /** What they take, in bytes. */
  get usedBytes(): number {
    return this.#usedBytes
  }

  /** Characters of one answer beyond which it is not remembered. */
  get maxAnswerLength(): number {
    return (this.maxBytes * SHARE) / UNIT_BYTES
  }

  /** The memory as one owner has it; undefined: as those have it who are nobody in particular. */
  of(owner: string | undefined): OwnedSeals {
    return new OwnedSeals(this, owner)
  }

  /** Remembers what is sealed in an answer, in place of what was remembered under that key. */
  set(key: string, origin: Origin, slots: readonly Slot[]): void {
    this.#delete(key)
    const length = key.length + JSON.stringify(slots).length
    if (length > this.maxAnswerLength) return
    this.#put(key, { origin, slots, bytes: length * UNIT_BYTES, usedAt: this.#now() })
    this.#trim()
  }

  /** What was sealed in an answer of the same origin; undefined when that is not remembered. */
  get(key: string, { dialect, issuer }: Origin): readonly Slot[] | undefined {
    this.#trim()
    const found = this.#answers.get(key)
    if (found === undefined || found.origin.dialect !== dialect || found.origin.issuer !== issuer) return undefined
    this.#delete(key)
    this.#put(key, { ...found, usedAt: this.#now() })
    return found.slots
  }

  /** Forgets everything. */
  clear(): void {
    this.#answers.clear()
    this.#usedBytes = 0
  }

  #put(key: string, answer: Remembered): void {
    this.#answers.set(key, answer)
    this.#usedBytes += answer.bytes
  }

  #delete(key: string): void {
    this.#usedBytes -= this.#answers.get(key)?.bytes ?? 0
    this.#answers.delete(key)
  }

  #trim(): void {
    const since = this.#now() - this.maxAgeMs
    for (const [key, { usedAt }] of this.#answers) {
      const isOver = this.#answers.size > this.maxAnswers || this.#usedBytes > this.maxBytes
      if (!isOver && usedAt >= since) return
      this.#delete(key)
    }
  }
}

/** A memory of seals as one owner has it. */
export class OwnedSeals {
  /** Where they are. */
  readonly memory: SealMemory
  readonly #owner: string | undefined

  constructor(memory: SealMemory, owner: string | undefined) {
    this.memory = memory
    this.#owner = owner
  }

  /** What learns from the events of an answer; undefined when the answer could not be told from others. */
  record(request: Request, origin: Origin): SealRecording | undefined {
    const before = lastWords(request, this.memory.seed)
    return before === undefined ? undefined : new SealRecording(this, origin, before)
  }

  /** Keeps what is sealed in an answer; of one whose turn cannot be known again, nothing. */
  remember(marks: TurnMarks, origin: Origin, slots: readonly Slot[]): void {
    const key = keyOf(this.#owner, marks)
    if (key !== undefined) this.memory.set(key, origin, slots)
  }

  /** The request with what is remembered of the turns that have come back bare, as far as `origin` can read it. */
  restore(request: Request, origin: Origin): Request {
    if (this.memory.size === 0) return request
    const marks = marksOf(request, this.memory.seed)
    return { ...request, turns: request.turns.map((turn, place) => this.#restored(turn, marks.get(place), origin)) }
  }

  #restored(turn: Turn, marks: TurnMarks | undefined, origin: Origin): Turn {
    const key = marks === undefined || !isBare(turn.parts) ? undefined : keyOf(this.#owner, marks)
    const slots = key === undefined ? undefined : this.memory.get(key, origin)
    return slots === undefined ? turn : { ...turn, parts: putBack(turn.parts, slots) }
  }
}
