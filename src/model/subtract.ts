import type { Loss } from './loss.ts'
import type { Message } from './message.ts'

type Json = Record<string, unknown>

/** Stands where an array item was, until all pointers are resolved. */
const LOST = Symbol('lost')

/**
 * A message without what the losses say was lost: the message that the other side can have.
 *
 * A lost member is left out. A part whose `kind` was lost is text. A part whose `order` was lost has
 * been appended to the nearest earlier part of its kind. Parts whose `order` among each other was lost
 * stand by kind: reasoning with what the provider's tools did, text, refusal, calls, media.
 */
export function subtract(message: Message, losses: readonly Loss[]): Message {
  const rest = structuredClone(message) as unknown as Json
  const ofOrder = losses.filter(({ reason }) => reason === 'order')
  const inOrder = ofOrder.filter(({ path }) => /\/parts\/\d+$/.test(path))
  const sorted = ofOrder.filter(({ path }) => path.endsWith('/parts'))
  for (const loss of losses) if (!inOrder.includes(loss) && !sorted.includes(loss)) remove(rest, loss.path)
  for (const { path } of inOrder) merge(rest, path)
  for (const { path } of sorted) sort(rest, path)
  return prune(rest) as unknown as Message
}

function remove(root: Json, path: string): void {
  const [parent, key] = resolve(root, path)
  if (Array.isArray(parent)) {
    if (Number(key) < parent.length) parent[Number(key)] = LOST
  } else if (parent !== undefined && key !== undefined) {
    if (key === 'kind') parent.kind = 'text'
    else delete parent[key]
  }
}

function merge(root: Json, path: string): void {
  const [parts, key] = resolve(root, path)
  if (!Array.isArray(parts)) return
  const part = parts[Number(key)] as Json | typeof LOST | undefined
  if (part === undefined || part === LOST) return
  const earlier = parts
    .slice(0, Number(key))
    .findLast((other): other is Json => other !== LOST && (other as Json).kind === part.kind)
  if (earlier === undefined) return
  for (const [name, value] of Object.entries(part)) {
    const known = earlier[name]
    if (name === 'text') earlier[name] = `${known}${value}`
    else if (Array.isArray(value)) earlier[name] = [...((known as unknown[]) ?? []), ...value]
  }
  parts[Number(key)] = LOST
}

const RANKS: readonly unknown[] = ['reasoning', 'tool-result', 'text', 'refusal', 'tool-call', 'media', 'native']

function sort(root: Json, path: string): void {
  const [candidate] = resolve(root, path)
  const parts = (candidate as Json | undefined)?.parts
  if (Array.isArray(parts)) parts.sort((a, b) => rankOf(a) - rankOf(b))
}

function rankOf(part: Json | typeof LOST): number {
  if (part === LOST) return -1
  const isReasoning = part.kind === 'reasoning' || part.kind === 'tool-result' || part.runBy === 'provider'
  return isReasoning ? 0 : RANKS.indexOf(part.kind)
}

/** The holder of what a pointer names, and its name there. */
function resolve(root: Json, path: string): [parent: Json | undefined, key: string | undefined] {
  const keys = path
    .split('/')
    .slice(1)
    .map(key => key.replaceAll('~1', '/').replaceAll('~0', '~'))
  const last = keys.pop()
  let at: unknown = root
  for (const key of keys) at = typeof at === 'object' && at !== null ? (at as Json)[key] : undefined
  return [typeof at === 'object' && at !== null ? (at as Json) : undefined, last]
}

/** Members that hold nothing any more, once something was taken out of them. */
const CONTAINERS: ReadonlySet<string> = new Set(['native', 'seals', 'annotations', 'logprobs', 'usage', 'members'])

/** Takes the lost items out of arrays, and drops containers that are empty then. */
function prune(value: unknown): unknown {
  if (Array.isArray(value)) return value.filter(item => item !== LOST).map(prune)
  if (typeof value !== 'object' || value === null) return value
  const kept: Json = {}
  for (const [name, member] of Object.entries(value)) {
    const pruned = prune(member)
    if (pruned === undefined || (CONTAINERS.has(name) && isEmpty(name, pruned))) continue
    kept[name] = pruned
  }
  return kept
}

function isEmpty(name: string, value: unknown): boolean {
  if (name === 'native') return isEmpty('members', (value as Json).members ?? {})
  return typeof value === 'object' && value !== null && Object.keys(value).length === 0
}
