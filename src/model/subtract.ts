import type { Loss } from './loss.ts'
import type { Candidate, Message } from './message.ts'
import type { Part } from './part.ts'
import type { Request } from './request.ts'

/**
 * A message, or a request, without what the losses say was lost: what the other side can have.
 *
 * A lost member or item is left out, with what held nothing else ({@link HOLDERS}). A part whose `kind`
 * was lost is text. A part whose loss is its `order` has been appended to the nearest earlier part of its
 * kind among its neighbours. Parts whose loss is their `order` among each other stand by kind ({@link RANKS}).
 */
export function subtract<T extends Message | Request>(whole: T, losses: readonly Loss[]): T {
  return without(whole, treeOf(losses)) as T
}

/** Members that are gone with the last of what they held. */
const HOLDERS: ReadonlySet<string> = new Set([
  'annotations',
  'members',
  'metadata',
  'native',
  'output',
  'reasoning',
  'seals',
  'usage',
])

/** The losses by the tokens of their paths. */
interface LossTree {
  readonly inside: Map<string, LossTree>
  loss?: Loss
}

function treeOf(losses: readonly Loss[]): LossTree {
  const root: LossTree = { inside: new Map() }
  for (const loss of losses) {
    let at = root
    for (const token of tokensOf(loss.path)) {
      let next = at.inside.get(token)
      if (next === undefined) {
        next = { inside: new Map() }
        at.inside.set(token, next)
      }
      at = next
    }
    at.loss = loss
  }
  return root
}

/** The tokens of a JSON pointer (RFC 6901). */
function tokensOf(path: string): readonly string[] {
  return path
    .split('/')
    .slice(1)
    .map(token => token.replaceAll('~1', '/').replaceAll('~0', '~'))
}

function without(value: unknown, tree: LossTree): unknown {
  if (Array.isArray(value)) return itemsWithout(value, tree)
  return typeof value === 'object' && value !== null ? membersWithout(value, tree) : value
}

function membersWithout(object: object, tree: LossTree): object {
  const kept = Object.entries(object).flatMap(([name, value]): [string, unknown][] => {
    const lost = tree.inside.get(name)
    if (lost === undefined) return [[name, value]]
    if (name === 'candidates') return [[name, candidatesWithout(value as readonly Candidate[], lost)]]
    const isSorted = lost.loss?.reason === 'order' && Array.isArray(value)
    if (lost.loss !== undefined && !isSorted) return name === 'kind' ? [['kind', 'text']] : []
    const rest = isSorted ? byRank(itemsWithout(value, lost)) : without(value, lost)
    return HOLDERS.has(name) && isEmpty(rest) ? [] : [[name, rest]]
  })
  return Object.fromEntries(kept)
}

/** A path names a candidate by its index, which a stream knows: where there are gaps it is not the place. */
function candidatesWithout(candidates: readonly Candidate[], tree: LossTree): readonly unknown[] {
  return candidates.flatMap(candidate => {
    const lost = tree.inside.get(String(candidate.index))
    if (lost === undefined) return [candidate]
    return lost.loss === undefined ? [without(candidate, lost)] : []
  })
}

function itemsWithout(items: readonly unknown[], tree: LossTree): readonly unknown[] {
  const kept: unknown[] = []
  for (const [at, item] of items.entries()) {
    const lost = tree.inside.get(String(at))
    if (lost?.loss?.reason === 'order') append(kept, without(item, lost))
    else if (lost?.loss === undefined) kept.push(lost === undefined ? item : without(item, lost))
  }
  return kept
}

/** Puts a part's text and lists at the end of the nearest earlier part of its kind. */
function append(parts: unknown[], part: unknown): void {
  const isSameKind = (other: unknown) => kindOf(other) === kindOf(part)
  const at = parts.findLastIndex(isSameKind)
  if (at < 0) parts.push(part)
  else parts[at] = joined(parts[at] as Members, part as Members)
}

type Members = Readonly<Record<string, unknown>>

function joined(earlier: Members, later: Members): Members {
  const added = Object.entries(later).flatMap(([name, value]): [string, unknown][] => {
    const known = earlier[name] ?? []
    if (name === 'text') return [[name, `${earlier.text}${value}`]]
    return Array.isArray(value) && Array.isArray(known) ? [[name, [...known, ...value]]] : []
  })
  return { ...earlier, ...Object.fromEntries(added) }
}

/** The order in which a dialect that has one place for each kind of part says them. */
const RANKS: Readonly<Record<Part['kind'], number>> = {
  reasoning: 0,
  'tool-result': 0,
  text: 1,
  refusal: 2,
  'tool-call': 3,
  media: 4,
  native: 5,
}

function byRank(parts: readonly unknown[]): readonly unknown[] {
  return (parts as readonly Part[]).toSorted((a, b) => rankOf(a) - rankOf(b))
}

/** What the provider's tools did stands with the reasoning. */
function rankOf(part: Part): number {
  return part.kind === 'tool-call' && part.runBy === 'provider' ? RANKS['tool-result'] : RANKS[part.kind]
}

function kindOf(part: unknown): unknown {
  return (part as Members).kind
}

/** Nothing is in it; of a native pocket, in its members. */
function isEmpty(value: unknown): boolean {
  if (typeof value !== 'object' || value === null) return false
  return Object.keys(value).every(name => name === 'dialect')
}
