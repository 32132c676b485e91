import type { Losses, ReasoningWish, Request } from '../../model/index.ts'
import { objectOf, type Wire } from '../value.ts'
import { BUDGETS, DEFAULT_MAX_TOKENS, EFFORTS, isAdaptive, MIN_BUDGET, takesEffort } from './tables.ts'

/** How much a model is to think, in the words of one version of one model. */
export interface Thinking {
  /** The member `thinking`. */
  readonly config: Wire | undefined
  /** The member `output_config.effort`. */
  readonly effort: string | undefined
  readonly maxTokens: number
  /** Thinking was asked for: sampling and forced calls are refused beside it. */
  readonly isOn: boolean
}

/** What the rest of a request means for thinking. */
export interface Circumstances {
  readonly model: string | undefined
  /** The last calls come without the reasoning before them, which models with a budget refuse. */
  readonly isUnsigned: boolean
  readonly losses: Losses
}

/** Room for the answer itself where only the budget of its reasoning is known. */
const ANSWER_TOKENS = 8192

export function encodeThinking(request: Request, { model, isUnsigned, losses }: Circumstances): Thinking {
  const { reasoning = {}, maxOutputTokens, toolChoice, native } = request
  const known = native?.dialect === 'messages' ? objectOf(native.members.thinking) : undefined
  const effort = sayEffort(reasoning, model, losses)
  const off = { effort, maxTokens: maxOutputTokens ?? DEFAULT_MAX_TOKENS, isOn: false }
  const mode = modeOf(reasoning, model)
  if (mode === undefined) return { ...off, config: known }
  if (mode === 'disabled') {
    for (const name of ['budgetTokens', 'summary'] as const)
      if (reasoning[name] !== undefined) losses.add(`/reasoning/${name}`, 'cosmetic')
    return { ...off, config: { type: 'disabled', ...known } }
  }
  const isForced = toolChoice?.type === 'required' || toolChoice?.type === 'tool'
  if (isForced || (mode === 'enabled' && isUnsigned)) return { ...off, config: without(reasoning, losses) }
  const display = sayDisplay(reasoning.summary, losses)
  if (mode === 'adaptive') {
    if (reasoning.budgetTokens !== undefined) losses.add('/reasoning/budgetTokens', 'no-slot')
    return { ...off, config: { type: 'adaptive', ...display, ...known }, isOn: true }
  }
  const budget = budgetOf(reasoning, maxOutputTokens, losses)
  if (budget === undefined) return { ...off, config: without(reasoning, losses) }
  const maxTokens = maxOutputTokens ?? Math.max(DEFAULT_MAX_TOKENS, budget + ANSWER_TOKENS)
  return { config: { type: 'enabled', budget_tokens: budget, ...display, ...known }, effort, maxTokens, isOn: true }
}

type Mode = 'enabled' | 'adaptive' | 'disabled'

/**
 * Who asks to see reasoning asks for reasoning. Undefined: nobody spoke of thinking, or an effort alone
 * says it to a model that takes one.
 */
function modeOf(
  { enabled, effort, budgetTokens, summary }: ReasoningWish,
  model: string | undefined,
): Mode | undefined {
  if (enabled === false || effort === 'none') return 'disabled'
  if (enabled === 'adaptive') return 'adaptive'
  if (budgetTokens !== undefined) return budgetTokens === 0 ? 'disabled' : 'enabled'
  if (enabled === true || summary !== undefined) return isAdaptive(model) ? 'adaptive' : 'enabled'
  return effort === undefined || takesEffort(model) ? undefined : 'enabled'
}

/** Models that take no effort get a budget in its place. */
function sayEffort({ effort, enabled, budgetTokens }: ReasoningWish, model: string | undefined, losses: Losses) {
  if (effort === undefined || effort === 'none') return undefined
  const isToBeBudget = enabled !== 'adaptive' && enabled !== false && budgetTokens === undefined
  if (isToBeBudget && !takesEffort(model)) {
    losses.add('/reasoning/effort', 'unit')
    return undefined
  }
  if (EFFORTS.has(effort)) return effort
  losses.add('/reasoning/effort', 'unit')
  return 'low'
}

/** At least what the API takes and less than the whole answer; undefined where the answer is too short for both. */
function budgetOf(
  { budgetTokens, effort }: ReasoningWish,
  limit: number | undefined,
  losses: Losses,
): number | undefined {
  const wanted = budgetTokens ?? BUDGETS[effort === undefined || effort === 'none' ? 'medium' : effort]
  const most = limit === undefined ? Number.POSITIVE_INFINITY : limit - 1
  if (most < MIN_BUDGET) return undefined
  const budget = Math.max(MIN_BUDGET, Math.min(wanted, most))
  if (budgetTokens !== undefined && budget !== budgetTokens) losses.add('/reasoning/budgetTokens', 'unit')
  return budget
}

const DISPLAYS: ReadonlySet<string> = new Set(['summarized', 'omitted', 'updates'])

function sayDisplay(summary: string | undefined, losses: Losses): Wire {
  if (summary === undefined) return {}
  if (DISPLAYS.has(summary)) return { display: summary }
  losses.add('/reasoning/summary', 'unit')
  return { display: 'summarized' }
}

/** Thinking was asked for and cannot be had. */
function without(reasoning: ReasoningWish, losses: Losses): Wire {
  losses.add('/reasoning/enabled', 'unit')
  for (const name of ['budgetTokens', 'summary'] as const)
    if (reasoning[name] !== undefined) losses.add(`/reasoning/${name}`, 'no-slot')
  return { type: 'disabled' }
}
