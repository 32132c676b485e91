import type { Part, Request, Turn } from '../model/index.ts'
import { type DigestSeed, TextDigest } from './text-digest.ts'

/**
 * By what a turn of the assistant is known when it comes back: the calls that the client has to answer,
 * else its visible text; and what the client had said just before, for neither is unique. Some servers
 * count their calls from 0 in each answer, and many conversations begin with the same greeting.
 */
export interface TurnMarks {
  /** What the client said since the assistant's last turn. */
  readonly before: string
  /** Ids of the calls that the client runs, in order. */
  readonly callIds: readonly string[]
  /** Digest of the visible text; undefined when there is none. */
  readonly text: string | undefined
}

/** Undefined: by nothing of this could the turn be told from others. */
export function keyOf(owner: string | undefined, { before, callIds, text }: TurnMarks): string | undefined {
  if (callIds.includes('')) return undefined
  const mark = callIds.length > 0 ? callIds : text
  return mark === undefined ? undefined : JSON.stringify([owner ?? null, before, mark])
}

/** The marks of each turn of the assistant, by its place among the turns. */
export function marksOf({ turns }: Request, seed: DigestSeed): ReadonlyMap<number, TurnMarks> {
  const marks = new Map<number, TurnMarks>()
  let before = new TextDigest(seed)
  for (const [place, turn] of turns.entries()) {
    if (turn.role === 'user') digestWords(turn, before)
    if (turn.role !== 'assistant') continue
    marks.set(place, { before: before.value, ...marksIn(turn.parts, seed) })
    before = new TextDigest(seed)
  }
  return marks
}

/** What the client said last; undefined when the answer continues a turn of the assistant. */
export function lastWords({ turns }: Request, seed: DigestSeed): string | undefined {
  const from = turns.findLastIndex(({ role }) => role === 'assistant') + 1
  const words = turns.slice(from).filter(({ role }) => role === 'user')
  if (words.length === 0) return undefined
  const digest = new TextDigest(seed)
  for (const turn of words) digestWords(turn, digest)
  return digest.value
}

/** A result of a tool counts by its id: clients shorten old ones. */
function digestWords({ parts }: Turn, digest: TextDigest): void {
  for (const part of parts) {
    digest.push(part.kind)
    if (part.kind === 'text') digest.push(part.text)
    if (part.kind === 'tool-result') digest.push(part.callId)
  }
}

function marksIn(parts: readonly Part[], seed: DigestSeed): Omit<TurnMarks, 'before'> {
  const digest = new TextDigest(seed)
  for (const part of parts) if (part.kind === 'text') digest.push(part.text)
  return { callIds: parts.flatMap(callIdOf), text: digest.isEmpty ? undefined : digest.value }
}

function callIdOf(part: Part): string[] {
  return part.kind === 'tool-call' && part.runBy === 'client' ? [part.callId] : []
}
