import { toUtf8 } from '../bytes.ts'
import { insertMember, JsonError, type Member, member, replaceSpan, type Span, scanObject } from '../json/index.ts'
import { textOf } from './value.ts'

/** What a body asks for in its top-level members. Of duplicates the last counts, as for `JSON.parse`. */
export interface Peeked {
  readonly model: string | undefined
  /** Only `true` itself asks for a stream. */
  readonly stream: boolean
}

/** Throws nothing: in what is not a JSON object there is no model and no stream. */
export function peekBody(body: Uint8Array): Peeked {
  const members = membersOf(body) ?? []
  const model = member(members, 'model')
  const stream = member(members, 'stream')
  return {
    model: model && textOf(valueAt(body, model)),
    stream: stream !== undefined && valueAt(body, stream) === true,
  }
}

/**
 * Puts another model in, and touches no other byte. Every duplicate is changed: whoever reads the first
 * one asks for the same. The body itself when there is nothing to change, or when it is no JSON object.
 */
export function renameModel(body: Uint8Array, model: string): Uint8Array {
  const members = membersOf(body)
  if (members === undefined) return body
  const json = JSON.stringify(model)
  const models = members.filter(({ key }) => key === 'model')
  if (models.length === 0) return insertMember(body, 'model', json)
  const others = models.filter(span => valueAt(body, span) !== model)
  return others.reduceRight((edited, span) => replaceSpan(edited, span, json), body)
}

/** The value of a member that the scanner has found. */
export function valueAt(body: Uint8Array, { start, end }: Span): unknown {
  return JSON.parse(toUtf8(body, start, end))
}

/** The members of a body, or undefined when it is not a JSON object that can be read. */
export function membersOf(body: Uint8Array): Member[] | undefined {
  try {
    return scanObject(body)
  } catch (error) {
    if (error instanceof JsonError) return undefined
    throw error
  }
}
