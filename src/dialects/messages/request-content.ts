import type { CacheMark, MediaPart, MediaSource, Part } from '../../model/index.ts'
import { flagMember, requiredObject, requiredText, textMember, wrongMember } from '../member.ts'
import { defined, restOf, type Wire } from '../value.ts'
import { decodeCallId } from './carrier.ts'
import { decodeMessage } from './message.ts'

/** Members without which a block means nothing. */
const REQUIRED: Readonly<Record<string, Readonly<Record<string, 'string' | 'object'>>>> = {
  text: { text: 'string' },
  thinking: { thinking: 'string' },
  redacted_thinking: { data: 'string' },
  tool_use: { id: 'string', name: 'string' },
  server_tool_use: { id: 'string', name: 'string' },
  mcp_tool_use: { id: 'string', name: 'string' },
  tool_result: { tool_use_id: 'string' },
  image: { source: 'object' },
  document: { source: 'object' },
}

const MEDIA_MEMBERS: ReadonlySet<string> = new Set(['type', 'source', 'title', 'cache_control'])
const RESULT_MEMBERS: ReadonlySet<string> = new Set(['type', 'tool_use_id', 'content', 'is_error', 'cache_control'])

/** Reads the content of a message, of the system prompt or of a tool's result. */
export function decodeContent(content: unknown, member: string): Part[] {
  if (typeof content === 'string') return [{ kind: 'text', text: content }]
  if (!Array.isArray(content)) throw wrongMember(member, 'a string or an array of blocks', content)
  const blocks = content.map((block, at) => checkBlock(block, `${member}[${at}]`))
  const parts: Part[] = []
  // Blocks that stand in answers too are read together: what rides in one may belong to another.
  let run: Wire[] = []
  for (const [at, block] of blocks.entries()) {
    const own = decodeOwn(block, `${member}[${at}]`)
    if (own === undefined) run.push(block)
    else {
      parts.push(...decodeRun(run), own)
      run = []
    }
  }
  return [...parts, ...decodeRun(run)]
}

/** A `cache_control`, where it says nothing that we do not know. */
function decodeCache({ cache_control }: Wire): CacheMark | undefined {
  if (typeof cache_control !== 'object' || cache_control === null) return undefined
  const { type, ttl = undefined, ...rest } = cache_control as Wire
  if (type !== 'ephemeral' || Object.keys(rest).length > 0) return undefined
  if (ttl === undefined || ttl === null) return {}
  return ttl === '5m' || ttl === '1h' ? { ttl } : undefined
}

/** What every block may have: a cache mark, and members that only this dialect knows. */
export function decodeAttributes(block: Wire, known: ReadonlySet<string>): Pick<Part, 'cache' | 'native'> {
  const cache = decodeCache(block)
  const { cache_control } = block
  const isNative = cache === undefined && cache_control !== undefined && cache_control !== null
  const rest = restOf(block, known)
  const members = isNative ? { ...rest, cache_control } : rest
  return {
    ...(cache === undefined ? {} : { cache }),
    ...(members === undefined ? {} : { native: { dialect: 'messages', members } as const }),
  }
}

function checkBlock(value: unknown, member: string): Wire {
  const block = requiredObject(value, member)
  const type = requiredText(block.type, `${member}.type`)
  const required = Object.hasOwn(REQUIRED, type) ? REQUIRED[type] : {}
  for (const [name, wanted] of Object.entries(required ?? {})) {
    if (wanted === 'string') requiredText(block[name], `${member}.${name}`)
    else requiredObject(block[name], `${member}.${name}`)
  }
  return block
}

/** A block that only requests have. */
function decodeOwn(block: Wire, member: string): Part | undefined {
  switch (block.type) {
    case 'image':
      return decodeImage(block, requiredObject(block.source, `${member}.source`), member)
    case 'document':
      return decodeDocument(block, requiredObject(block.source, `${member}.source`), member)
    case 'tool_result':
      return {
        kind: 'tool-result',
        callId: decodeCallId(textMember(block.tool_use_id, 'tool_use_id') ?? ''),
        failed: flagMember(block.is_error, `${member}.is_error`) ?? false,
        content:
          block.content === undefined || block.content === null
            ? []
            : decodeContent(block.content, `${member}.content`),
        ...decodeAttributes(block, RESULT_MEMBERS),
      }
    default:
      return undefined
  }
}

function decodeRun(blocks: readonly Wire[]): Part[] {
  if (blocks.length === 0) return []
  const { candidates } = decodeMessage({ content: blocks }, { issuer: '' })
  return (candidates[0]?.parts ?? []).map(withCache)
}

/** Answers have no cache marks: theirs are read as native. */
function withCache(part: Part): Part {
  const { native } = part
  const cache = native?.dialect === 'messages' ? decodeCache(native.members) : undefined
  if (native === undefined || cache === undefined || part.kind === 'native') return part
  const members = restOf(native.members, new Set(['cache_control']))
  const { native: _, ...rest } = part
  return { ...rest, cache, ...(members === undefined ? {} : { native: { ...native, members } }) }
}

/** Only the sort is known of a picture or a file that is elsewhere. */
function decodeImage(block: Wire, source: Wire, member: string): Part {
  const media = decodeSource(source, `${member}.source.`, 'image/*')
  return media === undefined ? nativePart(block) : mediaPart(block, media)
}

function decodeDocument(block: Wire, source: Wire, member: string): Part {
  if (source.type === 'text') {
    const text = textMember(source.data, `${member}.source.data`) ?? ''
    const mediaType = textMember(source.media_type, `${member}.source.media_type`) ?? 'text/plain'
    return mediaPart(block, { mediaType, source: { type: 'text', text } })
  }
  const media = decodeSource(source, `${member}.source.`, source.type === 'url' ? 'application/pdf' : 'application/*')
  return media === undefined ? nativePart(block) : mediaPart(block, media)
}

type Media = Pick<MediaPart, 'mediaType' | 'source'>

/** Undefined for a source that only this dialect knows. */
function decodeSource(source: Wire, at: string, unknownType: string): Media | undefined {
  const read = (name: string): string => requiredText(source[name], at + name)
  const at64 = (): Media => ({ mediaType: read('media_type'), source: { type: 'base64', data: read('data') } })
  const where = (source: MediaSource): Media => ({ mediaType: unknownType, source })
  switch (source.type) {
    case 'base64':
      return at64()
    case 'url':
      return where({ type: 'url', url: read('url') })
    case 'file':
      return where({ type: 'file', fileId: read('file_id') })
    default:
      return undefined
  }
}

function mediaPart(block: Wire, media: Media): MediaPart {
  const filename = typeof block.title === 'string' ? block.title : undefined
  return {
    kind: 'media',
    ...media,
    ...defined<{ filename: string }>({ filename }),
    ...decodeAttributes(block, MEDIA_MEMBERS),
  }
}

function nativePart(block: Wire): Part {
  return { kind: 'native', native: { dialect: 'messages', members: block } }
}
