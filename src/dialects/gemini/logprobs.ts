import type { Logprob } from '../../model/index.ts'
import { itemsOf, objectOf, type Wire } from '../value.ts'
import type { GeminiLogprobs, GeminiToken } from './wire.ts'

/** Undefined when nothing is said of the chosen tokens. */
export function readLogprobs(value: unknown): readonly Logprob[] | undefined {
  const { chosenCandidates, topCandidates } = objectOf<GeminiLogprobs>(value) ?? {}
  const tops = itemsOf(topCandidates)
  const logprobs = itemsOf(chosenCandidates).map((chosen, at): Logprob => {
    const top = objectOf<GeminiLogprobs['topCandidates'][number]>(tops[at])?.candidates
    return Array.isArray(top) ? { ...readToken(chosen), top: top.map(readToken) } : readToken(chosen)
  })
  return logprobs.length === 0 ? undefined : logprobs
}

export function writeLogprobs(logprobs: readonly Logprob[]): Wire {
  const chosenCandidates = logprobs.map(writeToken)
  if (logprobs.every(({ top }) => top === undefined)) return { chosenCandidates }
  const topCandidates = logprobs.map(({ top }) => (top === undefined ? {} : { candidates: top.map(writeToken) }))
  return { chosenCandidates, topCandidates }
}

function readToken(value: unknown): Pick<Logprob, 'token' | 'logprob'> {
  const { token, logProbability } = objectOf<GeminiToken>(value) ?? {}
  return {
    token: typeof token === 'string' ? token : '',
    // Zero is left out on the wire.
    logprob: typeof logProbability === 'number' ? logProbability : 0,
  }
}

function writeToken({ token, logprob }: Pick<Logprob, 'token' | 'logprob'>): GeminiToken {
  return { token, logProbability: logprob }
}
