import type { LedgerEntry } from '../gateway/index.ts'
import { oneLine } from '../redact.ts'
import { formatCount, formatMs, formatTime, formatUsd } from './amounts.ts'
import { formatTable } from './table.ts'

/** Columns of the longest bar. */
const BAR = 40

/** Losses that are shown; all of them stand in the report. */
const MAX_LOSSES = 10

type Row = LedgerEntry['row']
type Report = NonNullable<LedgerEntry['report']>

/** One exchange for people: what it was, what became of it, what it used, and when what came. */
export function formatEntry({ row, report, attempts }: LedgerEntry): string {
  return [
    `${oneLine(row.id)}\n\n`,
    facts([
      ['outcome', outcomeOf(row)],
      ['error', row.errorCode === null ? '' : `${row.errorCode}: ${row.errorMessage ?? ''}`],
      ['time', formatTime(row.startedAt)],
      ['key', row.key ?? ''],
      ['client', row.clientDialect ?? ''],
      ['upstream', row.upstream === null ? '' : `${row.upstream} (${row.upstreamDialect})`],
      ['model', modelOf(row)],
      ['lane', [row.lane, row.shape].filter(Boolean).join(', ')],
      ['bytes', row.bytesIn === null ? '' : `${formatCount(row.bytesIn)} in, ${formatCount(row.bytesOut)} out`],
      ...(report === null ? [] : factsOf(report)),
    ]),
    report === null ? '' : `\n${waterfall(report)}`,
    attempts.length === 0 ? '' : `\n${attemptsOf(attempts)}`,
  ].join('')
}

type Fact = readonly [name: string, text: string]

function facts(all: readonly Fact[]): string {
  const known = all.filter(([, text]) => text !== '')
  return known.map(([name, text]) => `${name.padEnd(10)}${oneLine(text)}\n`).join('')
}

function outcomeOf({ state, outcome, status, finish }: Row): string {
  const words = [outcome ?? state, status === null ? '' : `status ${status}`, finish === null ? '' : `finish ${finish}`]
  return words.filter(Boolean).join(', ')
}

/** As named, as asked for, as reported; each where it differs from the one before. */
function modelOf({ modelRequested, modelSent, modelReported }: Row): string {
  return [...new Set([modelRequested, modelSent, modelReported])].filter(name => name !== null).join(' → ')
}

function factsOf({ usage, cost, edits, losses }: Report): Fact[] {
  const more = losses.length - MAX_LOSSES
  return [
    ['usage', usage.provenance === 'none' ? '' : usageOf(usage)],
    ['cost', cost === null ? '' : `${formatUsd(cost.usd)} (${cost.source})`],
    ['', usage.reportedCostUsd === null ? '' : `${formatUsd(usage.reportedCostUsd)} (said by the upstream)`],
    ['edits', edits.join(', ')],
    ...losses
      .slice(0, MAX_LOSSES)
      .map(({ in: side, path, reason }, at): Fact => [at === 0 ? 'losses' : '', `${side} ${path}: ${reason}`]),
    ['', more > 0 ? `and ${more} more` : ''],
  ]
}

function usageOf({ input, cacheRead, cacheWrite, output, reasoning, provenance }: Report['usage']): string {
  const parts = (of: readonly (readonly [number | null, string])[]) => {
    const told = of.flatMap(([count, name]) => (count ? [`${formatCount(count)} ${name}`] : []))
    return told.length === 0 ? '' : ` (${told.join(', ')})`
  }
  const inputs = parts([
    [cacheRead, 'read from cache'],
    [cacheWrite, 'written to it'],
  ])
  const outputs = parts([[reasoning, 'reasoning']])
  return `${formatCount(input)} input${inputs}, ${formatCount(output)} output${outputs}; ${provenance}`
}

/** When what came: each bar reaches from what came before it. */
function waterfall({ times }: Report): string {
  const marks = [
    ['connect', times.connectMs],
    ['head', times.headMs],
    ['first byte', times.firstByteMs],
    ['first event', times.firstEventMs],
    ['first reasoning', times.firstReasoningMs],
    ['first token', times.firstTokenMs],
    ['end', times.totalMs],
  ] as const
  const known = marks.flatMap(([name, ms]) => (ms === null ? [] : [{ name, ms }])).sort((a, b) => a.ms - b.ms)
  const column = (ms: number) => Math.round((ms / Math.max(times.totalMs, 1)) * BAR)
  const rows = known.map(({ name, ms }, at) => {
    const from = column(known[at - 1]?.ms ?? 0)
    return [name, formatMs(ms), `${' '.repeat(from)}${'━'.repeat(column(ms) - from) || '╺'}`]
  })
  return formatTable([{ name: 'TIMES' }, { name: '', align: 'right' }, { name: '' }], rows)
}

function attemptsOf(attempts: LedgerEntry['attempts']): string {
  const columns = ['ATTEMPT', 'UPSTREAM', 'DIALECT', 'MODEL', 'STATUS', 'SENT', 'HEAD', 'END', 'ERROR']
  const rows = attempts.map(({ upstream, dialect, model, status, sentMs, headMs, endMs, error }, at) => [
    ...[String(at + 1), upstream ?? '-', dialect, model ?? '-', status === null ? '-' : String(status)],
    ...[formatMs(sentMs), formatMs(headMs), formatMs(endMs), error ?? ''],
  ])
  return formatTable(
    columns.map(name => ({ name })),
    rows,
  )
}
