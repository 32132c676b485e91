import type { DialectName } from './dialect-name.ts'
import type { MediaSource, Part } from './part.ts'
import type { Seal } from './seal.ts'

/**
 * Whether something has the shape of a part: every member that its kind must have, and a fitting value
 * wherever somebody looks. For parts that were in a client's hands.
 */
export function isPart(value: unknown): value is Part {
  return isObject(value) && isOfKind(PARTS, (value as Part).kind, value) && hasAttributes(value)
}

/** Whether something has the shape of a seal. */
export function isSeal(value: unknown): value is Seal {
  return hasSealMembers(value)
}

type Check = (value: unknown) => boolean

const isText: Check = value => typeof value === 'string'

const isObject: Check = value => typeof value === 'object' && value !== null && !Array.isArray(value)

function isOneOf(...words: readonly unknown[]): Check {
  return value => words.includes(value)
}

function isListOf(check: Check): Check {
  return value => Array.isArray(value) && value.every(check)
}

function orAbsent(check: Check): Check {
  return value => value === undefined || check(value)
}

function hasMembers(checks: Readonly<Record<string, Check>>): Check {
  const entries = Object.entries(checks)
  return value => isObject(value) && entries.every(([name, check]) => check((value as Record<string, unknown>)[name]))
}

function isOfKind(checks: Readonly<Record<string, Check>>, kind: string, value: unknown): boolean {
  return Object.hasOwn(checks, kind) && checks[kind]?.(value) === true
}

const isDialect = isOneOf(...(['chat', 'responses', 'messages', 'gemini'] satisfies DialectName[]))

const hasSealMembers = hasMembers({
  dialect: isDialect,
  issuer: isText,
  kind: isOneOf(...(['signature', 'encrypted'] satisfies Seal['kind'][])),
  value: isText,
  id: orAbsent(isText),
})

const isNative = hasMembers({ dialect: isDialect, members: isObject })

const SOURCES: Readonly<Record<MediaSource['type'], Check>> = {
  base64: hasMembers({ data: isText }),
  url: hasMembers({ url: isText }),
  file: hasMembers({ fileId: isText }),
  text: hasMembers({ text: isText }),
}

/** A result's content; results do not hold results, which also bounds the depth. */
const isContent: Check = value => isObject(value) && (value as Part).kind !== 'tool-result' && isPart(value)

const areObjects = isListOf(isObject)

const PARTS: Readonly<Record<Part['kind'], Check>> = {
  text: hasMembers({ text: isText, annotations: orAbsent(areObjects), logprobs: orAbsent(areObjects) }),
  refusal: hasMembers({ text: isText, logprobs: orAbsent(areObjects) }),
  reasoning: hasMembers({ form: isOneOf('full', 'summary'), texts: isListOf(isText) }),
  media: hasMembers({
    mediaType: isText,
    source: source => isObject(source) && isOfKind(SOURCES, (source as MediaSource).type, source),
    filename: orAbsent(isText),
    detail: orAbsent(isText),
  }),
  'tool-call': hasMembers({
    callId: isText,
    name: isText,
    runBy: isOneOf('client', 'provider'),
    input: isOneOf('json', 'text'),
    payload: isText,
  }),
  'tool-result': hasMembers({
    callId: isText,
    failed: isOneOf(true, false),
    content: isListOf(isContent),
    payload: orAbsent(isText),
  }),
  native: hasMembers({ native: isNative }),
}

const hasAttributes = hasMembers({
  cache: orAbsent(isObject),
  seals: orAbsent(isListOf(hasSealMembers)),
  item: orAbsent(isText),
  native: orAbsent(isNative),
})
