import type { Losses, MediaPart, MediaSource, Part } from '../../model/index.ts'
import { membersFor } from '../../model/index.ts'
import { readDataUrl, toDataUrl } from '../data-url.ts'
import { listMember, requiredObject, textMember } from '../member.ts'
import { defined, objectOf, restOf, textOf, type Unread, type Wire } from '../value.ts'
import { pocket } from './answer-desk.ts'
import type { ResponsesPart } from './wire.ts'

/** What a client or a tool says: one text, or a list of parts. */
export function decodeContent(content: unknown, member: string): readonly Part[] {
  if (typeof content === 'string') return [{ kind: 'text', text: content }]
  return (listMember(content, member) ?? []).map((part, n) => decodeInputPart(part, `${member}[${n}]`))
}

function decodeInputPart(value: unknown, member: string): Part {
  const wire = requiredObject<ResponsesPart>(value, member)
  const cache = objectOf(wire as Wire)?.prompt_cache_breakpoint === undefined ? undefined : {}
  const attributes = (known: ReadonlySet<string>) => ({ cache, native: pocket(restOf(wire as Wire, known)) })
  switch (wire.type) {
    case 'input_text':
    case 'output_text':
    case 'text': {
      const text = textMember(wire.text, `${member}.text`) ?? ''
      return defined<Part>({ kind: 'text', text, ...attributes(TEXT_MEMBERS) } as Part)
    }
    case 'refusal':
      return { kind: 'refusal', text: textMember(wire.refusal, `${member}.refusal`) ?? '' }
    case 'input_image':
      return withMedia(wire, member, attributes(IMAGE_MEMBERS), decodeImage(wire))
    case 'input_file':
      return withMedia(wire, member, attributes(FILE_MEMBERS), decodeFile(wire))
    case 'input_audio':
      return withMedia(wire, member, attributes(AUDIO_MEMBERS), decodeAudio(wire))
    default:
      return { kind: 'native', native: { dialect: 'responses', members: { part: { ...wire } } } }
  }
}

const TEXT_MEMBERS: ReadonlySet<string> = new Set(['type', 'text', 'annotations', 'logprobs'])
const IMAGE_MEMBERS: ReadonlySet<string> = new Set(['type', 'image_url', 'file_id', 'detail'])
const FILE_MEMBERS: ReadonlySet<string> = new Set(['type', 'file_data', 'file_url', 'file_id', 'filename'])
const AUDIO_MEMBERS: ReadonlySet<string> = new Set(['type', 'input_audio'])

type Medium = Pick<MediaPart, 'mediaType' | 'source' | 'filename' | 'detail'>

/** A medium that names no source is for its own dialect to judge. */
function withMedia(wire: Unread<ResponsesPart>, _member: string, attributes: object, medium: Medium | undefined): Part {
  if (medium === undefined) return { kind: 'native', native: { dialect: 'responses', members: { part: { ...wire } } } }
  return defined<MediaPart>({ kind: 'media', ...medium, ...attributes })
}

function decodeImage(wire: Unread<ResponsesPart>): Medium | undefined {
  const url = textOf(wire.image_url)
  const source = sourceOf(url, textOf(wire.file_id))
  return source && { ...source, mediaType: source.mediaType ?? 'image/*', detail: textOf(wire.detail) }
}

function decodeFile(wire: Unread<ResponsesPart>): Medium | undefined {
  const filename = textOf(wire.filename)
  const data = textOf(wire.file_data)
  const url = textOf(wire.file_url)
  const source = sourceOf(data ?? url, textOf(wire.file_id))
  if (source === undefined) return undefined
  const isBare = data !== undefined && source.mediaType === undefined
  const mediaType = source.mediaType ?? ((filename ?? url ?? '').endsWith('.pdf') ? 'application/pdf' : 'application/*')
  return { mediaType, source: isBare ? { type: 'base64', data } : source.source, filename, detail: undefined }
}

