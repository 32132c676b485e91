import type { DialectName } from './dialect-name.ts'

/**
 * What one dialect alone knows, kept as it came: members of the wire by their names. Only an encoder of
 * the same dialect opens it; to all others it is a loss.
 */
export interface Native {
  /** Whose members these are: the only one that opens them. */
  readonly dialect: DialectName
  /** As on the wire. */
  readonly members: Readonly<Record<string, unknown>>
}

/** The pocket's members if it is this dialect's; undefined for none, and for a foreign one. */
export function membersFor(dialect: DialectName, native: Native | undefined): Native['members'] | undefined {
  return native?.dialect === dialect ? native.members : undefined
}
