import { toUtf8 } from '../bytes.ts'
import { failure } from '../errors.ts'
import { insertMember, JsonError, type Member, member, replaceSpan, type Span, scanObject } from '../json/index.ts'
import type { Edit, Peeked, RequestEdits } from './dialect.ts'
import { textOf } from './value.ts'

/**
 * Reads the top-level members that routing needs. Of duplicates the last counts, as for `JSON.parse`.
 *
 * Throws nothing: what is not one JSON object asks for no model and no stream, and is refused.
 */
export function peekBody(body: Uint8Array): Peeked {
  let members: Member[]
  try {
    members = scanObject(body)
  } catch (error) {
    if (!(error instanceof JsonError)) throw error
    return { model: undefined, stream: false, refusal: failure(error.code, error.message) }
  }
  const model = member(members, 'model')
  const stream = member(members, 'stream')
  const wish = stream === undefined ? 'false' : toUtf8(body, stream.start, stream.end)
  const peeked = { model: model && textOf(valueAt(body, model)), stream: wish === 'true', members }
  return STREAM_WISHES.has(wish) ? peeked : { ...peeked, refusal: UNCLEAR_STREAM }
}

/** Nobody should have to guess what "yes" means. */
const STREAM_WISHES: ReadonlySet<string> = new Set(['true', 'false', 'null'])
const UNCLEAR_STREAM = failure('bad-request', 'Cannot read the request: `stream` must be true or false')

/**
 * Puts another model in, and touches no other byte. Every duplicate is changed: whoever reads the first
 * one asks for the same. The body itself when there is nothing to change, or when it is no JSON object.
 *
 * @param members those of this very body, when they are known
 */
export function renameModel(body: Uint8Array, model: string, members = membersOf(body)): Uint8Array {
  if (members === undefined) return body
  const json = JSON.stringify(model)
  const models = members.filter(({ key }) => key === 'model')
  if (models.length === 0) return insertMember(body, 'model', json)
  const others = models.filter(span => valueAt(body, span) !== model)
  return others.reduceRight((edited, span) => replaceSpan(edited, span, json), body)
}

/** The body with another model and another wish for a stream, where those are told. */
export function editBody(
  body: Uint8Array,
  { model, stream, members }: RequestEdits,
): { readonly body: Uint8Array; readonly edits: readonly Edit[] } {
  const edits: Edit[] = []
  const renamed = model === undefined ? body : renameModel(body, model, members)
  if (renamed !== body) edits.push('model')
  const turned = stream === undefined ? renamed : turnStream(renamed, stream)
  if (turned !== renamed) edits.push('stream')
  return { body: turned, edits }
}

/**
 * Asks for a stream, or for a whole answer; the body itself when it does already, or is no JSON object.
 * Every duplicate is changed: whoever reads the first one asks for the same.
 */
function turnStream(body: Uint8Array, stream: boolean): Uint8Array {
  const members = membersOf(body)
  if (members === undefined) return body
  const wishes = members.filter(({ key }) => key === 'stream')
  if (wishes.length === 0) return stream ? insertMember(body, 'stream', 'true') : body
  const others = wishes.filter(span => valueAt(body, span) !== stream)
  return others.reduceRight((edited, span) => replaceSpan(edited, span, String(stream)), body)
}

/** The value of a member that the scanner has found. */
export function valueAt(body: Uint8Array, { start, end }: Span): unknown {
  return JSON.parse(toUtf8(body, start, end))
}

/** The members of a body, or undefined when it is not a JSON object that can be read. */
export function membersOf(body: Uint8Array): readonly Member[] | undefined {
  try {
    return scanObject(body)
  } catch (error) {
    if (error instanceof JsonError) return undefined
    throw error
  }
}
