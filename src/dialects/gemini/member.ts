/**
 * Readers of an object's members, of which every one may be named in camel case or in snake case: the API
 * takes both. What they refuse is what {@link ../member.ts} refuses.
 */
import {
  flagMember,
  listMember,
  numberMember,
  objectMember,
  requiredObject,
  textMember,
  wrongMember,
} from '../member.ts'
import type { Wire } from '../value.ts'

export function stringIn(object: Wire, name: string, at = ''): string | undefined {
  return textMember(object[name], at + name)
}

/** A number, or its text: JSON of protocol buffers has both. */
export function numberIn(object: Wire, name: string, at = ''): number | undefined {
  const value = object[name]
  const number = typeof value === 'string' && value.trim() !== '' ? Number(value) : value
  return numberMember(Number.isNaN(number) ? value : number, at + name)
}

export function booleanIn(object: Wire, name: string, at = ''): boolean | undefined {
  return flagMember(object[name], at + name)
}

/** An object of the API, with its own names in camel case. */
export function objectIn(object: Wire, name: string, at = ''): Wire | undefined {
  const member = objectMember(object[name], at + name)
  return member && inCamelCase(member)
}

/** An object that is the user's: its names stay as they are. */
export function freeObjectIn(object: Wire, name: string, at = ''): Wire | undefined {
  return objectMember(object[name], at + name)
}

export function listIn(object: Wire, name: string, at = ''): readonly unknown[] | undefined {
  return listMember(object[name], at + name)
}

export function stringsIn(object: Wire, name: string, at = ''): readonly string[] | undefined {
  return listIn(object, name, at)?.map((item, index) => {
    if (typeof item === 'string') return item
    throw wrongMember(`${at}${name}[${index}]`, 'a string', item)
  })
}

export function asObject(value: unknown, member: string): Wire {
  return inCamelCase(requiredObject(value, member))
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
