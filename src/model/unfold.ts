import type { StreamEvent } from './event.ts'
import type { Message } from './message.ts'
import type { Part } from './part.ts'
import { EventWriter, type NewBlock } from './writer.ts'

/**
 * The stream that says the same as a whole answer: each part in one piece, natives at the starts, usage
 * before the end. Folding it gives the answer back, as far as an answer can be streamed: a medium that is
 * not there as bytes, and a client's result of a tool, belong in requests and lose their content.
 */
export function unfoldMessage(message: Message, emit: (event: StreamEvent) => void): void {
  const { id, model, createdAt, serviceTier, native, candidates, usage, failure } = message
  const writer = new EventWriter(emit)
  writer.start({ id, model, createdAt, serviceTier, native })
  for (const { index: choice, parts, annotations = [], finish } of candidates) {
    writer.touch(choice)
    for (const part of parts) writePart(writer, choice, part)
    for (const annotation of annotations) writer.annotate(choice, annotation)
    if (finish !== undefined) writer.finish(choice, finish)
  }
  if (usage !== undefined) writer.usage(usage)
  if (failure === undefined) writer.end()
  else writer.fail(failure)
}

/** Writes one part as a block of its own, in one piece. */
export function writePart(writer: EventWriter, choice: number, part: Part): void {
  const index = writer.open(blockOf(part, choice))
  switch (part.kind) {
    case 'text':
      writer.text(index, part.text, part.logprobs)
      for (const annotation of part.annotations ?? []) writer.annotate(choice, annotation, index)
      break
    case 'refusal':
      writer.text(index, part.text, part.logprobs)
      break
    case 'reasoning':
      for (const [position, text] of part.texts.entries()) {
        if (position > 0) writer.breakPart(index)
        writer.text(index, text)
      }
      break
    case 'tool-call':
      writer.payload(index, part.payload)
      break
    case 'tool-result':
      writer.payload(index, part.payload ?? '')
      break
    case 'media':
      if (part.source.type === 'base64') writer.data(index, part.source.data)
      break
    case 'native':
      break
    default:
      part satisfies never
  }
  for (const seal of part.seals ?? []) writer.seal(index, seal)
  writer.close(index)
}

function blockOf(part: Part, choice: number): NewBlock {
  const { item, native } = part
  const all = { choice, item, native }
  switch (part.kind) {
    case 'text':
    case 'refusal':
      return { kind: part.kind, ...all }
    case 'reasoning':
      return { kind: part.kind, form: part.form, ...all }
    case 'tool-call': {
      const { kind, callId, name, runBy, input } = part
      return { kind, callId, name, runBy, input, ...all }
    }
    case 'tool-result':
      return { kind: part.kind, callId: part.callId, failed: part.failed, ...all }
    case 'media':
      return { kind: part.kind, mediaType: part.mediaType, ...all }
    case 'native':
      return { kind: part.kind, ...all, native: part.native }
  }
}
