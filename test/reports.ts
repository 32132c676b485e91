/** The reports shown in `docs/report.md`, for tests that need one. */
import { readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import type { Outcome } from '../src/model/index.ts'
import type { StreamReport } from '../src/observe/index.ts'

const PAGE = readFileSync(resolve(import.meta.dirname, '../docs/report.md'), 'utf8')

export const reports: readonly StreamReport[] = [...PAGE.matchAll(/```json\n(.*?)```/gs)].map(([, json]) =>
  JSON.parse(json as string),
)

export function reportOf(outcome: Outcome): StreamReport {
  const found = reports.find(report => report.outcome === outcome)
  if (found === undefined) throw new Error(`Cannot find report: docs/report.md shows none that is "${outcome}"`)
  return found
}
