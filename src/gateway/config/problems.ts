import type * as z from 'zod'
import type { Path, Problem } from './error.ts'
import { memberNames, schemaAt } from './json-schema.ts'
import { nearest } from './nearest.ts'

type Issue = z.core.$ZodIssue

const KINDS: Readonly<Record<string, string>> = {
  string: 'a text',
  int: 'a whole number',
  number: 'a whole number',
  boolean: 'true or false',
  array: 'a list',
  object: 'a map',
  record: 'a map',
}

/** What the schema found, in words that name what is allowed. */
export function problemsOf(issues: readonly Issue[], file: unknown): Problem[] {
  return issues.flatMap(issue => describe(issue, issue.path as Path, file))
}

function describe(issue: Issue, path: Path, file: unknown): Problem[] {
  if (issue.code === 'unrecognized_keys') return issue.keys.map(name => unknownMember(path, name))
  if (issue.code === 'invalid_union') return describeUnion(issue, path, file)
  return [{ path, message: messageOf(issue, path, valueAt(file, path)) }]
}

function messageOf(issue: Issue, path: Path, value: unknown): string {
  switch (issue.code) {
    case 'invalid_type':
      return `${value === undefined ? 'is missing: ' : value === null ? 'is empty: ' : ''}must be ${kindOf(issue.expected, path)}`
    case 'invalid_value':
      return notOneOf(value, issue.values.map(String))
    case 'too_small':
    case 'too_big':
      return bounds(path)
    case 'invalid_key':
      return `is not a legal name: ${issue.issues[0]?.message ?? ''}`
    default:
      return issue.message
  }
}

/** Names what a word must be one of, and which one was meant; the word itself is not quoted. */
export function notOneOf(value: unknown, allowed: readonly string[]): string {
  return `must be one of ${allowed.join(', ')}${hint(value, allowed)}`
}

function unknownMember(parent: Path, name: string): Problem {
  const known = memberNames(parent)
  const message = `is not a member here: there are ${known.join(', ')}${hint(name, known)}`
  return { path: [...parent, name], message }
}

function hint(value: unknown, known: readonly string[]): string {
  const meant = typeof value === 'string' ? nearest(value, known) : undefined
  return meant === undefined ? '' : `; did you mean ${meant}?`
}

/** A list or a map: the problems of the kind that was written. */
function describeUnion(issue: Extract<Issue, { code: 'invalid_union' }>, path: Path, file: unknown): Problem[] {
  const written = issue.errors.find(branch =>
    branch.every(inner => inner.path.length > 0 || inner.code !== 'invalid_type'),
  )
  if (written === undefined) return [{ path, message: 'must be a list or a map' }]
  return written.flatMap(inner => describe(inner, [...path, ...(inner.path as Path)], file))
}

function bounds(path: Path): string {
  const { minimum, maximum } = schemaAt(path) ?? {}
  return minimum === undefined ? 'must not be empty' : `must be from ${minimum} to ${maximum}`
}

function kindOf(expected: string, path: Path): string {
  if (expected === 'number' && schemaAt(path)?.type === 'number') return 'a number'
  return KINDS[expected] ?? expected
}

function valueAt(file: unknown, path: Path): unknown {
  return path.reduce<unknown>(
    (value, step) =>
      typeof value === 'object' && value !== null ? (value as Record<string | number, unknown>)[step] : undefined,
    file,
  )
}
