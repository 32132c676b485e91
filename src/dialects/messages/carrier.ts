/**
 * Where things that this dialect has no words for ride toward its clients and back: foreign seals in
 * `thinking.signature` and `redacted_thinking.data`, whole parts in `redacted_thinking.data`, call ids
 * that the API would refuse in call ids that it takes.
 */
import { fromBase64Url, fromUtf8, toBase64Url, toUtf8 } from '../../bytes.ts'
import { type Part, type Seal, unwrapParts, unwrapSeal, wrapParts, wrapSeal } from '../../model/index.ts'

/** The text of a seal in the slot of its kind: as it came if this dialect made it for this slot, else wrapped. */
export function sealText(seal: Seal, slot: Seal['kind']): string {
  return seal.dialect === 'messages' && seal.kind === slot && seal.id === undefined ? seal.value : wrapSeal(seal)
}

/** The seal in a slot: the one that we wrapped, or the issuer's own. */
export function readSeal(text: string, slot: Seal['kind'], issuer: string): Seal {
  return unwrapSeal(text) ?? { dialect: 'messages', issuer, kind: slot, value: text }
}

/** Seals of a part that stands in the answer itself, beside it. */
export interface Attachment {
  /** The call they belong to; undefined: the text before them. */
  readonly callId: string | undefined
  readonly seals: readonly Seal[]
}

/** What rides in the data of one opaque block. */
export interface Cargo {
  readonly parts: readonly Part[]
  readonly attachments: readonly Attachment[]
}

export function attachmentText({ callId, seals }: Attachment): string {
  const members = callId === undefined ? { sealed: 'text' } : { sealed: 'call', callId }
  return wrapParts([{ kind: 'native', native: { dialect: 'messages', members }, seals }])
}

/** What we put into the data of an opaque block; undefined for everybody else's. */
export function readCargo(data: string): Cargo | undefined {
  const parts = unwrapParts(data)
  if (parts === undefined || !parts.every(isSound)) return undefined
  const attachments = parts.flatMap(part => attachmentOf(part) ?? [])
  return { parts: parts.filter(part => attachmentOf(part) === undefined), attachments }
}

function attachmentOf({ kind, native, seals = [] }: Part): Attachment | undefined {
  const members = kind === 'native' && native.dialect === 'messages' ? native.members : {}
  if (members.sealed === 'text') return { callId: undefined, seals }
  return members.sealed === 'call' && typeof members.callId === 'string' ? { callId: members.callId, seals } : undefined
}

/** A text with our tag may have been made by anybody: what does not hold together is not taken apart. */
function isSound(part: Part): boolean {
  const { seals = [], native } = part
  if (!Array.isArray(seals) || !seals.every(isSeal)) return false
  if (native !== undefined && (typeof native !== 'object' || !isObject(native?.members))) return false
  switch (part.kind) {
    case 'text':
      return typeof part.text === 'string'
    case 'tool-call':
      return [part.callId, part.name, part.payload].every(isString) && isString(part.runBy) && isString(part.input)
    case 'tool-result':
      return isString(part.callId) && Array.isArray(part.content) && isString(part.payload ?? '')
    case 'native':
      return native !== undefined
    default:
      return false
  }
}

function isSeal(seal: unknown): boolean {
  return isObject(seal) && [seal.dialect, seal.issuer, seal.kind, seal.value].every(isString)
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null
}

function isString(value: unknown): value is string {
  return typeof value === 'string'
}

const LEGAL_ID = /^[a-zA-Z0-9_-]+$/

/** What an id begins with that holds another one in base64url. */
const ID_TAG = 'mr1id_'

/** An id that the API takes; the same id wherever it takes that. */
export function encodeCallId(id: string): string {
  return LEGAL_ID.test(id) && !id.startsWith(ID_TAG) ? id : ID_TAG + toBase64Url(fromUtf8(id))
}

export function decodeCallId(id: string): string {
  if (!id.startsWith(ID_TAG)) return id
  try {
    return toUtf8(fromBase64Url(id.slice(ID_TAG.length)))
  } catch {
    // It only looks like ours.
    return id
  }
}
