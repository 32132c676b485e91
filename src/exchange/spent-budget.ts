import { type Budgets, ERROR_BODY_MS } from './budgets.ts'
import type { Recorder } from './recorder.ts'
import { isAnswer, type Run } from './run.ts'

/** Which budget of its upstream an exchange has spent: the one that an error names. */
export function spentBudget(
  now: number,
  budgets: Budgets,
  record: Recorder,
  run: Run | undefined,
  wants: 'stream' | 'whole',
): keyof Budgets | undefined {
  if (isOver(now, record.startedAt, budgets.totalMs)) return 'totalMs'
  if (run === undefined) return undefined
  if (run.head === undefined) {
    const name = (run.attempt.asks ?? wants) === 'stream' ? 'headMs' : 'wholeHeadMs'
    return isOver(now, run.sentAt, budgets[name]) ? name : undefined
  }
  if (run.stage === undefined) return !isAnswer(run) && isOver(now, run.headAt, ERROR_BODY_MS) ? 'headMs' : undefined
  if (run.stage.seen.reading.progress === 0)
    return isOver(now, run.sentAt, budgets.firstTokenMs) ? 'firstTokenMs' : undefined
  return isOver(now, record.progressAt, budgets.idleMs) ? 'idleMs' : undefined
}

/** Whether a budget is spent; zero or less is none. */
export function isOver(nowMs: number, sinceMs: number, budgetMs: number): boolean {
  return budgetMs > 0 && nowMs - sinceMs >= budgetMs
}
