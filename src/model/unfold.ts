import type { BlockStart, StreamEvent } from './event.ts'
import type { Message } from './message.ts'
import type { Part } from './part.ts'
import { EventWriter, type NewBlock } from './writer.ts'

/** The stream that says the same as a whole answer: each part in one piece, natives at the starts. */
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

/** Writes one part in one piece, as a block that opens and closes. */
export function writePart(writer: EventWriter, choice: number, part: Part): void {
  const index = writer.open({ ...startOf(part), choice, item: part.item, native: part.native } as NewBlock)
  switch (part.kind) {
    case 'text':
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
  }
  if (part.kind === 'text') for (const annotation of part.annotations ?? []) writer.annotate(choice, annotation, index)
  for (const seal of part.seals ?? []) writer.seal(index, seal)
  writer.close(index)
}

type Kind<B = BlockStart> = B extends BlockStart ? Omit<B, 'type' | 'index' | 'choice' | 'item' | 'native'> : never

function startOf(part: Part): Kind {
  switch (part.kind) {
    case 'reasoning':
      return { kind: part.kind, form: part.form }
    case 'tool-call': {
      const { kind, callId, name, runBy, input } = part
      return { kind, callId, name, runBy, input }
    }
    case 'tool-result':
      return { kind: part.kind, callId: part.callId, failed: part.failed }
    case 'media':
      return { kind: part.kind, mediaType: part.mediaType }
    default:
      return { kind: part.kind }
  }
}
