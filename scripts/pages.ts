import { readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { configReference } from '../src/gateway/config/index.ts'
import { dialectReference } from './dialects-page.ts'
import { errorReference } from './errors-page.ts'
import { metricsReference } from './metrics-page.ts'

/** What stands below the line `<!-- Generated … -->` of these pages of `docs`; above it people write. */
const GENERATED: Readonly<Record<string, () => string>> = {
  'configuration.md': configReference,
  'dialects.md': dialectReference,
  'errors.md': errorReference,
  'metrics.md': metricsReference,
}

export interface Page {
  readonly name: string
  readonly path: string
  /** As it stands. */
  readonly text: string
  /** As it should stand. */
  readonly fresh: string
}

/** The pages that are generated in part. */
export function generatedPages(): readonly Page[] {
  return Object.entries(GENERATED).map(([name, generate]) => {
    const path = resolve(import.meta.dirname, '../docs', name)
    const text = readFileSync(path, 'utf8')
    const [written] = text.split(/(?<=^<!-- Generated .* -->\n)/m)
    return { name, path, text, fresh: `${written}\n${generate()}` }
  })
}
