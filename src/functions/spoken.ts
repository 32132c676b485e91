import { DIALECTS, type Dialect, type DialectName } from '../dialects/index.ts'
import { MillraceError } from '../errors.ts'

/** @throws {MillraceError} `bad-request` when there is no dialect of that name */
export function spoken(name: DialectName): Dialect {
  if (Object.hasOwn(DIALECTS, name)) return DIALECTS[name]
  const there = Object.keys(DIALECTS).join(', ')
  throw new MillraceError('bad-request', `Cannot speak the dialect "${name}": there are only ${there}`)
}
