import { parseExact } from '../../json/index.ts'
import type { MediaPart, Native, Part, Seal, ToolCallPart, ToolResultPart } from '../../model/index.ts'
import { defined, itemsOf, objectOf, restOf, textOf, type Unread, type Wire } from '../value.ts'
import type { CallIds } from './call-ids.ts'
import { readSignature } from './carrier.ts'
import type { GeminiCall, GeminiPart, GeminiResponse } from './wire.ts'

/** The part members that hold what the part is. */
export type DataMember = Exclude<keyof GeminiPart, 'text' | 'thought' | 'thoughtSignature'>

/** What a part is, and the members of its data that have no neutral home. */
interface Content {
  readonly part: Part
  readonly rest: Wire | undefined
}

type ReadContent = (data: Wire, ids: CallIds) => Content

const READERS: Readonly<Record<DataMember, ReadContent>> = {
  functionCall: readCall,
  functionResponse: readResponse,
  inlineData(data) {
    const source = { type: 'base64', data: textOf(data.data) ?? '' } as const
    return { part: { kind: 'media', mediaType: textOf(data.mimeType) ?? '', source }, rest: restOf(data, BLOB) }
  },
  fileData(data) {
    const mediaType = textOf(data.mimeType) ?? '*/*'
    return { part: { kind: 'media', mediaType, source: linkOf(textOf(data.fileUri) ?? '') }, rest: restOf(data, FILE) }
  },
  executableCode(data, ids) {
    const callId = ids.call(textOf(data.id), CODE)
    return { part: providerCall(callId, CODE, pick(data, CODE_MEMBERS)), rest: restOf(data, CODE_MEMBERS) }
  },
  codeExecutionResult(data, ids) {
    const callId = ids.answer(textOf(data.id), CODE)
    const part = providerResult(callId, data.outcome !== CODE_OK, pick(data, RESULT_MEMBERS))
    return { part, rest: restOf(data, RESULT_MEMBERS) }
  },
  toolCall(data, ids) {
    const name = textOf(data.toolType) ?? ''
    return { part: providerCall(ids.call(textOf(data.id), name), name, data.args ?? {}), rest: restOf(data, ARGS) }
  },
  toolResponse(data, ids) {
    const callId = ids.answer(textOf(data.id), textOf(data.toolType) ?? '')
    return { part: providerResult(callId, false, data.response ?? {}), rest: restOf(data, RESPONSE) }
  },
}

export const DATA_MEMBERS: readonly DataMember[] = Object.keys(READERS) as DataMember[]

const CODE = 'code_execution'
const CODE_OK = 'OUTCOME_OK'

const BLOB: ReadonlySet<string> = new Set(['mimeType', 'data'])
const FILE: ReadonlySet<string> = new Set(['mimeType', 'fileUri'])
const CODE_MEMBERS: ReadonlySet<string> = new Set(['language', 'code'])
const RESULT_MEMBERS: ReadonlySet<string> = new Set(['outcome', 'output'])
const ARGS: ReadonlySet<string> = new Set(['args'])
const RESPONSE: ReadonlySet<string> = new Set(['response'])
const CALL: ReadonlySet<string> = new Set(['id', 'name', 'args', 'partialArgs', 'willContinue'])
const RESULT: ReadonlySet<string> = new Set(['id', 'name', 'response', 'parts'])
const SIGNATURE: ReadonlySet<string> = new Set(['thoughtSignature'])

/** Parts whose data keeps its name in the native pocket, so that they can be written again. */
const PROVIDER_MEMBERS: ReadonlySet<DataMember> = new Set<DataMember>([
  'executableCode',
  'codeExecutionResult',
  'toolCall',
  'toolResponse',
])

/** Reads a part that is neither text nor reasoning; one of an unknown kind is native. */
export function decodePart(wire: Unread<GeminiPart>, ids: CallIds): Part {
  const member = DATA_MEMBERS.find(name => objectOf(wire[name]) !== undefined)
  if (member === undefined) return nativePart(wire)
  const { part, rest } = READERS[member](objectOf(wire[member]) ?? {}, ids)
  const members: Record<string, unknown> = { ...restOf(wire, new Set([member, ...SIGNATURE])) }
  if (rest !== undefined || PROVIDER_MEMBERS.has(member)) members[member] = { ...rest }
  return Object.keys(members).length === 0 ? part : { ...part, native: nativeOf(members) }
}

