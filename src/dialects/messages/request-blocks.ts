import { fromBase64Url, toUtf8 } from '../../bytes.ts'
import { parseExact } from '../../json/index.ts'
import type {
  CacheMark,
  Losses,
  MediaPart,
  Part,
  ReasoningPart,
  TextPart,
  ToolCallPart,
  ToolResultPart,
} from '../../model/index.ts'
import { refusal, unsaid } from '../sayings.ts'
import { objectOf, textOf, type Wire } from '../value.ts'
import { encodeCallId } from './carrier.ts'
import { writeCitation } from './citation.ts'
import { SAYINGS } from './sayings.ts'
import { isErrorContent } from './tables.ts'

/** A block of a request, and the part that it comes from. */
export interface Piece {
  readonly block: Wire
  /** JSON pointer of its part in the neutral request. */
  readonly path: string
}

/** Writes parts as blocks of one request, and notes what is lost. */
export class BlockWriter {
  readonly #issuer: string
  readonly #losses: Losses
  readonly #marks: ReadonlySet<string>
  /** Whether a block names a stored file. */
  hasFile = false

  /** @param marks JSON pointers of what may keep its cache mark */
  constructor(issuer: string, marks: ReadonlySet<string>, losses: Losses) {
    this.#issuer = issuer
    this.#marks = marks
    this.#losses = losses
  }

  /** @param path JSON pointer of the array of parts */
  write(parts: readonly Part[], path: string, role: 'user' | 'assistant' | 'system'): Piece[] {
    return parts.flatMap((part, at) => {
      const block = this.#block(part, `${path}/${at}`, role)
      return block === undefined ? [] : [{ block, path: `${path}/${at}` }]
    })
  }

  /** The mark, unless there are too many. */
  cache(mark: CacheMark | undefined, path: string): Wire {
    if (mark === undefined) return {}
    if (!this.#marks.has(path)) {
      this.#losses.add(`${path}/cache`, 'no-slot')
      return {}
    }
    return { cache_control: mark.ttl === undefined ? { type: 'ephemeral' } : { type: 'ephemeral', ttl: mark.ttl } }
  }

