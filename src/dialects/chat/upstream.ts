import { isOpenaiReasoner } from '../reasoning-models.ts'

/**
 * What is known of an upstream by its issuer, which by default is its origin. Everybody speaks this API,
 * and nobody takes all of it: what only OpenAI has is not sent to others, who refuse what they do not know.
 */

/** OpenAI itself, Azure too. */
export function isOpenai(issuer: string): boolean {
  return /(^|[./])(openai\.com|azure\.com)(?=[:/]|$)|^openai$|^azure$/.test(issuer)
}

/** Whether it refuses the sampling members that OpenAI does not have. */
export function isStrict(issuer: string): boolean {
  return isOpenai(issuer) || /(^|[./])mistral\.ai(?=[:/]|$)|^mistral$/.test(issuer)
}

/** Whether it reads `cache_control` on parts. */
export function takesCacheMarks(issuer: string): boolean {
  return /(^|[./])openrouter\.ai(?=[:/]|$)|^openrouter$|litellm/.test(issuer)
}

/** Whether tools can be called with free text; everybody else knows functions only. */
export function takesCustomTools(issuer: string): boolean {
  return isOpenai(issuer)
}

/**
 * The member for the limit of output. Every server knows `max_tokens`; OpenAI has deprecated it, and its
 * reasoning models refuse it, wherever they are hosted.
 */
export function limitMember(issuer: string, model: string | undefined): 'max_tokens' | 'max_completion_tokens' {
  return isOpenai(issuer) || isOpenaiReasoner(model) ? 'max_completion_tokens' : 'max_tokens'
}