/** A part as only this dialect understands it. */
export function nativePart(wire: Wire): Part {
  return { kind: 'native', native: nativeOf(restOf(wire, SIGNATURE) ?? {}) }
}

export function nativeOf(members: Wire): Native {
  return { dialect: 'gemini', members }
}

/** The seals in a part's signature; none where parts are wrapped in it. */
export function sealsOf(wire: Unread<GeminiPart>, issuer: string): readonly Seal[] {
  const text = textOf(wire.thoughtSignature)
  const signature = text === undefined ? undefined : readSignature(text, 'signature', issuer)
  return signature?.type === 'seal' ? [signature.seal] : []
}

/**
 * Writes a part that is neither text nor reasoning, without its seals; undefined for one that this dialect
 * has no words for.
 *
 * @param members of its native pocket, if it is Google's
 */
export function encodePart(part: Part, members: Wire | undefined): Wire | undefined {
  switch (part.kind) {
    case 'tool-call':
      return part.runBy === 'client' ? encodeCall(part, members) : encodeProviderPart(part, members)
    case 'tool-result':
      return part.payload === undefined ? undefined : encodeProviderPart({ ...part, payload: part.payload }, members)
    case 'media':
      return encodeMedia(part, members)
    case 'native':
      return members
    default:
      return undefined
  }
}

/** The arguments in a call's payload; undefined for what is no JSON object. */
export function argsOf({ input, payload }: Pick<ToolCallPart, 'input' | 'payload'>): Wire | undefined {
  if (input === 'text') return undefined
  return payload.trim() === '' ? {} : objectOf(parseText(payload))
}

/** Parses JSON with all its numbers; undefined for what is none, or nested too deeply. */
export function parseText(text: string): unknown {
  try {
    return parseExact(text)
  } catch {
    // Not an exception but an answer: models write what they like.
    return undefined
  }
}

/** The JSON text of a value that came as JSON; undefined when it is nested too deeply to be written again. */
export function toText(value: unknown): string | undefined {
  try {
    return JSON.stringify(value)
  } catch {
    return undefined
  }
}

/** What may stand in a pocket beside the part's own data. */
function besides(members: Wire | undefined, member: DataMember): Wire {
  return members === undefined ? {} : (restOf(members, new Set([member])) ?? {})
}

function readCall(data: Unread<GeminiCall>, ids: CallIds): Content {
  const name = textOf(data.name) ?? ''
  const callId = ids.call(textOf(data.id), name)
  const payload = toText(data.args ?? {}) ?? '{}'
  return {
    part: { kind: 'tool-call', callId, name, runBy: 'client', input: 'json', payload },
    rest: restOf(data, CALL),
  }
}

/** The one member of a response that is a plain text: what the function said. */
const PLAIN = 'output'
const FAILED = 'error'

function readResponse(data: Unread<GeminiResponse>, ids: CallIds): Content {
  const callId = ids.answer(textOf(data.id), textOf(data.name) ?? '')
  const { text, failed, key } = readResult(objectOf(data.response) ?? {})
  const media = itemsOf(data.parts).map(item => decodePart(objectOf(item) ?? {}, ids))
  const content: readonly Part[] = text === undefined ? media : [{ kind: 'text', text }, ...media]
  return {
    part: { kind: 'tool-result', callId, failed, content },
    // How to write the same response again.
    rest: key === undefined ? restOf(data, RESULT) : { ...restOf(data, RESULT), response: key },
  }
}

interface Result {
  /** Undefined: it said nothing. */
  readonly text: string | undefined
  readonly failed: boolean
  /** The member that held the text; undefined where that goes without saying. */
  readonly key?: string | undefined
}

function readResult(response: Wire): Result {
  const names = Object.keys(response)
  const [name = ''] = names
  const value = response[name]
  if (names.length !== 1 || typeof value !== 'string')
    return { text: names.length === 0 ? undefined : toText(response), failed: Object.hasOwn(response, FAILED) }
  const isClear = name === FAILED || (name === PLAIN && objectIn(value) === undefined)
  return { text: value, failed: name === FAILED, key: isClear ? undefined : name }
}

