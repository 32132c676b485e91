import { MillraceError } from '../errors.ts'
import type { Unread, Wire } from './value.ts'

/**
 * Members of a request, checked. Null is the same as absent; a wrong type is refused with the member's
 * name, as the client knows it: `messages[2].content`.
 */

/** @param what what stands there, as the end of "expected …" */
export function wrongMember(member: string, what: string, value: unknown): MillraceError {
  return new MillraceError('bad-request', `Cannot read \`${member}\`: expected ${what}, got ${kindOf(value)}`)
}

export function textMember(value: unknown, member: string): string | undefined {
  return checked(value, member, 'a string', isString)
}

export function numberMember(value: unknown, member: string): number | undefined {
  return checked(value, member, 'a number', isNumber)
}

/** A whole number from 0. */
export function countMember(value: unknown, member: string): number | undefined {
  return checked(value, member, 'a whole number', isCount)
}

export function flagMember(value: unknown, member: string): boolean | undefined {
  return checked(value, member, 'true or false', isFlag)
}

export function listMember(value: unknown, member: string): readonly unknown[] | undefined {
  return checked(value, member, 'an array', isList)
}

export function objectMember<T = Wire>(value: unknown, member: string): Unread<T> | undefined {
  return checked(value, member, 'an object', isObject<T>)
}

export function requiredObject<T = Wire>(value: unknown, member: string): Unread<T> {
  const object = objectMember<T>(value, member)
  if (object === undefined) throw wrongMember(member, 'an object', value)
  return object
}

export function requiredText(value: unknown, member: string): string {
  const text = textMember(value, member)
  if (text === undefined) throw wrongMember(member, 'a string', value)
  return text
}

function checked<T>(value: unknown, member: string, what: string, is: (value: unknown) => value is T): T | undefined {
  if (value === undefined || value === null) return undefined
  if (!is(value)) throw wrongMember(member, what, value)
  return value
}

const isString = (value: unknown): value is string => typeof value === 'string'
const isNumber = (value: unknown): value is number => typeof value === 'number' && Number.isFinite(value)
const isCount = (value: unknown): value is number => Number.isSafeInteger(value) && (value as number) >= 0
const isFlag = (value: unknown): value is boolean => typeof value === 'boolean'
const isList = (value: unknown): value is readonly unknown[] => Array.isArray(value)

function isObject<T>(value: unknown): value is Unread<T> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function kindOf(value: unknown): string {
  if (value === undefined) return 'nothing'
  if (value === null) return 'null'
  if (Array.isArray(value)) return 'an array'
  return typeof value === 'object' ? 'an object' : JSON.stringify(value).slice(0, 60)
}
