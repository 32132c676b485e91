import type { Logprob } from '../../model/index.ts'
import { itemsOf, objectOf, type Unread, type Wire } from '../value.ts'
import type { GeminiLogprobs, GeminiPart, GeminiToken } from './wire.ts'

function readLogprobs(value: unknown): readonly Logprob[] {
  const { chosenCandidates, topCandidates } = objectOf<GeminiLogprobs>(value) ?? {}
  const tops = itemsOf(topCandidates)
  return itemsOf(chosenCandidates).map((chosen, at): Logprob => {
    const top = objectOf<GeminiLogprobs['topCandidates'][number]>(tops[at])?.candidates
    return Array.isArray(top) ? { ...readToken(chosen), top: top.map(readToken) } : readToken(chosen)
  })
}

/** How many of the first tokens spell a text; all of them where none do. */
function spelling(logprobs: readonly Logprob[], text: string): number {
  let at = 0
  for (const [count, { token }] of logprobs.entries()) {
    if (!text.startsWith(token, at)) break
    at += token.length
    if (at === text.length) return count + 1
  }
  return logprobs.length
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

/** Whether tokens are exactly those of a text. */
export function spells(logprobs: readonly Logprob[], text: string): boolean {
  return logprobs.map(({ token }) => token).join('') === text
}

/** The log probabilities of one chunk: each text takes those that spell it. */
export class ChunkLogprobs {
  rest: readonly Logprob[]

  constructor(result: unknown) {
    this.rest = readLogprobs(result)
  }

  take({ text, thought }: Unread<GeminiPart>): readonly Logprob[] | undefined {
    if (this.rest.length === 0 || typeof text !== 'string' || text === '' || thought === true) return undefined
    const count = spelling(this.rest, text)
    const taken = this.rest.slice(0, count)
    this.rest = this.rest.slice(count)
    return taken
  }
}
