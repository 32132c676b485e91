import type { Attributes } from '@opentelemetry/api'
import type { Candidate, Part, Turn } from '../model/index.ts'
import type { Redact } from './attributes.ts'
import type { ToldContent } from './told.ts'

/** Characters of JSON in one attribute; what is older, or longer, is left out. */
const MAX_ATTRIBUTE = 128 * 1024
/** Characters of one text. */
const MAX_TEXT = 16 * 1024

/** A part of a message, as the JSON schemas of the conventions have it. */
type Json = Readonly<Record<string, unknown>>

/** Prompt and answer as attributes of the call that they belong to, without secrets. */
export function contentAttributes({ request, answer }: ToldContent, redact: Redact): Attributes {
  const instructions = request?.instructions.flatMap(part => (part.kind === 'text' ? [text(part.text, redact)] : []))
  const input = request?.turns.map(turn => inputMessage(turn, redact))
  const output = answer?.candidates.map(candidate => outputMessage(candidate, redact))
  return {
    ...list('gen_ai.system_instructions', instructions),
    ...list('gen_ai.input.messages', input),
    ...list('gen_ai.output.messages', output),
  }
}

/** The newest that have room. */
function list(name: string, items: readonly Json[] | undefined): Attributes {
  if (items === undefined || items.length === 0) return {}
  const kept: string[] = []
  let length = 0
  for (const item of items.toReversed()) {
    const json = JSON.stringify(item)
    length += json.length + 1
    if (length > MAX_ATTRIBUTE) break
    kept.unshift(json)
  }
  return { [name]: `[${kept.join()}]` }
}

/** Results of tools have a role of their own where nothing else stands beside them. */
function inputMessage({ role, parts, name }: Turn, redact: Redact): Json {
  const isTool = parts.length > 0 && parts.every(({ kind }) => kind === 'tool-result')
  return {
    role: isTool ? 'tool' : role,
    parts: parts.flatMap(part => partOf(part, redact)),
    ...(name === undefined ? {} : { name }),
  }
}

/** Why it ended stands in `gen_ai.response.finish_reasons`. */
function outputMessage({ parts }: Candidate, redact: Redact): Json {
  return { role: 'assistant', parts: parts.flatMap(part => partOf(part, redact)) }
}

/** Opaque tokens and bytes stay out. */
function partOf(part: Part, redact: Redact): readonly Json[] {
  switch (part.kind) {
    case 'text':
    case 'refusal':
      return [text(part.text, redact)]
    case 'reasoning':
      return part.texts.length === 0 ? [] : [{ type: 'reasoning', content: cut(part.texts.join('\n\n'), redact) }]
    case 'tool-call':
      return [{ type: 'tool_call', id: part.callId, name: part.name, arguments: value(cut(part.payload, redact)) }]
    case 'tool-result': {
      const response = part.payload ?? part.content.map(inner => (inner.kind === 'text' ? inner.text : '')).join('')
      return [{ type: 'tool_call_response', id: part.callId, response: value(cut(response, redact)) }]
    }
    case 'media': {
      const { mediaType, source } = part
      const modality = mediaType.split('/', 1)[0] as string
      const facts = { mime_type: mediaType, modality: modality === 'application' ? 'document' : modality }
      if (source.type === 'url') return [{ type: 'uri', ...facts, uri: cut(source.url, redact) }]
      if (source.type === 'file') return [{ type: 'file', ...facts, file_id: source.fileId }]
      return [{ type: 'millrace.left_out', ...facts }]
    }
    case 'native':
      return [{ type: 'millrace.left_out' }]
    default:
      return part satisfies never
  }
}

function text(content: string, redact: Redact): Json {
  return { type: 'text', content: cut(content, redact) }
}

/** JSON as what it says; what is none, or was cut, as a text. */
function value(content: string): unknown {
  try {
    return JSON.parse(content)
  } catch {
    return content
  }
}

/** Secrets first: a half of one would not be known. */
function cut(content: string, redact: Redact): string {
  const clean = redact(content)
  return clean.length > MAX_TEXT ? `${clean.slice(0, MAX_TEXT).toWellFormed()}…` : clean
}
