import { Command } from 'commander'
import type { LedgerRow } from '../gateway/index.ts'
import { formatCount, formatMs, formatTime, formatUsd } from './amounts.ts'
import { type FilterFlags, parseLimit, withFilterOptions, withLedgerOptions } from './ledger-options.ts'
import { type Column, formatTable } from './table.ts'
import { isForPrograms, type LedgerFlags, printLines, withLedger } from './with-ledger.ts'

interface StreamsFlags extends LedgerFlags, FilterFlags {
  readonly failed?: boolean
  readonly limit: number
}

export function streamsCommand(): Command {
  const command = new Command('streams').description('List the last exchanges of the ledger, the newest first.')
  withFilterOptions(command)
    .option('--failed', 'only those that failed or were interrupted')
    .option('--limit <number>', 'at most so many', parseLimit, 50)
  return withLedgerOptions(command).action(listStreams)
}

async function listStreams(flags: StreamsFlags): Promise<void> {
  const { since, model, upstream, key, failed = false, limit } = flags
  const filter = {
    ...(since && { since }),
    ...(model && { model }),
    ...(upstream && { upstream }),
    ...(key && { key }),
  }
  const rows = await withLedger(flags, reader => reader.recent({ ...filter, isFailed: failed, limit }))
  if (isForPrograms(flags)) return printLines(rows)
  process.stdout.write(rows.length === 0 ? 'no such exchanges\n' : formatStreams(rows, process.stdout.columns))
}

const COLUMNS: readonly Column[] = [
  { name: 'TIME' },
  { name: 'ID' },
  { name: 'MODEL', minWidth: 12 },
  { name: 'UPSTREAM', minWidth: 8 },
  { name: 'OUTCOME', minWidth: 9 },
  { name: 'STATUS', align: 'right' },
  { name: 'INPUT', align: 'right' },
  { name: 'OUTPUT', align: 'right' },
  { name: 'COST', align: 'right' },
  { name: 'FIRST', align: 'right' },
  { name: 'TOTAL', align: 'right' },
]

/** Enough of an id to find it by: ids begin with their millisecond. */
const ID_LENGTH = 13

export function formatStreams(rows: readonly LedgerRow[], width?: number): string {
  return formatTable(COLUMNS, rows.map(cellsOf), width)
}

function cellsOf(row: LedgerRow): string[] {
  return [
    formatTime(row.startedAt),
    row.id.slice(0, ID_LENGTH),
    row.modelSent ?? row.modelRequested ?? '-',
    row.upstream ?? '-',
    outcomeOf(row),
    row.status === null ? '-' : String(row.status),
    formatCount(row.inputTokens),
    formatCount(row.outputTokens),
    formatUsd(row.costUsd),
    formatMs(row.firstTokenMs),
    formatMs(row.totalMs),
  ]
}

/** With the code of the error where that says more. */
function outcomeOf({ state, outcome, errorCode }: LedgerRow): string {
  if (outcome === null) return state
  return errorCode === null || errorCode === outcome ? outcome : `${outcome} (${errorCode})`
}
