import { InvalidArgumentError } from 'commander'

const UNITS_MS: Readonly<Record<string, number>> = { s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 }

/** An age of a command line in milliseconds: `30d`, `12h`, `90m`, `10s`. */
export function parseAge(text: string): number {
  const [, count, unit] = /^(\d+)([smhd])$/.exec(text) ?? []
  const unitMs = UNITS_MS[unit ?? '']
  if (count === undefined || unitMs === undefined)
    throw new InvalidArgumentError('it takes a number and a unit, as in 30d, 12h, 90m or 10s.')
  return Number(count) * unitMs
}
