import { membersFor, type Part, type Request, type Turn } from '../../model/index.ts'
import { refusal } from '../sayings.ts'
import { itemsOf, objectOf, textOf, type Wire } from '../value.ts'
import { isSealsPart, openCarrier, sealsPart } from './carrier.ts'
import { decodeMessage } from './message.ts'
import type { ResponseStore, StoredResponse } from './response-store.ts'
import type { ResponsesItem } from './wire.ts'

/**
 * A request with everything that it refers to: the turns before it, and the items that it only names.
 * Requests of other dialects, and those that refer to nothing, are given back as they are.
 *
 * @param owner who asks; only what this owner has stored is found
 * @throws {MillraceError} `bad-request` when something is not stored here, or can only be known to its provider
 */
export function withHistory(request: Request, owner: string, store: ResponseStore): Request {
  const members = membersFor('responses', request.native)
  for (const member of ['conversation', 'prompt'])
    if (members?.[member] !== undefined) throw refusal(member, 'only the provider who keeps it can read it')
  const resolved = withItems(request, owner, store)
  const id = textOf(members?.previous_response_id)
  return id === undefined ? resolved : withTurns(resolved, id, owner, store)
}

/** Whose answer it is that is kept. */
export interface AnswerOrigin {
  /** Who asked for it, and alone may refer to it. */
  readonly owner: string
  /** Whose tokens of reasoning the answer holds. */
  readonly issuer: string
}

/**
 * Stores an answer under its id, unless the client wants it not to be stored.
 *
 * @param request with its history
 * @param answer the response as the client has it, with the ids that it was given
 */
export function rememberAnswer(
  request: Request,
  answer: Wire,
  { owner, issuer }: AnswerOrigin,
  store: ResponseStore,
): void {
  const id = textOf(answer.id)
  if (request.store === false || id === undefined) return
  const { candidates, failure } = decodeMessage(answer, { issuer })
  if (failure !== undefined) return
  const answered: Turn = { role: 'assistant', parts: candidates[0]?.parts ?? [] }
  const turns = [...request.turns, answered]
  store.put(owner, id, { instructions: request.instructions.filter(isItem), turns, carriers: carriersIn(answer) })
}

function carriersIn({ output }: Wire): StoredResponse['carriers'] {
  const carriers = itemsOf(output).flatMap((value): readonly [string, readonly Part[]][] => {
    const item = objectOf<ResponsesItem>(value)
    const id = textOf(item?.id)
    const token = item?.type === 'reasoning' ? textOf(item.encrypted_content) : undefined
    const carried = token === undefined ? undefined : openCarrier(token, id, '')
    if (id === undefined || carried === undefined || carried.kind === 'seals') return []
    return [[id, carried.kind === 'parts' ? carried.parts : [sealsPart(carried.target, carried.seals)]]]
  })
  return carriers.length === 0 ? undefined : Object.fromEntries(carriers)
}

function withTurns(request: Request, id: string, owner: string, store: ResponseStore): Request {
  const stored = store.get(owner, id)
  if (stored === undefined)
    throw refusal(
      'previous_response_id',
      `there is no answer ${JSON.stringify(id)} here, or no longer`,
      'previous_response_not_found',
    )
  const said = request.instructions.filter(isItem)
  const turns: readonly Turn[] =
    said.length === 0 ? request.turns : [{ role: 'system', parts: said.map(plain) }, ...request.turns]
  return {
    ...without(request, 'previous_response_id'),
    instructions: [...request.instructions.filter(part => !isItem(part)), ...stored.instructions],
    turns: [...stored.turns, ...turns],
  }
}

/** Whether an instruction stood in the input, as an item. */
function isItem(part: Part): boolean {
  const members = membersFor('responses', part.native)
  return members?.role !== undefined || members?.continues === true
}

/** An instruction that has become a turn needs no mark of its own. */
function plain(part: Part): Part {
  const { role: _, continues: __, ...members } = membersFor('responses', part.native) ?? {}
  const { native: ___, ...rest } = part
  const isEmpty = Object.keys(members).length === 0
  return (isEmpty ? rest : { ...rest, native: { dialect: 'responses', members } }) as Part
}

function withItems(request: Request, owner: string, store: ResponseStore): Request {
  if (!request.turns.some(({ parts }) => parts.some(part => referenceIn(part) !== undefined))) return request
  const resolve = (part: Part): readonly Part[] => {
    const id = referenceIn(part)
    if (id === undefined) return [part]
    const parts = store.item(owner, id)
    if (parts === undefined)
      throw refusal('item_reference', `there is no item ${JSON.stringify(id)} here, or no longer`)
    return parts
  }
  const turns = request.turns.map(turn => ({ ...turn, parts: placeSeals(turn.parts.flatMap(resolve)) }))
  return { ...request, turns }
}

/** Seals that are named go to the item that they are of; where that has no id, to what stands before them. */
function placeSeals(parts: readonly Part[]): readonly Part[] {
  const placed: Part[] = []
  for (const part of parts) {
    if (!isSealsPart(part)) {
      placed.push(part)
      continue
    }
    const known = placed.findLastIndex(({ item }) => item !== undefined && item === part.item)
    const at = known < 0 ? placed.length - 1 : known
    const target = placed[at]
    if (target !== undefined && target.seals === undefined) placed[at] = { ...target, seals: part.seals }
  }
  return placed
}

/** The id that a part names instead of saying something. */
function referenceIn(part: Part): string | undefined {
  const item = part.kind === 'native' ? objectOf(membersFor('responses', part.native)?.item) : undefined
  return item?.type === 'item_reference' ? textOf(item.id) : undefined
}

function without(request: Request, member: string): Request {
  const { native, ...rest } = request
  const { [member]: _, ...members } = membersFor('responses', native) ?? {}
  return Object.keys(members).length === 0 ? rest : { ...rest, native: { dialect: 'responses', members } }
}
