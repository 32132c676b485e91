import type { Value } from './database.ts'
import type { ExchangeFilter } from './questions.ts'

export interface Where {
  /** A condition. */
  readonly sql: string
  /** What stands for its question marks. */
  readonly values: readonly Value[]
}

/** What counts as failed; who left of his own will has not. */
export const FAILED = "(state = 'interrupted' OR outcome IN ('failed', 'truncated', 'timeout', 'refused'))"

export function whereOf({ since, until, model, upstream, key }: ExchangeFilter): Where {
  const values: Value[] = []
  const conditions = ['1 = 1']
  const add = (condition: string, ...of: Value[]) => {
    conditions.push(condition)
    values.push(...of)
  }
  if (since !== undefined) add('started_at >= ?', Math.floor(since))
  if (until !== undefined) add('started_at < ?', Math.ceil(until))
  if (upstream !== undefined) add('upstream = ?', upstream)
  if (key !== undefined) add('key = ?', key)
  if (model !== undefined) {
    const pattern = likeOf(model.toLowerCase())
    const like = (column: string) => `lower(${column}) LIKE ? ESCAPE '!'`
    const columns = ['model_requested', 'model_sent', 'model_reported']
    add(`(${columns.map(like).join(' OR ')})`, ...columns.map(() => pattern))
  }
  return { sql: conditions.join(' AND '), values }
}

function likeOf(glob: string): string {
  return glob.replace(/[!%_]/g, special => `!${special}`).replaceAll('*', '%')
}
