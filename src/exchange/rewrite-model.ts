import { fromLatin1, GrowingBytes } from '../bytes.ts'
import { type Dialect, type Edit, emptyReading, type Reading } from '../dialects/index.ts'
import { failure } from '../errors.ts'
import { replaceSpan, type Span, scanArray } from '../json/index.ts'
import { editData, orNothing, spansAt } from './frame-data.ts'
import type { FrameEdit } from './frame-edit.ts'
import type { Emit, Seen, Stage } from './stage.ts'
import { WholeReader } from './whole-reader.ts'

type Paths = Dialect['modelAt']

const NAME = 'answer-model' satisfies Edit

/** Puts the client's name of the model where a frame names the model, and touches no other byte. */
export function rewriteModel({ modelAt }: Dialect, model: string): FrameEdit {
  const keys = modelAt.map(path => `"${path.at(-1)}"`)
  return {
    name: NAME,
    apply(text, start, end) {
      const frame = text.slice(start, end)
      if (!keys.some(key => frame.includes(key))) return undefined
      const edited = editData(frame, data => renameAt(fromLatin1(data), modelAt, model))
      return edited === frame ? undefined : edited
    },
  }
}

/** A whole body that names the model as the client does; held until it has ended. */
export class RewriteWholeStage implements Stage {
  readonly seen: Seen & { reading: Reading }
  readonly changesBody = true
  readonly #dialect: Dialect
  readonly #model: string
  readonly #maxBytes: number
  readonly #made: Set<Edit>
  readonly #reader: WholeReader
  readonly #kept = new GrowingBytes()

  constructor(dialect: Dialect, model: string, maxBytes: number, made: Set<Edit>) {
    this.#dialect = dialect
    this.#model = model
    this.#maxBytes = maxBytes
    this.#made = made
    this.#reader = new WholeReader(dialect)
    this.seen = { reading: emptyReading(), isReady: false, midFrame: false }
  }

  push(chunk: Uint8Array): void {
    if (this.#kept.length + chunk.length > this.#maxBytes) {
      this.#kept.clear()
      const message = `Cannot hold the answer: over the limit \`messageBytes\` of ${this.#maxBytes} bytes`
      this.seen.reading.failure = failure('upstream', message)
    } else {
      this.#kept.push(chunk)
      this.#reader.push(chunk)
    }
  }

  /** What is not whole is not read, and goes out as the half that it is. */
  end(out: Emit<Uint8Array>): void {
    const reading = this.#reader.read()
    if (reading !== undefined) this.seen.reading = { ...reading, isTerminal: true }
    const { bytes } = this.#kept
    const renamed = renameInBody(bytes, this.#dialect.modelAt, this.#model)
    if (renamed !== bytes) this.#made.add(NAME)
    out(renamed)
  }

  /** Nothing can be added to a body that was cut: the cut itself must be seen. */
  fail(): void {}
}

/** An object, or an array of such (Gemini without `alt=sse`). */
function renameInBody(body: Uint8Array, paths: Paths, model: string): Uint8Array {
  const objects = orNothing(() => scanArray(body)) ?? [{ start: 0, end: body.length }]
  return objects.reduceRight((edited, object) => renameAt(edited, paths, model, object), body)
}

/** The bytes themselves where no model is named, and for what is not JSON. */
function renameAt(bytes: Uint8Array, paths: Paths, model: string, object?: Span): Uint8Array {
  const spans = paths.flatMap(path => spansAt(bytes, path, object))
  const json = JSON.stringify(model)
  const texts = spans.filter(({ start }) => bytes[start] === QUOTE).sort((a, b) => a.start - b.start)
  return texts.reduceRight((edited, span) => replaceSpan(edited, span, json), bytes)
}

const QUOTE = 0x22