/**
 * What a function said, as the API wants it: an object.
 *
 * @param text undefined where it said nothing
 * @param key the member for the text, if it is known
 */
export function toResponse(text: string | undefined, failed: boolean, key: string | undefined): Wire {
  if (text === undefined) return failed ? { [FAILED]: '' } : {}
  if (key !== undefined) return { [key]: text }
  const value = objectIn(text)
  if (value !== undefined && (!failed || Object.hasOwn(value, FAILED))) return value
  return { [failed ? FAILED : PLAIN]: text }
}

/** The object that a text is, if it is one that holds something: an empty one says nothing. */
function objectIn(text: string): Wire | undefined {
  const value = objectOf(parseText(text))
  return value === undefined || Object.keys(value).length === 0 ? undefined : value
}

function providerCall(callId: string, name: string, input: unknown): ToolCallPart {
  return { kind: 'tool-call', callId, name, runBy: 'provider', input: 'json', payload: toText(input) ?? '{}' }
}

function providerResult(callId: string, failed: boolean, content: unknown): ToolResultPart {
  return { kind: 'tool-result', callId, failed, content: [], payload: toText(content) ?? '{}' }
}

function encodeCall(part: ToolCallPart, members: Wire | undefined): Wire | undefined {
  const args = argsOf(part)
  if (args === undefined) return undefined
  const { callId, name } = part
  return {
    ...besides(members, 'functionCall'),
    functionCall: { ...objectOf(members?.functionCall), name, args, id: callId },
  }
}

/** Where the payload of a tool that Google runs stands; `undefined`: its members are those of the data. */
const PROVIDER_PAYLOADS: Readonly<Partial<Record<string, string | undefined>>> = {
  executableCode: undefined,
  codeExecutionResult: undefined,
  toolCall: 'args',
  toolResponse: 'response',
}

function encodeProviderPart({ payload }: { readonly payload: string }, members: Wire | undefined): Wire | undefined {
  const member = Object.keys(members ?? {}).find(name => Object.hasOwn(PROVIDER_PAYLOADS, name)) as
    | DataMember
    | undefined
  if (member === undefined) return undefined
  const slot = PROVIDER_PAYLOADS[member]
  const value = parseText(payload)
  const data = { ...objectOf(members?.[member]), ...(slot === undefined ? objectOf(value) : { [slot]: value }) }
  return { ...besides(members, member), [member]: data }
}

/** A medium with its bytes, or by its address. */
function encodeMedia({ mediaType, source }: MediaPart, members: Wire | undefined): Wire | undefined {
  switch (source.type) {
    case 'base64': {
      const inlineData = { ...objectOf(members?.inlineData), mimeType: mediaType, data: source.data }
      return { ...besides(members, 'inlineData'), inlineData }
    }
    case 'url':
    case 'file': {
      const fileUri = source.type === 'url' ? source.url : source.fileId
      const fileData = defined<Wire>({ ...objectOf(members?.fileData), mimeType: concrete(mediaType), fileUri })
      return { ...besides(members, 'fileData'), fileData }
    }
    case 'text':
      return { text: source.text }
  }
}

/** A media type that names one; undefined for `image/*`, which Google looks up by itself. */
function concrete(mediaType: string): string | undefined {
  return mediaType.includes('*') ? undefined : mediaType
}

/** Files that were uploaded have an address at the API, everything else is somewhere. */
const UPLOADED = /^(?:gs:\/\/|files\/|https:\/\/generativelanguage\.googleapis\.com\/)/

/** Whether a file is one that Google keeps. */
export function isUploaded(fileId: string): boolean {
  return UPLOADED.test(fileId)
}

function linkOf(uri: string): MediaPart['source'] {
  return isUploaded(uri) ? { type: 'file', fileId: uri } : { type: 'url', url: uri }
}

function pick(data: Wire, names: ReadonlySet<string>): Wire {
  return Object.fromEntries(Object.entries(data).filter(([name]) => names.has(name)))
}
