import type { Losses } from '../../model/index.ts'
import { itemsOf, type Wire } from '../value.ts'
import type { Piece } from './request-blocks.ts'

/** One message of a request that is being written. */
export interface Draft {
  readonly role: 'user' | 'assistant' | 'system'
  readonly pieces: readonly Piece[]
  readonly members: Wire
}

/** Stands first where a conversation does not begin with the user: the API wants that. */
const OPENING: Wire = { type: 'text', text: 'Continue.' }

/** Stands for the result of a call that has none: the API wants one for each call. */
const NO_RESULT = { content: 'There is no result.', is_error: true } as const

/**
 * Puts messages into an order that the API takes: each result stands first in the user's message that
 * follows its call, no message ends in an opaque block, none is empty, users and assistant alternate,
 * and the user begins.
 */
export function arrange(drafts: readonly Draft[], losses: Losses): Draft[] {
  const trimmed = drafts.map(draft => withoutOpaqueEnd(draft, losses)).filter(({ pieces }) => pieces.length > 0)
  const paired = pairResults(merge(trimmed), losses)
  const merged = merge(paired.filter(({ pieces }) => pieces.length > 0))
  const isOpened = merged[0]?.role === 'user'
  const opened = isOpened
    ? merged
    : [{ role: 'user', pieces: [{ block: OPENING, path: '' }], members: {} } as const, ...merged]
  return trimEnd(opened, losses)
}

function withoutOpaqueEnd(draft: Draft, losses: Losses): Draft {
  if (draft.role !== 'assistant') return draft
  const last = draft.pieces.findLastIndex(({ block }) => !isOpaque(block))
  for (const { path } of draft.pieces.slice(last + 1)) losses.add(path, 'no-slot')
  return { ...draft, pieces: draft.pieces.slice(0, last + 1) }
}

/** Whether a block is reasoning, readable or not. */
export function isOpaque({ type }: Wire): boolean {
  return type === 'thinking' || type === 'redacted_thinking'
}

function merge(drafts: readonly Draft[]): Draft[] {
  const merged: Draft[] = []
  for (const draft of drafts) {
    const last = merged.at(-1)
    if (last?.role !== draft.role) merged.push(draft)
    else {
      const { role, pieces, members } = last
      merged[merged.length - 1] = {
        role,
        pieces: [...pieces, ...draft.pieces],
        members: { ...members, ...draft.members },
      }
    }
  }
  return merged
}

function pairResults(drafts: readonly Draft[], losses: Losses): Draft[] {
  const claimed = claimResults(drafts)
  const taken = new Set([...claimed.values()].flat())
  const paired: Draft[] = []
  for (const [at, draft] of drafts.entries()) {
    const results = at === 0 ? [] : (claimed.get(at - 1) ?? [])
    const isNext = draft.role === 'user'
    if (results.length > 0 && !isNext) paired.push(userOf(placed(results, [], losses)))
    const rest = draft.pieces.filter(piece => !taken.has(piece)).flatMap(piece => orphanText(piece, losses))
    const first = isNext ? placed(results, draft.pieces, losses) : []
    paired.push({ ...draft, pieces: [...first, ...rest] })
  }
  const last = claimed.get(drafts.length - 1) ?? []
  return last.length === 0 ? paired : [...paired, userOf(placed(last, [], losses))]
}

/** For each message with calls, by its place: the result of each call, made up where there is none. */
function claimResults(drafts: readonly Draft[]): Map<number, Piece[]> {
  const results = drafts.flatMap(({ pieces }) => pieces.filter(({ block }) => block.type === 'tool_result'))
  const claimed = new Map<number, Piece[]>()
  for (const [at, { pieces }] of drafts.entries()) {
    const ids = pieces.flatMap(({ block }) => (block.type === 'tool_use' ? [block.id] : []))
    const found = ids.map(id => {
      const place = results.findIndex(({ block }) => block.tool_use_id === id)
      return results.splice(place, place < 0 ? 0 : 1)[0] ?? missing(id)
    })
    const next = drafts[at + 1]?.pieces ?? []
    if (found.length > 0)
      claimed.set(
        at,
        found.toSorted((a, b) => placeIn(next, a) - placeIn(next, b)),
      )
  }
  return claimed
}

/** The client's order stays; what is not among its pieces comes last. */
function placeIn(pieces: readonly Piece[], piece: Piece): number {
  const place = pieces.indexOf(piece)
  return place < 0 ? pieces.length : place
}

function missing(id: unknown): Piece {
  return { block: { type: 'tool_result', tool_use_id: id, ...NO_RESULT }, path: '' }
}

/** Notes which results do not stand where the client put them. */
function placed(results: readonly Piece[], next: readonly Piece[], losses: Losses): readonly Piece[] {
  for (const [at, result] of results.entries())
    if (result.path !== '' && next.indexOf(result) !== at) losses.add(result.path, 'order')
  return results
}

/** A result whose call is not known is told in words. */
function orphanText(piece: Piece, losses: Losses): readonly Piece[] {
  const { block, path } = piece
  if (block.type !== 'tool_result') return [piece]
  losses.add(`${path}/kind`, 'no-slot')
  const heading = { type: 'text', text: `Result of the tool call ${block.tool_use_id}:` }
  return [heading, ...itemsOf(block.content)].map(block => ({ block: block as Wire, path }))
}

function userOf(pieces: readonly Piece[]): Draft {
  return { role: 'user', pieces, members: {} }
}

/** An answer that is to be continued must not end in white space. */
function trimEnd(drafts: readonly Draft[], losses: Losses): Draft[] {
  const last = drafts.at(-1)
  const piece = last?.pieces.at(-1)
  if (last?.role !== 'assistant' || piece?.block.type !== 'text') return [...drafts]
  const text = String(piece.block.text)
  if (text.trimEnd() === text) return [...drafts]
  losses.add(text.trim() === '' ? piece.path : `${piece.path}/text`, 'unit')
  const kept = text.trim() === '' ? [] : [{ ...piece, block: { ...piece.block, text: text.trimEnd() } }]
  const pieces = [...last.pieces.slice(0, -1), ...kept]
  return pieces.length === 0 ? drafts.slice(0, -1) : [...drafts.slice(0, -1), { ...last, pieces }]
}
