import type { Effort, Losses, ReasoningWish, Request } from '../model/index.ts'

/**
 * What is known of models by their names, wherever they are hosted: whether they reason, and what they refuse
 * because they do. A model of another name is asked for everything.
 *
 * @see https://platform.openai.com/docs/guides/latest-model#parameter-compatibility
 * @see https://docs.x.ai/docs/guides/reasoning
 * @see https://api-docs.deepseek.com/guides/reasoning_model
 */

/** OpenAI's, with major and minor version where they are numbered as GPT. */
const OPENAI_REASONER = /(?:^|[/.])(?:o\d|codex|gpt-([5-9]|\d\d)(?:\.(\d+))?)(?!\d|.*-chat)/
const XAI_REASONER = /(?:^|[/.])grok-[4-9](?!.*non-reasoning)/
const DEEPSEEK_REASONER = /(?:^|[/.])deepseek-reasoner/

/** OpenAI's and Google's that do not reason, and refuse to be told how much. */
const PLAIN = /(?:^|[/.])(?:chatgpt-|gpt-[34]|gpt-5-chat|gemini-1\.|gemini-2\.0(?!.*thinking))/

/** Models of OpenAI's kind of API of which it is known that they reason before they answer. */
export function isReasoningModel(model: string | undefined): boolean {
  return isOpenaiReasoner(model) || XAI_REASONER.test(model ?? '')
}

export function isOpenaiReasoner(model: string | undefined): boolean {
  return OPENAI_REASONER.test(model ?? '')
}

type Wish = 'temperature' | 'topP' | 'logprobs' | 'presencePenalty' | 'frequencyPenalty' | 'stop'

const CHOICE_OF_TOKENS: readonly Wish[] = ['temperature', 'topP', 'logprobs']
const SHAPE_OF_TEXT: readonly Wish[] = ['presencePenalty', 'frequencyPenalty', 'stop']

function refusedBy(model: string, effort: Effort | undefined): readonly Wish[] {
  const openai = OPENAI_REASONER.exec(model)
  if (openai !== null) return isSteady(openai, effort) ? SHAPE_OF_TEXT : [...CHOICE_OF_TOKENS, ...SHAPE_OF_TEXT]
  if (XAI_REASONER.test(model)) return SHAPE_OF_TEXT
  return DEEPSEEK_REASONER.test(model) ? ['logprobs'] : []
}

/** From 5.1 on, and before 6, tokens may be chosen by whoever lets them do without reasoning. */
function isSteady([, major, minor = '0']: RegExpExecArray, effort: Effort | undefined): boolean {
  return effort === 'none' && major === '5' && Number(minor) >= 1
}

/** What each wish is where nobody says it: leaving that out changes nothing. */
const DEFAULTS = { temperature: 1, topP: 1, presencePenalty: 0, frequencyPenalty: 0 } as const

/**
 * The request without the wishes that its model would refuse it for; each is a loss.
 *
 * @param effort how much the model is asked to reason, as the upstream reads it
 */
export function withoutRefused(
  request: Request,
  model: string | undefined,
  effort: Effort | undefined,
  losses: Losses,
): Request {
  let { sampling, stop, logprobs } = request
  for (const wish of refusedBy(model ?? '', effort)) {
    if (wish === 'stop') {
      if (stop !== undefined && stop.length > 0) losses.add('/stop', 'no-slot')
      stop = undefined
    } else if (wish === 'logprobs') {
      if (logprobs !== undefined) losses.add('/logprobs', 'no-slot')
      logprobs = undefined
    } else if (sampling[wish] !== undefined) {
      losses.add(`/sampling/${wish}`, sampling[wish] === DEFAULTS[wish] ? 'cosmetic' : 'no-slot')
      sampling = { ...sampling, [wish]: undefined }
    }
  }
  return { ...request, sampling, stop, logprobs }
}

/** How a request wants reasoning, without what a model that does not reason would refuse it for; each is a loss. */
export function acceptedReasoning(
  wish: ReasoningWish | undefined,
  model: string | undefined,
  losses: Losses,
): ReasoningWish | undefined {
  if (wish === undefined || !PLAIN.test(model ?? '')) return wish
  const isOff = wish.enabled === false || wish.effort === 'none'
  for (const name of Object.keys(wish)) losses.add(`/reasoning/${name}`, isOff ? 'cosmetic' : 'no-slot')
  return undefined
}

/** Output tokens for reasoning up to which a budget is a low or a medium effort. */
const LOW_BUDGET = 4096
const MEDIUM_BUDGET = 16_384

/** The effort that is nearest to a budget of tokens. */
export function effortOf(budgetTokens: number): Effort {
  if (budgetTokens <= LOW_BUDGET) return 'low'
  return budgetTokens <= MEDIUM_BUDGET ? 'medium' : 'high'
}
