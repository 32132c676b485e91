/** Comparing values of which some places may hold anything: where the other side has a word of its own. */

/** Stands where anything may stand, or nothing. */
export const ANY: unique symbol = Symbol('any')

/**
 * The value with a mark at each of these places, as far as what holds them is there.
 * @param paths JSON pointers; they name a candidate by its index
 */
export function marked<T>(value: T, paths: readonly string[]): T {
  return paths.reduce<unknown>((whole, path) => put(whole, path.split('/').slice(1), ANY), value) as T
}

/** The value with another in one place. */
export function put(value: unknown, [name, ...inner]: readonly string[], what: unknown): unknown {
  if (name === undefined) return what
  if (typeof value !== 'object' || value === null) return value
  const key = name.replaceAll('~1', '/').replaceAll('~0', '~')
  if (!Array.isArray(value)) {
    const member = (value as Record<string, unknown>)[key]
    return inner[0] !== undefined && member === undefined ? value : { ...value, [key]: put(member, inner, what) }
  }
  const at = value.findIndex((item, place) => (item?.index ?? place) === Number(key))
  return at < 0 ? value : value.with(at, put(value[at], inner, what))
}

/** What was expected, with what came in the places of the marks. */
export function settled(expected: unknown, came: unknown): unknown {
  if (expected === ANY) return came
  if (Array.isArray(expected))
    return expected.map((item, at) => settled(item, Array.isArray(came) ? came[at] : undefined))
  if (typeof expected !== 'object' || expected === null) return expected
  const entries = Object.entries(expected).map(
    ([name, member]) => [name, settled(member, memberOf(came, name))] as const,
  )
  // What holds nothing but marks is there if what came has it.
  const isMarked = Object.values(expected).some(member => member === ANY)
  const isEmpty = isMarked && came === undefined && entries.every(([, member]) => member === undefined)
  return isEmpty ? undefined : Object.fromEntries(entries)
}

function memberOf(value: unknown, name: string): unknown {
  return typeof value === 'object' && value !== null ? (value as Record<string, unknown>)[name] : undefined
}

/** Without members that are undefined, and with what every dialect can say of a failure. */
export function plain(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(plain)
  if (typeof value !== 'object' || value === null) return value
  const members = Object.entries(value).filter(([, member]) => member !== undefined)
  return Object.fromEntries(
    members.map(([name, member]) => [name, name === 'failure' ? essenceOf(member as FailureEssence) : plain(member)]),
  )
}

interface FailureEssence {
  readonly code: string
  readonly message: string
}

function essenceOf({ code, message }: FailureEssence): FailureEssence {
  return { code, message }
}
