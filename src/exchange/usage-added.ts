import { fromLatin1, toLatin1 } from '../bytes.ts'
import type { Dialect, Edit } from '../dialects/index.ts'
import type { Failure } from '../errors.ts'
import type { RawHeaders } from '../http/index.ts'
import { insertMember, replaceSpan, type Span, scanObject } from '../json/index.ts'
import type { Shape } from '../model/index.ts'
import { editData, framesIn, orNothing, spansAt } from './frame-data.ts'
import type { Emit, Seen, Stage } from './stage.ts'

/** The member that is added to a usage. */
const MEMBER = 'millrace'

const NAME = 'usage-added' satisfies Edit

const OPEN_BRACE = 0x7b

export interface UsageAddedOptions {
  /** The client's. */
  readonly dialect: Dialect
  readonly shape: Shape
  /** What the member says by now, as JSON. */
  readonly usageJson: () => string
  /** What is changed is noted here. */
  readonly made: Set<Edit>
}

/**
 * Adds a member to the usage that an answer ends with, for a client that asked for it: in the last frame, or
 * the body, that says it. Every other byte stays as the stage inside wrote it. Bodies come in one piece.
 */
export class UsageAddedStage implements Stage {
  /** Bytes of a whole body, once it is there. */
  length: number | undefined
  readonly #inner: Stage
  readonly #options: UsageAddedOptions
  readonly #isStream: boolean

  constructor(inner: Stage, options: UsageAddedOptions) {
    this.#inner = inner
    this.#options = options
    this.#isStream = options.shape === 'stream' || options.shape === 'expand'
  }

  get seen(): Seen {
    return this.#inner.seen
  }

  get changesBody(): boolean {
    return true
  }

  get mediaType(): string | undefined {
    return this.#inner.mediaType
  }

  get cutsFailures(): boolean {
    return this.#inner.cutsFailures ?? false
  }

  get headers(): RawHeaders | undefined {
    return this.#inner.headers
  }

  push(chunk: Uint8Array, out: Emit<Uint8Array>): void {
    this.#inner.push(chunk, bytes => this.#emit(bytes, out))
  }

  end(out: Emit<Uint8Array>): void {
    this.#inner.end(bytes => this.#emit(bytes, out))
  }

  fail(failed: Failure, out: Emit<Uint8Array>): void {
    this.#inner.fail(failed, out)
  }

  catchUp(): void {
    this.#inner.catchUp?.()
  }

  keptText(): string | undefined {
    return this.#inner.keptText?.()
  }

  release(): void {
    this.#inner.release?.()
  }

  #emit(bytes: Uint8Array, out: Emit<Uint8Array>): void {
    const { reading, midFrame } = this.seen
    const isEnd = reading.isFinished && reading.failure === undefined && !midFrame
    const edited = !isEnd ? bytes : this.#isStream ? this.#editFrames(bytes) : this.#withMember(bytes)
    if (edited !== bytes) this.#options.made.add(NAME)
    if (!this.#isStream) this.length = edited.length
    out(edited)
  }

  #editFrames(bytes: Uint8Array): Uint8Array {
    const { usageAt } = this.#options.dialect
    const text = toLatin1(bytes)
    if (!usageAt.some(path => text.includes(`"${path.at(-1)}"`))) return bytes
    const frames = [...framesIn(text)]
    for (let at = frames.length - 1; at >= 0; at--) {
      const frame = frames[at] as string
      const edited = editData(frame, data => this.#withMember(fromLatin1(data)))
      if (edited === frame) continue
      frames[at] = edited
      return fromLatin1(frames.join(''))
    }
    return bytes
  }

  /** The bytes themselves where they say no usage, and for what is not JSON. */
  #withMember(bytes: Uint8Array): Uint8Array {
    for (const path of this.#options.dialect.usageAt) {
      const span = spansAt(bytes, path).findLast(({ start }) => bytes[start] === OPEN_BRACE)
      if (span !== undefined) return this.#addTo(bytes, span)
    }
    return bytes
  }

  /** In place of what another gateway has said of its own. */
  #addTo(bytes: Uint8Array, usage: Span): Uint8Array {
    const json = this.#options.usageJson()
    const said = orNothing(() => scanObject(bytes, usage))?.findLast(({ key }) => key === MEMBER)
    return said === undefined ? insertMember(bytes, MEMBER, json, usage) : replaceSpan(bytes, said, json)
  }
}
