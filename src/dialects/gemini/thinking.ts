import type { Effort, Losses, ReasoningWish } from '../../model/index.ts'
import { defined, type Wire } from '../value.ts'
import { EFFORT_BUDGETS, EFFORT_LEVELS, INEXACT_EFFORTS, LEVELS } from './tables.ts'
import { isBudgeted, isPro } from './upstream-model.ts'

/** A budget that leaves it to the model. */
const AS_THE_MODEL_LIKES = -1

/** The least that Gemini 2.5 Pro thinks. */
const LEAST_PRO_BUDGET = 128

/** Writes how much is to be thought, and whether it is shown. */
export function encodeThinking(wish: ReasoningWish | undefined, model: string | undefined, losses: Losses): Wire {
  if (wish === undefined) return {}
  return defined<Wire>({ includeThoughts: isShown(wish, losses), ...encodeAmount(wish, model, losses) })
}

/** Whoever asks for reasoning wants to see it. */
function isShown({ enabled, budgetTokens = 0, summary }: ReasoningWish, losses: Losses): boolean | undefined {
  const isWanted = enabled === true || enabled === 'adaptive' || (enabled === undefined && budgetTokens > 0)
  if (summary === undefined) return isWanted ? true : undefined
  if (summary !== 'auto' && summary !== 'omitted') losses.add('/reasoning/summary', 'unit')
  return summary !== 'omitted'
}

/** A budget and a level cannot stand beside each other. */
function encodeAmount(
  { enabled, effort, budgetTokens }: ReasoningWish,
  model: string | undefined,
  losses: Losses,
): Wire {
  if (enabled === false || (enabled === undefined && effort === 'none')) return encodeOff(enabled, model, losses)
  if (budgetTokens !== undefined) {
    if (effort !== undefined) losses.add('/reasoning/effort', 'unit')
    return { thinkingBudget: budgetTokens }
  }
  if (effort !== undefined) return encodeEffort(effort, model, losses)
  const isFree = enabled === 'adaptive' || (enabled === true && isBudgeted(model))
  return isFree ? { thinkingBudget: AS_THE_MODEL_LIKES } : {}
}

/** Where thinking cannot be switched off, the model thinks as little as it can. */
function encodeOff(enabled: false | undefined, model: string | undefined, losses: Losses): Wire {
  const path = enabled === false ? '/reasoning/enabled' : '/reasoning/effort'
  if (isBudgeted(model) && !isPro(model)) return { thinkingBudget: 0 }
  losses.add(path, 'unit')
  if (isBudgeted(model)) return { thinkingBudget: LEAST_PRO_BUDGET }
  return { thinkingLevel: isPro(model) ? LEVELS.low : LEVELS.minimal }
}

function encodeEffort(effort: Effort, model: string | undefined, losses: Losses): Wire {
  const isLess = effort === 'minimal' && isPro(model)
  if (INEXACT_EFFORTS.has(effort) || isLess) losses.add('/reasoning/effort', 'unit')
  if (isBudgeted(model)) return { thinkingBudget: EFFORT_BUDGETS[effort] }
  return { thinkingLevel: isLess ? LEVELS.low : EFFORT_LEVELS[effort] }
}