  #block(part: Part, path: string, role: 'user' | 'assistant' | 'system'): Wire | undefined {
    switch (part.kind) {
      case 'text':
        return this.#text(part, path)
      case 'refusal':
        this.#losses.add(`${path}/kind`, 'no-slot')
        return this.#text({ ...part, kind: 'text' }, path)
      case 'reasoning':
        return role === 'assistant' ? this.#reasoning(part, path) : this.#lose(path)
      case 'media':
        return role === 'user' ? this.#media(part, path) : this.#lose(path)
      case 'tool-call':
        return role === 'assistant' ? this.#call(part, path) : this.#lose(path)
      case 'tool-result':
        return part.payload === undefined ? this.#result(part, path) : this.#providerResult(part, path)
      case 'native':
        return part.native.dialect === 'messages'
          ? { ...part.native.members, ...this.cache(part.cache, path) }
          : this.#lose(path)
      default:
        part satisfies never
        return undefined
    }
  }

  #text(part: TextPart, path: string): Wire | undefined {
    const { text, annotations = [], logprobs } = part
    if (logprobs !== undefined) this.#losses.add(`${path}/logprobs`, 'cosmetic')
    if (text === '') return this.#lose(path, 'cosmetic')
    const citations = annotations.flatMap((annotation, at) => {
      const { seal, native } = annotation
      const where = `${path}/annotations/${at}`
      const isOwn = native?.dialect === 'messages' && native.members.type !== undefined
      if (!isOwn && (seal?.dialect !== 'messages' || seal.issuer !== this.#issuer)) {
        this.#losses.add(where, seal === undefined ? 'no-slot' : 'foreign-seal')
        return []
      }
      return writeCitation(annotation, where, this.#losses) ?? []
    })
    return { type: 'text', text, ...(citations.length === 0 ? {} : { citations }), ...this.#attributes(part, path) }
  }

  /** Without a token of this issuer, reasoning is refused. */
  #reasoning(part: ReasoningPart, path: string): Wire | undefined {
    const seals = part.seals ?? []
    const own = seals.find(({ dialect, issuer }) => dialect === 'messages' && issuer === this.#issuer)
    for (const [at, seal] of seals.entries()) if (seal !== own) this.#losses.add(`${path}/seals/${at}`, 'foreign-seal')
    if (own === undefined) return this.#lose(path)
    const attributes = this.#attributes({ ...part, seals: [] }, path)
    if (own.kind === 'encrypted') {
      if (part.texts.length > 0) this.#losses.add(`${path}/texts`, 'no-slot')
      return { type: 'redacted_thinking', data: own.value, ...attributes }
    }
    return { type: 'thinking', thinking: part.texts.join(''), signature: own.value, ...attributes }
  }

  #media(part: MediaPart, path: string): Wire {
    const { mediaType, filename, detail } = part
    if (detail !== undefined) this.#losses.add(`${path}/detail`, 'no-slot')
    if (/^(audio|video)\//.test(mediaType)) unsaid(SAYINGS.request.audio, path, this.#losses)
    const isImage = mediaType.startsWith('image/')
    if (isImage && filename !== undefined) this.#losses.add(`${path}/filename`, 'cosmetic')
    const title = isImage || filename === undefined ? {} : { title: filename }
    if (isChanged(part)) this.#losses.add(`${path}/mediaType`, 'cosmetic')
    const source = isImage ? this.#imageSource(part, path) : this.#documentSource(part, path)
    return { type: isImage ? 'image' : 'document', source, ...title, ...this.#attributes(part, path) }
  }

  #imageSource({ mediaType, source }: MediaPart, path: string): Wire {
    if (source.type === 'base64') return { type: 'base64', media_type: mediaType, data: source.data }
    if (source.type === 'text') throw refusal(path, 'a picture cannot be text')
    return this.#reference(source)
  }

  #documentSource({ mediaType, source }: MediaPart, path: string): Wire {
    if (source.type === 'text') return { type: 'text', media_type: 'text/plain', data: source.text }
    if (source.type !== 'base64') return this.#reference(source)
    if (mediaType === 'application/pdf') return { type: 'base64', media_type: mediaType, data: source.data }
    if (!isReadable(mediaType)) throw refusal(path, `this API reads pictures, PDF and text, not ${mediaType}`)
    return { type: 'text', media_type: 'text/plain', data: textOfBase64(source.data, path) }
  }

  #reference(source: Extract<MediaPart['source'], { type: 'url' | 'file' }>): Wire {
    if (source.type === 'url') return { type: 'url', url: source.url }
    this.hasFile = true
    return { type: 'file', file_id: source.fileId }
  }

  #call(part: ToolCallPart, path: string): Wire | undefined {
    const { callId, name, runBy, native } = part
    const isOwn = native?.dialect === 'messages'
    if (runBy === 'provider' && !isOwn) return this.#lose(path)
    const type = runBy === 'client' ? 'tool_use' : 'server_tool_use'
    return { type, id: encodeCallId(callId), name, input: this.#input(part, path), ...this.#attributes(part, path) }
  }

  /** The API wants an object: of anything else, one that has it as `input`. */
  #input({ input, payload }: ToolCallPart, path: string): unknown {
    if (input === 'text') return { input: payload }
    if (payload.trim() === '') return {}
    const value = exactOf(payload)
    if (objectOf(value) !== undefined) return value
    this.#losses.add(`${path}/payload`, 'unit')
    return { input: value ?? payload }
  }

  #result(part: ToolResultPart, path: string): Wire {
    const content = this.write(part.content, `${path}/content`, 'user').map(({ block }) => block)
    return {
      type: 'tool_result',
      tool_use_id: encodeCallId(part.callId),
      ...(content.length === 0 ? {} : { content }),
      ...(part.failed ? { is_error: true } : {}),
      ...this.#attributes(part, path),
    }
  }

  #providerResult(part: ToolResultPart, path: string): Wire | undefined {
    const { native, payload = '', callId, failed } = part
    const type = native?.dialect === 'messages' ? textOf(native.members.type) : undefined
    if (type === undefined) return this.#lose(path)
    const content = exactOf(payload) ?? null
    const isSaid = !failed || isErrorContent(content)
    const attributes = { ...(isSaid ? {} : { is_error: true }), ...this.#attributes(part, path) }
    return { type, tool_use_id: encodeCallId(callId), content, ...attributes }
  }

  /** What every part may have. */
  #attributes({ cache, seals = [], item, native }: Part, path: string): Wire {
    for (const at of seals.keys()) this.#losses.add(`${path}/seals/${at}`, 'foreign-seal')
    if (item !== undefined) this.#losses.add(`${path}/item`, 'cosmetic')
    const isOwn = native?.dialect === 'messages'
    if (native !== undefined && !isOwn) this.#losses.addNative(`${path}/native/members`, native.members)
    return { ...(isOwn ? native.members : {}), ...this.cache(cache, path) }
  }

  #lose(path: string, reason: 'no-slot' | 'cosmetic' = 'no-slot'): undefined {
    this.#losses.add(path, reason)
  }
}

/** Whether the API has no word for the type: of files that are elsewhere it knows the sort, of texts that they are. */
function isChanged({ mediaType, source }: MediaPart): boolean {
  if (mediaType.startsWith('image/')) return source.type !== 'base64' && mediaType !== 'image/*'
  if (source.type === 'url') return mediaType !== 'application/pdf'
  if (source.type === 'file') return mediaType !== 'application/*'
  return mediaType !== 'text/plain' && mediaType !== 'application/pdf'
}

function exactOf(json: string): unknown {
  try {
    return parseExact(json)
  } catch {
    // What models call arguments is not always JSON.
    return undefined
  }
}

/** Files whose bytes are text. */
function isReadable(mediaType: string): boolean {
  return mediaType.startsWith('text/') || /^application\/(json|xml|yaml|javascript)\b|\+(json|xml)$/.test(mediaType)
}

function textOfBase64(data: string, path: string): string {
  try {
    return toUtf8(fromBase64Url(data.replaceAll('+', '-').replaceAll('/', '_').replace(/=+$/, '')))
  } catch (cause) {
    throw Object.assign(refusal(path, 'its data is not base64'), { cause })
  }
}
