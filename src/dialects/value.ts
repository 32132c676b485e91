/** A JSON object of the wire that nobody has looked into yet. */
export interface Wire {
  readonly [member: string]: unknown
}

/** A wire type whose members have names, but nobody has looked at their values yet. */
export type Unread<T> = { readonly [K in keyof T]?: unknown }

/** The value if it is a JSON object; arrays are none. */
export function objectOf<T = Wire>(value: unknown): Unread<T> | undefined {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? value : undefined
}

/** Whether an object says `error`, as an object or a text: in no dialect does an answer say that. */
export function hasError({ error }: Unread<{ error: unknown }>): boolean {
  return objectOf(error) !== undefined || textOf(error) !== undefined
}

/** The value's items if it is an array, else none. */
export function itemsOf(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : []
}

/** The value if it is a string that holds something. */
export function textOf(value: unknown): string | undefined {
  return typeof value === 'string' && value !== '' ? value : undefined
}

/** The value if it can be a count: a finite number from 0 up. Null and absent are no count, zero is one. */
export function countOf(value: unknown): number | undefined {
  return typeof value === 'number' && value >= 0 && value < Number.POSITIVE_INFINITY ? value : undefined
}

/** The sum of the counts that are known; undefined when none is. */
export function sumOf(...counts: readonly (number | undefined)[]): number | undefined {
  let sum: number | undefined
  for (const count of counts) if (count !== undefined) sum = (sum ?? 0) + count
  return sum
}

/** Parses JSON that came from elsewhere; undefined when it is none. */
export function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    // Not an exception but an answer: what upstreams call JSON often is not.
    return undefined
  }
}

/** The object without the members that are undefined. */
export function defined<T extends object>(members: { readonly [K in keyof T]?: T[K] | undefined }): T {
  const kept: Partial<T> = {}
  for (const name in members) if (members[name] !== undefined) kept[name] = members[name]
  return kept as T
}

/** The members that are not among the known ones, for a native pocket; undefined when there are none. */
export function restOf(object: Wire, known: ReadonlySet<string>): Record<string, unknown> | undefined {
  let rest: Record<string, unknown> | undefined
  for (const name of Object.keys(object)) {
    if (known.has(name) || object[name] === undefined) continue
    rest ??= {}
    // Not assigned: `__proto__` is a name like any other.
    Object.defineProperty(rest, name, { value: object[name], enumerable: true, writable: true, configurable: true })
  }
  return rest
}
