/** What a reader makes of an answer, in the words of the manifests. */
import type { Expected, ExpectedCall, ExpectedUsage } from '../corpus.ts'

/** Of several candidates, the first. */
export interface Answer {
  readonly text: string
  readonly reasoning: string
  readonly refusal: string
  readonly toolCalls: readonly ExpectedCall[]
  /** Only the members that were said; null when nothing was. */
  readonly usage: Partial<ExpectedUsage> | null
  readonly finishRaw: string | null
}

/** The answer that a manifest expects. */
export function answerOf({ text, reasoning, refusal = '', toolCalls, usage, finishRaw }: Expected): Answer {
  return { text, reasoning, refusal, toolCalls, usage: usage && usageOf(usage), finishRaw }
}

/** The members of a usage that were said, and that this suite compares; null without any. */
export function usageOf(
  said: { readonly [Member in keyof ExpectedUsage]?: number | null | undefined },
): Answer['usage'] {
  const known = MEMBERS.filter(member => typeof said[member] === 'number')
  return known.length === 0 ? null : Object.fromEntries(known.map(member => [member, said[member]]))
}

const MEMBERS = ['input', 'output', 'cacheRead', 'cacheWrite', 'reasoning'] as const

/** A tool call whose payload is JSON text; none at all means no arguments. */
export function callOf(id: string | null, name: string, raw: string): ExpectedCall {
  return { id, name, args: argsOf(raw), raw }
}

function argsOf(raw: string): unknown {
  if (raw === '') return {}
  try {
    return JSON.parse(raw)
  } catch {
    return { __unparsable: raw }
  }
}
