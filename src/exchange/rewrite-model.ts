import { fromLatin1 } from '../bytes.ts'
import type { Dialect, Edit } from '../dialects/index.ts'
import { replaceSpan, type Span, scanArray } from '../json/index.ts'
import { editData, orNothing, spansAt } from './frame-data.ts'
import type { FrameEdit } from './frame-edit.ts'

type Paths = Dialect['modelAt']

export const NAME = 'answer-model' satisfies Edit

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

/** An object, or an array of such (Gemini without `alt=sse`). */
export function renameInBody(body: Uint8Array, paths: Paths, model: string): Uint8Array {
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
