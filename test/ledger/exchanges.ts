/** Reports and open rows, made up. */
import type { OpenRow } from '../../src/ledger/index.ts'
import type { StreamReport } from '../../src/observe/index.ts'
import { reportOf } from '../reports.ts'

export type Changes = Partial<Omit<StreamReport, 'usage' | 'times'>> & {
  readonly usage?: Partial<StreamReport['usage']>
  readonly times?: Partial<StreamReport['times']>
}

/** A report as `docs/report.md` shows it, with an id of its own. */
export function made({ usage, times, ...changes }: Changes = {}): StreamReport {
  const shown = reportOf(changes.outcome ?? 'completed')
  return {
    ...shown,
    id: crypto.randomUUID(),
    ...changes,
    usage: { ...shown.usage, ...usage },
    times: { ...shown.times, ...times },
  }
}

/** What is known of the exchange before its upstream is asked. */
export function opening({ id, time, key, client, upstream, model }: StreamReport): OpenRow {
  return {
    ...{ id, time: Date.parse(time), key, client: client.dialect ?? '', upstream: upstream.name ?? '' },
    ...{ dialect: upstream.dialect ?? '', requested: model.requested, sent: model.sent },
  }
}

export const SILENT = { info() {}, warn() {}, error() {} }