function decodeAudio(wire: Unread<ResponsesPart>): Medium | undefined {
  const audio = objectOf<ResponsesPart['input_audio']>(wire.input_audio)
  const data = textOf(audio?.data)
  if (data === undefined) return undefined
  return {
    mediaType: `audio/${textOf(audio?.format) ?? '*'}`,
    source: { type: 'base64', data },
    filename: undefined,
    detail: undefined,
  }
}

interface Found {
  readonly mediaType: string | undefined
  readonly source: MediaSource
  readonly filename: undefined
}

function sourceOf(url: string | undefined, fileId: string | undefined): Found | undefined {
  if (url === undefined)
    return fileId === undefined
      ? undefined
      : { mediaType: undefined, source: { type: 'file', fileId }, filename: undefined }
  const inline = readDataUrl(url)
  if (inline === undefined) return { mediaType: undefined, source: { type: 'url', url }, filename: undefined }
  return { mediaType: inline.mediaType, source: { type: 'base64', data: inline.data }, filename: undefined }
}

/** Parts of a client's message, or of a tool's output. What has no place is a loss at its path. */
export function encodeContent(parts: readonly Part[], path: string, losses: Losses): readonly Wire[] {
  return parts.flatMap((part, n): readonly Wire[] => {
    const wire = encodeInputPart(part, `${path}/${n}`, losses)
    return wire === undefined ? [] : [wire]
  })
}

export function encodeInputPart(part: Part, path: string, losses: Losses): Wire | undefined {
  const own = membersFor('responses', part.native)
  if (part.kind === 'native') {
    const known = objectOf(own?.part)
    if (known === undefined) losses.add(path, 'no-slot')
    return known
  }
  if (part.native !== undefined && own === undefined) losses.addNative(`${path}/native/members`, part.native.members)
  if (part.cache !== undefined && own?.prompt_cache_breakpoint === undefined) losses.add(`${path}/cache`, 'no-slot')
  const { part: _, item: __, ...rest } = own ?? {}
  switch (part.kind) {
    case 'text':
      return { type: 'input_text', text: part.text, ...rest }
    case 'refusal':
      losses.add(`${path}/kind`, 'no-slot')
      return { type: 'input_text', text: part.text, ...rest }
    case 'media':
      if (part.source.type === 'file' && !isGuessed(part)) losses.add(`${path}/mediaType`, 'cosmetic')
      return { ...encodeMedia(part), ...rest }
    default:
      losses.add(path, 'no-slot')
      return undefined
  }
}

function encodeMedia(part: MediaPart): Wire {
  const { mediaType, source, filename, detail } = part
  if (mediaType.startsWith('image/')) return defined<Wire>({ type: 'input_image', ...imageSource(part), detail })
  if (mediaType.startsWith('audio/') && source.type === 'base64')
    return { type: 'input_audio', input_audio: { data: source.data, format: mediaType.slice('audio/'.length) } }
  return defined<Wire>({ type: 'input_file', ...fileSource(part), filename })
}

/** Whether the type of a file that is elsewhere is what a reader takes it for. */
function isGuessed({ mediaType, filename = '' }: MediaPart): boolean {
  if (mediaType.startsWith('image/')) return mediaType === 'image/*'
  return mediaType === (filename.endsWith('.pdf') ? 'application/pdf' : 'application/*')
}

function imageSource({ mediaType, source }: MediaPart): Wire {
  if (source.type === 'file') return { file_id: source.fileId }
  if (source.type === 'url') return { image_url: source.url }
  return { image_url: source.type === 'base64' ? toDataUrl(mediaType, source.data) : textUrl(mediaType, source.text) }
}

function fileSource({ mediaType, source }: MediaPart): Wire {
  if (source.type === 'file') return { file_id: source.fileId }
  if (source.type === 'url') return { file_url: source.url }
  const isUnknown = mediaType === 'application/*'
  if (source.type === 'base64') return { file_data: isUnknown ? source.data : toDataUrl(mediaType, source.data) }
  return { file_data: textUrl(mediaType, source.text) }
}

function textUrl(mediaType: string, text: string): string {
  return `data:${mediaType},${encodeURIComponent(text)}`
}
