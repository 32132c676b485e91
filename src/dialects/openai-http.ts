import type { RawHeaders } from '../http/index.ts'

/** What both of OpenAI's APIs have in common. */
export const OPENAI_PREFIX = '/openai'

export function authorizeOpenai(key: string): RawHeaders {
  return ['authorization', `Bearer ${key}`]
}
