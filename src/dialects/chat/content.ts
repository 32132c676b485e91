import type { CacheMark, MediaPart, Part } from '../../model/index.ts'
import { readDataUrl } from '../data-url.ts'
import { requiredObject, requiredText, textMember, wrongMember } from '../member.ts'
import { defined, objectOf, restOf, textOf, type Unread, type Wire } from '../value.ts'
import { nativeOf } from './tables.ts'
import type { ChatPart } from './wire.ts'

/** Parts of a message of a request, read. */

/** A text, or a list of parts. Null and an empty text are no parts. */
export function readContent(content: unknown, member: string): Part[] {
  if (content === undefined || content === null || content === '') return []
  if (typeof content === 'string') return [{ kind: 'text', text: content }]
  if (!Array.isArray(content)) throw wrongMember(member, 'a string or an array of parts', content)
  return content.map((item, position) => readPart(item, `${member}[${position}]`))
}

function readPart(item: unknown, member: string): Part {
  if (typeof item === 'string') return { kind: 'text', text: item }
  const part = requiredObject<ChatPart>(item, member)
  const type = requiredText(part.type, `${member}.type`)
  const read = Object.hasOwn(READERS, type) ? READERS[type] : undefined
  if (read === undefined) return { kind: 'native', native: nativeOf({ ...part }) }
  const rest = restOf(part as Wire, new Set(['type', type, 'cache_control']))
  return defined<Part>({
    ...read(part, `${member}.${type}`),
    cache: readCacheMark(part.cache_control),
    native: rest && nativeOf(rest),
  } as Part)
}

const READERS: Readonly<Record<string, (part: Unread<ChatPart>, member: string) => Part>> = {
  text: ({ text }, member) => ({ kind: 'text', text: requiredText(text, member) }),
  refusal: ({ refusal }, member) => ({ kind: 'refusal', text: requiredText(refusal, member) }),
  image_url: (part, member) => readUrl('image/*', part.image_url, member),
  video_url: (part, member) => readUrl('video/*', (part as Wire).video_url, member),
  input_audio: readAudio,
  file: readFile,
}

/** A URL, plain or in an object with how closely it is to be looked at. */
function readUrl(sort: string, value: unknown, member: string): MediaPart {
  const object =
    typeof value === 'string' ? { url: value } : requiredObject<{ url: string; detail: string }>(value, member)
  const url = requiredText(object.url, `${member}.url`)
  const detail = textMember((object as Wire).detail, `${member}.detail`)
  const data = readDataUrl(url)
  return defined<MediaPart>({
    kind: 'media',
    mediaType: data?.mediaType ?? sort,
    source: data === undefined ? { type: 'url', url } : { type: 'base64', data: data.data },
    detail,
  })
}

/** Formats whose media type has another name. */
const AUDIO_TYPES: Readonly<Record<string, string>> = { mp3: 'audio/mpeg' }
const AUDIO_FORMATS: Readonly<Record<string, string>> = { mpeg: 'mp3', 'x-wav': 'wav', wave: 'wav' }

function readAudio({ input_audio }: Unread<ChatPart>, member: string): MediaPart {
  const audio = requiredObject<ChatPart['input_audio']>(input_audio, member)
  const format = requiredText(audio.format, `${member}.format`)
  const data = requiredText(audio.data, `${member}.data`)
  return { kind: 'media', mediaType: AUDIO_TYPES[format] ?? `audio/${format}`, source: { type: 'base64', data } }
}

/** The word for an audio format: `wav`, `mp3`. */
export function audioFormat(mediaType: string): string {
  const subtype = mediaType.slice(mediaType.indexOf('/') + 1)
  return AUDIO_FORMATS[subtype] ?? subtype
}

function readFile({ file: value }: Unread<ChatPart>, member: string): MediaPart {
  const file = requiredObject<ChatPart['file']>(value, member)
  const filename = textMember(file.filename, `${member}.filename`)
  const fileId = textMember(file.file_id, `${member}.file_id`)
  if (fileId !== undefined)
    return defined<MediaPart>({ kind: 'media', mediaType: 'application/*', source: { type: 'file', fileId }, filename })
  const said = requiredText(file.file_data, `${member}.file_data`)
  const data = readDataUrl(said)
  const isUrl = data === undefined && /^https?:/.test(said)
  return defined<MediaPart>({
    kind: 'media',
    mediaType: data?.mediaType ?? 'application/pdf',
    source: isUrl ? { type: 'url', url: said } : { type: 'base64', data: data?.data ?? said },
    filename,
  })
}

/** How OpenRouter and LiteLLM say a cache mark; undefined for none. */
export function readCacheMark(value: unknown): CacheMark | undefined {
  const mark = objectOf<ChatPart['cache_control']>(value)
  if (mark === undefined) return undefined
  const ttl = textOf(mark.ttl)
  return ttl === '5m' || ttl === '1h' ? { ttl } : {}
}
