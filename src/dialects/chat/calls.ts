import type { EventWriter, Seal } from '../../model/index.ts'
import { countOf, objectOf, parseJson, restOf, textOf, type Unread } from '../value.ts'
import { readExtraContent } from './carrier.ts'
import { nativeOf, spoken } from './tables.ts'
import type { ChatFunctionCall, ChatToolCall } from './wire.ts'

const CALL_MEMBERS: ReadonlySet<string> = new Set(['index', 'id', 'type', 'function', 'custom', 'extra_content'])

interface Call {
  /** Its index on the wire. */
  readonly place: number | undefined
  id: string | undefined
  name: string | undefined
  input: 'json' | 'text'
  readonly isLegacy: boolean
  /** Its block; undefined while the name is not known. */
  block: number | undefined
  payload: string
  seal: Seal | undefined
  native: Record<string, unknown> | undefined
}

/** One piece of a call, whatever its form on the wire. */
interface Piece extends Omit<Call, 'block' | 'payload'> {
  readonly payload: string
}

/**
 * The tool calls of one candidate. Providers number them, or not, or give two calls one number; they
 * say the arguments whole or in pieces, and the name at once, again and again, or late.
 */
export class CallReader {
  readonly #writer: EventWriter
  readonly #choice: number
  readonly #issuer: string
  readonly #calls: Call[] = []

  constructor(writer: EventWriter, choice: number, issuer: string) {
    this.#writer = writer
    this.#choice = choice
    this.#issuer = issuer
  }

  get isEmpty(): boolean {
    return this.#calls.length === 0
  }

  read(item: Unread<ChatToolCall>): void {
    const custom = objectOf<ChatToolCall['custom']>(item.custom)
    const call = objectOf<ChatFunctionCall>(item.function)
    const rest = spoken(restOf(item as object as Record<string, unknown>, CALL_MEMBERS) ?? {})
    this.#add({
      place: countOf(item.index),
      id: textOf(item.id),
      name: textOf(custom?.name) ?? textOf(call?.name),
      input: custom !== undefined || item.type === 'custom' ? 'text' : 'json',
      isLegacy: false,
      payload: custom === undefined ? payloadOf(call?.arguments) : (textOf(custom.input) ?? ''),
      seal: readExtraContent(item.extra_content, this.#issuer),
      native: Object.keys(rest).length === 0 ? undefined : rest,
    })
  }

  /** Reads the one call of the time before tools. */
  readLegacy(call: Unread<ChatFunctionCall>): void {
    this.#add({
      place: -1,
      id: undefined,
      name: textOf(call.name),
      input: 'json',
      isLegacy: true,
      payload: payloadOf(call.arguments),
      seal: undefined,
      native: { function_call: true },
    })
  }

  /** Closes the calls whose arguments are complete: something else begins. */
  closeComplete(): void {
    for (const call of this.#calls)
      if (call.block !== undefined && this.#writer.isOpen(call.block) && isComplete(call)) this.#close(call)
  }

  /** Opens what was held for a name that never came, and closes all. */
  end(): void {
    for (const call of this.#calls) {
      if (call.block === undefined) this.#open(call)
      this.#close(call)
    }
  }

  #add(piece: Piece): void {
    const call = this.#find(piece) ?? this.#begin(piece)
    call.name ??= piece.name
    call.seal = piece.seal ?? call.seal
    call.payload += piece.payload
    if (call.block !== undefined) this.#writer.payload(call.block, piece.payload)
    else {
      call.id ??= piece.id
      if (call.name !== undefined) this.#open(call)
    }
  }

  /** The call that a piece belongs to. */
  #find({ place, id, name, payload }: Piece): Call | undefined {
    const sameId = id === undefined ? undefined : this.#calls.findLast(call => call.id === id)
    if (sameId !== undefined) return isRenamed(sameId, name) ? undefined : sameId
    const call = place === undefined ? this.#calls.at(-1) : this.#calls.findLast(call => call.place === place)
    if (call === undefined) return undefined
    if (id !== undefined) return call.id === undefined && call.block === undefined ? call : undefined
    const isNext = name !== undefined && call.name !== undefined && isComplete(call) && payload !== ''
    return isNext || (isRenamed(call, name) && isComplete(call)) ? undefined : call
  }

  #begin(piece: Piece): Call {
    this.closeComplete()
    const call: Call = { ...piece, block: undefined, payload: '' }
    this.#calls.push(call)
    return call
  }

  #open(call: Call): void {
    const { id = '', name = '', input, native } = call
    const block = { choice: this.#choice, kind: 'tool-call', callId: id, name, runBy: 'client', input } as const
    call.block = this.#writer.open(native === undefined ? block : { ...block, native: nativeOf(native) })
    this.#writer.payload(call.block, call.payload)
  }

  #close({ block, seal }: Call): void {
    if (block === undefined) return
    if (seal !== undefined) this.#writer.seal(block, seal)
    this.#writer.close(block)
  }
}

function isRenamed(call: Call, name: string | undefined): boolean {
  return name !== undefined && call.name !== undefined && call.name !== name
}

/** Only an object can be told to be whole. */
function isComplete({ payload, input }: Call): boolean {
  return input === 'json' && payload.trimEnd().endsWith('}') && parseJson(payload) !== undefined
}

function payloadOf(value: unknown): string {
  if (typeof value === 'string') return value
  return objectOf(value) === undefined ? '' : JSON.stringify(value)
}
