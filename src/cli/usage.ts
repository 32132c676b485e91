import { Command, Option } from 'commander'
import type { UsageRow } from '../gateway/index.ts'
import { formatCount, formatUsd } from './amounts.ts'
import { type FilterFlags, parseSince, withFilterOptions, withLedgerOptions } from './ledger-options.ts'
import { type Column, formatTable } from './table.ts'
import { isForPrograms, type LedgerFlags, printLines, withLedger } from './with-ledger.ts'

const GROUPS = ['model', 'key', 'upstream', 'day'] as const
const DEFAULT_SINCE = '30d'

interface UsageFlags extends LedgerFlags, FilterFlags {
  readonly by: (typeof GROUPS)[number]
}

export function usageCommand(): Command {
  const command = new Command('usage')
    .description('Sum up the ledger: requests, tokens and cost. Days are by UTC.')
    .addOption(new Option('--by <group>', 'what a row is for').choices(GROUPS).default('model'))
  return withLedgerOptions(withFilterOptions(command)).action(sumUp)
}

async function sumUp(flags: UsageFlags): Promise<void> {
  const { since = parseSince(DEFAULT_SINCE), by, model, upstream, key } = flags
  const filter = { since, ...(model && { model }), ...(upstream && { upstream }), ...(key && { key }) }
  const rows = await withLedger(flags, reader => reader.usage({ by, ...filter }))
  if (isForPrograms(flags)) return printLines(rows)
  process.stdout.write(rows.length === 0 ? 'no such exchanges\n' : formatUsage(by, rows, process.stdout.columns))
}

export function formatUsage(by: string, rows: readonly UsageRow[], width?: number): string {
  const columns: readonly Column[] = [
    { name: by.toUpperCase(), minWidth: 12 },
    { name: 'REQUESTS', align: 'right' },
    { name: 'FAILED', align: 'right' },
    { name: 'INPUT', align: 'right' },
    { name: 'CACHE READ', align: 'right' },
    { name: 'OUTPUT', align: 'right' },
    { name: 'COST', align: 'right' },
    { name: 'UNPRICED', align: 'right' },
  ]
  const lines = rows.length > 1 ? [...rows, totalOf(rows)] : rows
  return formatTable(columns, lines.map(cellsOf), width)
}

function cellsOf(row: UsageRow): string[] {
  return [
    row.group ?? '-',
    formatCount(row.requests),
    formatCount(row.failed),
    formatCount(row.inputTokens),
    formatCount(row.cacheReadTokens),
    formatCount(row.outputTokens),
    formatUsd(row.costUsd),
    row.unpriced === 0 ? '' : formatCount(row.unpriced),
  ]
}

function totalOf(rows: readonly UsageRow[]): UsageRow {
  const sum = (of: (row: UsageRow) => number) => rows.reduce((total, row) => total + of(row), 0)
  return {
    group: 'total',
    requests: sum(row => row.requests),
    ended: sum(row => row.ended),
    failed: sum(row => row.failed),
    inputTokens: sum(row => row.inputTokens),
    cacheReadTokens: sum(row => row.cacheReadTokens),
    cacheWriteTokens: sum(row => row.cacheWriteTokens),
    outputTokens: sum(row => row.outputTokens),
    reasoningTokens: sum(row => row.reasoningTokens),
    costUsd: rows.every(({ costUsd }) => costUsd === null) ? null : sum(({ costUsd }) => costUsd ?? 0),
    unpriced: sum(row => row.unpriced),
  }
}
