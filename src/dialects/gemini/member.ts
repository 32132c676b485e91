/**
 * Readers of a request's members. Null and absent are both nobody's word; a wrong type is a 400 that names
 * the member. Every name may come in camel case or in snake case: the API takes both.
 */
import { MillraceError } from '../../errors.ts'
import type { Wire } from '../value.ts'

export function stringIn(object: Wire, name: string, at = ''): string | undefined {
  const value = object[name] ?? undefined
  if (value === undefined || typeof value === 'string') return value
  throw wrongType(at + name, 'a string', value)
}

/** A number, or its text: JSON of protocol buffers has both. */
export function numberIn(object: Wire, name: string, at = ''): number | undefined {
  const value = object[name] ?? undefined
  const number = typeof value === 'string' && value.trim() !== '' ? Number(value) : value
  if (number === undefined || (typeof number === 'number' && Number.isFinite(number))) return number
  throw wrongType(at + name, 'a number', value)
}

export function booleanIn(object: Wire, name: string, at = ''): boolean | undefined {
  const value = object[name] ?? undefined
  if (value === undefined || typeof value === 'boolean') return value
  throw wrongType(at + name, 'true or false', value)
}

/** An object of the API, with its own names in camel case. */
export function objectIn(object: Wire, name: string, at = ''): Wire | undefined {
  const value = object[name] ?? undefined
  return value === undefined ? undefined : asObject(value, at + name)
}

/** An object that is the user's: its names stay as they are. */
export function freeObjectIn(object: Wire, name: string, at = ''): Wire | undefined {
  const value = object[name] ?? undefined
  if (value === undefined || isObject(value)) return value
  throw wrongType(at + name, 'an object', value)
}

export function listIn(object: Wire, name: string, at = ''): readonly unknown[] | undefined {
  const value = object[name] ?? undefined
  if (value === undefined || Array.isArray(value)) return value
  throw wrongType(at + name, 'an array', value)
}

export function stringsIn(object: Wire, name: string, at = ''): readonly string[] | undefined {
  return listIn(object, name, at)?.map((item, index) => {
    if (typeof item === 'string') return item
    throw wrongType(`${at}${name}[${index}]`, 'a string', item)
  })
}

export function asObject(value: unknown, member: string): Wire {
  if (isObject(value)) return inCamelCase(value)
  throw wrongType(member, 'an object', value)
}

/** @param wanted what it has to be, with its article */
export function wrongType(member: string, wanted: string, value: unknown): MillraceError {
  const got = value === undefined ? 'nothing' : (JSON.stringify(value) ?? String(value)).slice(0, 80)
  return new MillraceError('bad-request', `Cannot read \`${member}\`: must be ${wanted}, got ${got}`)
}

function isObject(value: unknown): value is Wire {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function inCamelCase(object: Wire): Wire {
  const names = Object.keys(object)
  if (!names.some(name => name.includes('_'))) return object
  const entries = names.map(name => [
    name.replaceAll(/(?<=[a-z0-9])_([a-z0-9])/g, (_, letter) => letter.toUpperCase()),
    object[name],
  ])
  return Object.fromEntries(entries) as Wire
}
