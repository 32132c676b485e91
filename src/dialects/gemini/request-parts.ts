import { Fold, type Part, type Turn } from '../../model/index.ts'
import { wrongMember } from '../member.ts'
import { defined, objectOf, type Wire } from '../value.ts'
import { AnswerReader } from './answer-reader.ts'
import type { CallIds } from './call-ids.ts'
import { asObject, booleanIn, freeObjectIn, listIn, objectIn, stringIn } from './member.ts'
import { DATA_MEMBERS, type DataMember, decodePart, sealsOf } from './part.ts'

/** Nobody knows who made a client's own tokens. */
const NOBODY = ''

type MemberType = 'string' | 'object'

/** What a part's data must hold, and of what type. */
const REQUIRED: Readonly<Record<DataMember, Readonly<Record<string, MemberType>>>> = {
  functionCall: { name: 'string' },
  functionResponse: { name: 'string' },
  inlineData: { mimeType: 'string', data: 'string' },
  fileData: { fileUri: 'string' },
  executableCode: { code: 'string' },
  codeExecutionResult: { outcome: 'string' },
  toolCall: {},
  toolResponse: {},
}

/** What it may hold beside that. */
const OPTIONAL: Readonly<Record<DataMember, Readonly<Record<string, MemberType>>>> = {
  functionCall: { id: 'string', args: 'object' },
  functionResponse: { id: 'string', response: 'object' },
  inlineData: {},
  fileData: { mimeType: 'string' },
  executableCode: { id: 'string', language: 'string' },
  codeExecutionResult: { id: 'string', output: 'string' },
  toolCall: { id: 'string', toolType: 'string', args: 'object' },
  toolResponse: { id: 'string', toolType: 'string', response: 'object' },
}

/**
 * The parts of a content, with what they must hold.
 *
 * @param member the content's place in the request
 */
export function checkParts(content: Wire, member: string): readonly Wire[] {
  return (listIn(content, 'parts', `${member}.`) ?? []).map((part, at) => checkPart(part, `${member}.parts[${at}]`))
}

/** Reads parts. Those of a model are read as an answer is, so that what came from one comes back as it was. */
export function readParts(parts: readonly Wire[], role: Turn['role'], ids: CallIds): readonly Part[] {
  return role === 'assistant' ? readAnswer(parts, ids) : parts.map(part => readPart(part, ids))
}

function readAnswer(parts: readonly Wire[], ids: CallIds): readonly Part[] {
  const fold = new Fold()
  const reader = new AnswerReader({ issuer: NOBODY }, event => fold.push(event), ids)
  reader.read({ candidates: [{ content: { parts }, finishReason: 'STOP' }] })
  reader.end()
  return fold.message.candidates[0]?.parts ?? []
}

function readPart(part: Wire, ids: CallIds): Part {
  const seals = sealsOf(part, NOBODY)
  const more = seals.length === 0 ? {} : { seals }
  const { text, thought } = part
  if (typeof text !== 'string') return { ...decodePart(part, ids), ...more }
  return thought === true
    ? { kind: 'reasoning', form: 'full', texts: [text], ...more }
    : { kind: 'text', text, ...more }
}

/** The part with its names in camel case. */
function checkPart(value: unknown, member: string): Wire {
  const part = asObject(value, member)
  const at = `${member}.`
  const checked: Record<string, unknown> = { ...part }
  stringIn(part, 'text', at)
  booleanIn(part, 'thought', at)
  stringIn(part, 'thoughtSignature', at)
  for (const name of DATA_MEMBERS) {
    const data = objectIn(part, name, at)
    if (data !== undefined) checked[name] = checkData(name, data, `${at}${name}.`)
  }
  return defined<Wire>(checked)
}

function checkData(name: DataMember, data: Wire, at: string): Wire {
  for (const [member, type] of Object.entries(REQUIRED[name]))
    if (read(data, member, type, at) === undefined) throw wrongMember(at + member, 'a string', undefined)
  for (const [member, type] of Object.entries(OPTIONAL[name])) read(data, member, type, at)
  if (name !== 'functionResponse') return data
  const media = listIn(data, 'parts', at)?.map((part, index) => checkPart(part, `${at}parts[${index}]`))
  return media === undefined ? data : { ...data, parts: media }
}

function read(data: Wire, member: string, type: MemberType, at: string): unknown {
  return type === 'string' ? stringIn(data, member, at) : objectOf(freeObjectIn(data, member, at))
}
