/** Readers of a request's members. Null and absent are both nobody's word; a wrong type is a 400 that names the member. */
import { MillraceError } from '../../errors.ts'
import type { Wire } from '../value.ts'

export function stringIn(object: Wire, name: string, at = ''): string | undefined {
  const value = object[name] ?? undefined
  if (value === undefined || typeof value === 'string') return value
  throw wrongType(at + name, 'a string', value)
}

export function numberIn(object: Wire, name: string, at = ''): number | undefined {
  const value = object[name] ?? undefined
  if (value === undefined || (typeof value === 'number' && Number.isFinite(value))) return value
  throw wrongType(at + name, 'a number', value)
}

export function booleanIn(object: Wire, name: string, at = ''): boolean | undefined {
  const value = object[name] ?? undefined
  if (value === undefined || typeof value === 'boolean') return value
  throw wrongType(at + name, 'true or false', value)
}

export function objectIn(object: Wire, name: string, at = ''): Wire | undefined {
  const value = object[name] ?? undefined
  return value === undefined ? undefined : asObject(value, at + name)
}

export function listIn(object: Wire, name: string, at = ''): readonly unknown[] | undefined {
  const value = object[name] ?? undefined
  if (value === undefined || Array.isArray(value)) return value
  throw wrongType(at + name, 'an array', value)
}

export function asObject(value: unknown, member: string): Wire {
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as Wire
  throw wrongType(member, 'an object', value)
}

/** @param wanted what it has to be, with its article */
export function wrongType(member: string, wanted: string, value: unknown): MillraceError {
  const got = value === undefined ? 'nothing' : (JSON.stringify(value) ?? String(value)).slice(0, 80)
  return new MillraceError('bad-request', `Cannot read \`${member}\`: must be ${wanted}, got ${got}`)
}
