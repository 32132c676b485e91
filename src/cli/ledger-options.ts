import { type Command, InvalidArgumentError } from 'commander'

const UNIT_MS: Readonly<Record<string, number>> = {
  s: 1000,
  m: 60_000,
  h: 3_600_000,
  d: 86_400_000,
  w: 604_800_000,
}

/** A time of a command line, in milliseconds since the epoch: how long ago, or a date. */
export function parseSince(text: string, now: number = Date.now()): number {
  const [, count, unit] = /^(\d+)([smhdw])$/.exec(text) ?? []
  if (unit !== undefined) return now - Number(count) * (UNIT_MS[unit] as number)
  const time = /^\d{4}-\d\d-\d\d/.test(text) ? Date.parse(text) : Number.NaN
  if (Number.isNaN(time)) throw new InvalidArgumentError('it takes 90s, 15m, 1h, 30d or 2w, or a date as 2026-11-03.')
  return time
}

/** A whole number from 1. */
export function parseLimit(text: string): number {
  const limit = Number(text)
  if (!/^\d+$/.test(text) || limit < 1) throw new InvalidArgumentError('it takes a whole number from 1.')
  return limit
}

/** What all commands take that read the ledger. */
export function withLedgerOptions(command: Command): Command {
  return command
    .option('--json', 'print JSON, as is done where no terminal reads it')
    .option('--no-json', 'print for people, whoever reads it')
    .option('--config <file>', 'configuration to read (default: millrace.yaml in this folder, when there is one)')
}

/** What picks exchanges. */
export function withFilterOptions(command: Command): Command {
  return command
    .option('--since <time>', 'only those since then: 90s, 15m, 1h, 30d, or a date', text => parseSince(text))
    .option('--model <glob>', 'only those of this model; * stands for any characters')
    .option('--upstream <name>', 'only those of this upstream')
    .option('--key <name>', 'only those of this key, by the name that reports give it')
}

export interface FilterFlags {
  readonly since?: number
  readonly model?: string
  readonly upstream?: string
  readonly key?: string
}
