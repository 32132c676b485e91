import {
  type Losses,
  type MediaPart,
  membersFor,
  type Native,
  type Part,
  type ReasoningPart,
  type RefusalPart,
  type Seal,
  type TextPart,
  type ToolCallPart,
  type ToolResultPart,
  type Turn,
} from '../../model/index.ts'
import type { EncodeRequestContext } from '../codec.ts'
import { defined, objectOf, parseJson, type Wire } from '../value.ts'
import { encodeAnnotation, encodeLogprobs, withRange } from './annotation.ts'
import { encodeContent, encodeInputPart } from './content.ts'
import { joinHosted } from './hosted.ts'
import type { WireName } from './namespace.ts'

/** The item that parts are being added to. */
interface Draft {
  readonly kind: 'message' | 'reasoning' | 'other'
  readonly item: string | undefined
  readonly wire: Record<string, unknown>
  readonly content: Wire[]
}

/**
 * Writes the turns of a conversation as items of the input.
 *
 * Ids of items are another answer's, perhaps another provider's: only those that a token or an item of
 * this dialect needs go up.
 */
export class TurnsEncoder {
  readonly #issuer: string
  readonly #losses: Losses
  readonly #names: ReadonlyMap<string, WireName>
  /** Calls that were made with free text: their results have a type of their own. */
  readonly #textCalls = new Set<string>()
  #drafts: Draft[] = []
  /** Length of the visible text of the turn so far. */
  #visible = 0

  constructor({ issuer, losses }: EncodeRequestContext, names: ReadonlyMap<string, WireName>) {
    this.#issuer = issuer
    this.#losses = losses
    this.#names = names
  }

  encode(turns: readonly Turn[]): readonly Wire[] {
    for (const [n, turn] of turns.entries()) this.#encodeTurn(turn, `/turns/${n}`)
    return this.#drafts.map(({ kind, wire, content }) => (kind === 'message' ? { ...wire, content } : wire))
  }

  #encodeTurn({ role, parts, name, native }: Turn, path: string): void {
    if (name !== undefined) this.#losses.add(`${path}/name`, 'no-slot')
    const own = this.#own(native, path)
    this.#visible = 0
    const before = this.#drafts.length
    for (const [n, part] of parts.entries()) {
      const at = `${path}/parts/${n}`
      if (part.item !== undefined && !this.#sendsId(part)) this.#losses.add(`${at}/item`, 'cosmetic')
      if (role === 'assistant') this.#encodeAnswer(part, at, parts, before)
      else this.#encodeInput(part, at, role === 'user' ? 'user' : (own.role ?? 'developer'), own, before)
    }
  }

  /** Only what stands in an item of this dialect, or beside its token, is known by an id. */
  #sendsId(part: Part): boolean {
    if (part.kind === 'reasoning') return (part.seals ?? []).some(seal => this.#isOwn(seal) && seal.id === part.item)
    if (part.kind === 'media') return true
    return part.kind !== 'text' && part.kind !== 'refusal' && ownType(part) !== undefined
  }

  /** What a client says: one message, cut by the results of its tools. */
  #encodeInput(part: Part, path: string, role: unknown, own: Wire, before: number): void {
    if (part.kind === 'tool-result') {
      this.#encodeResult(part, path)
      return
    }
    const whole = part.kind === 'native' ? objectOf(membersFor('responses', part.native)?.item) : undefined
    if (whole !== undefined) {
      this.#push('other', undefined, whole)
      return
    }
    const content = encodeInputPart(part, path, this.#losses)
    if (content === undefined) return
    this.#loseSeals(part, path)
    const last = this.#drafts.length > before ? this.#drafts.at(-1) : undefined
    const message = last?.kind === 'message' ? last : this.#push('message', undefined, messageOf(role, own))
    message.content.push(content)
  }

  #encodeAnswer(part: Part, path: string, parts: readonly Part[], before: number): void {
    if (part.cache !== undefined) this.#losses.add(`${path}/cache`, 'no-slot')
    switch (part.kind) {
      case 'text':
      case 'refusal':
        this.#encodeText(part, path, before)
        break
      case 'reasoning':
        this.#encodeReasoning(part, path, parts, before)
        break
      case 'tool-call':
        if (part.runBy === 'provider') this.#encodeHosted(part, path, parts)
        else this.#encodeCall(part, path)
        break
      case 'tool-result':
        if (part.payload === undefined) this.#encodeResult(part, path)
        else if (!hasOwnCall(part, parts)) this.#losses.add(path, 'no-slot')
        break
      case 'media':
        this.#encodeImage(part, path)
        break
      case 'native':
        this.#encodeNative(part, path, before)
        break
      default:
        part satisfies never
    }
  }

  #encodeText(part: TextPart | RefusalPart, path: string, before: number): void {
    const { item: _, ...rest } = this.#own(part.native, path)
    this.#loseSeals(part, path)
    const base = this.#visible
    if (part.kind === 'text') this.#visible += part.text.length
    const content =
      part.kind === 'refusal'
        ? { type: 'refusal', refusal: part.text, ...rest }
        : { type: 'output_text', text: part.text, ...this.#encodeDetails(part, base, path), ...rest }
    this.#messageOf(part, before).content.push(content)
  }

  #encodeDetails({ annotations = [], logprobs }: TextPart, base: number, path: string): Wire {
    const encoded = annotations.flatMap((annotation, n): readonly Wire[] => {
      const wire = encodeAnnotation(annotation, base, `${path}/annotations/${n}`, this.#losses)
      return wire === undefined ? [] : [withRange(wire)]
    })
    return defined<Wire>({ annotations: encoded, logprobs: logprobs && encodeLogprobs(logprobs) })
  }

  /** Parts of one item are one message; parts of no item are a message each. */
  #messageOf(part: Part, before: number): Draft {
    const last = this.#drafts.length > before ? this.#drafts.at(-1) : undefined
    if (last?.kind === 'message' && last.item !== undefined && last.item === part.item) return last
    const rest = objectOf(membersFor('responses', part.native)?.item)
    return this.#push('message', part.item, { type: 'message', role: 'assistant', ...rest })
  }

  /** Reasoning that its reader cannot prove is refused, so it stays out. */
  #encodeReasoning(part: ReasoningPart, path: string, parts: readonly Part[], before: number): void {
    const last = this.#drafts.length > before ? this.#drafts.at(-1) : undefined
    const isSameItem = last?.kind === 'reasoning' && last.item !== undefined && last.item === part.item
    const siblings =
      part.item === undefined ? [part] : parts.filter(({ kind, item }) => kind === part.kind && item === part.item)
    const seal = siblings.flatMap(({ seals = [] }) => seals).find(seal => this.#isOwn(seal))
    for (const [n, other] of (part.seals ?? []).entries())
      if (other !== seal) this.#losses.add(`${path}/seals/${n}`, 'foreign-seal')
    if (seal === undefined) {
      this.#losses.add(path, 'no-slot')
      return
    }
    const { item: own } = this.#own(part.native, path)
    const draft = isSameItem ? last : this.#push('reasoning', part.item, reasoningOf(seal))
    Object.assign(draft.wire, objectOf(own))
    const texts = part.texts.map(text => ({ type: part.form === 'full' ? 'reasoning_text' : 'summary_text', text }))
    const member = part.form === 'full' ? 'content' : 'summary'
    if (texts.length > 0) draft.wire[member] = [...((draft.wire[member] as Wire[] | undefined) ?? []), ...texts]
  }

  #isOwn({ dialect, issuer }: Seal): boolean {
    return dialect === 'responses' && issuer === this.#issuer
  }

  #encodeCall(part: ToolCallPart, path: string): void {
    const { item } = this.#own(part.native, path)
    this.#loseSeals(part, path)
    const isText = part.input === 'text'
    if (isText) this.#textCalls.add(part.callId)
    this.#push('other', undefined, {
      type: isText ? 'custom_tool_call' : 'function_call',
      call_id: part.callId,
      ...(this.#names.get(part.name) ?? { name: part.name }),
      ...(isText ? { input: part.payload } : { arguments: part.payload === '' ? '{}' : part.payload }),
      ...objectOf(item),
    })
  }

  #encodeResult(part: ToolResultPart, path: string): void {
    const { item, type } = this.#own(part.native, path)
    if (part.failed) this.#losses.add(`${path}/failed`, 'no-slot')
    if (part.cache !== undefined) this.#losses.add(`${path}/cache`, 'no-slot')
    this.#loseSeals(part, path)
    const usual = this.#textCalls.has(part.callId) ? 'custom_tool_call_output' : 'function_call_output'
    const output = this.#encodeOutput(part.content, `${path}/content`)
    this.#push('other', undefined, { type: type ?? usual, call_id: part.callId, output, ...objectOf(item) })
  }

  /** One plain text stands by itself. */
  #encodeOutput(content: readonly Part[], path: string): string | readonly Wire[] {
    const [only] = content
    if (only === undefined) return ''
    const isPlain = content.length === 1 && only.kind === 'text' && only.native === undefined
    if (!isPlain) return encodeContent(content, path, this.#losses)
    if (only.cache !== undefined) this.#losses.add(`${path}/0/cache`, 'no-slot')
    return only.text
  }

  /** An item of a tool that this provider ran: call and result together. */
  #encodeHosted(part: ToolCallPart, path: string, parts: readonly Part[]): void {
    const rest = ownItem(part)
    if (rest === undefined || part.item === undefined) {
      this.#losses.add(path, 'no-slot')
      return
    }
    const result = parts.find(other => other.kind === 'tool-result' && other.callId === part.callId)
    const payload = result?.kind === 'tool-result' ? result.payload : undefined
    const input = objectOf(parseJson(part.payload)) ?? {}
    this.#push('other', undefined, joinHosted(part.item, rest, input, objectOf(parseJson(payload ?? '')) ?? {}))
  }

  /** A picture that this provider made; others have no place in what a model said. */
  #encodeImage(part: MediaPart, path: string): void {
    const { item: id, source, mediaType } = part
    if (id === undefined || source.type !== 'base64' || !mediaType.startsWith('image/')) {
      this.#losses.add(path, 'no-slot')
      return
    }
    const { item } = this.#own(part.native, path)
    const rest = objectOf(item)
    this.#push('other', undefined, {
      type: 'image_generation_call',
      id,
      status: 'completed',
      ...rest,
      result: source.data,
    })
  }

  #encodeNative(part: Part, path: string, before: number): void {
    const own = membersFor('responses', part.native)
    const item = objectOf(own?.item)
    const content = objectOf(own?.part)
    if (content !== undefined) this.#messageOf(part, before).content.push(content)
    else if (item !== undefined) this.#push('other', undefined, item)
    else this.#losses.add(path, 'no-slot')
  }

  #own(native: Native | undefined, path: string): Wire {
    if (native === undefined) return {}
    if (native.dialect === 'responses') return native.members
    this.#losses.addNative(`${path}/native/members`, native.members)
    return {}
  }

  #loseSeals({ seals = [] }: Part, path: string): void {
    for (const [n] of seals.entries()) this.#losses.add(`${path}/seals/${n}`, 'foreign-seal')
  }

  #push(kind: Draft['kind'], item: string | undefined, wire: Wire): Draft {
    const draft = { kind, item, wire: { ...wire }, content: [] }
    this.#drafts.push(draft)
    return draft
  }
}

function messageOf(role: unknown, own: Wire): Wire {
  return { type: 'message', role, ...objectOf(own.item) }
}

function reasoningOf({ id, value }: Seal): Wire {
  return defined<Wire>({ type: 'reasoning', id, summary: [], encrypted_content: value })
}

/** The type of the item of this dialect that a part is, or is a half of. */
function ownType(part: Part): unknown {
  return part.kind === 'tool-result' && part.payload !== undefined ? 'hosted' : ownItem(part)?.type
}

function ownItem(part: Part): Wire | undefined {
  return objectOf(membersFor('responses', part.native)?.item)
}

/** Whether the call of a result is an item of this dialect, in which the result stands too. */
function hasOwnCall(result: ToolResultPart, parts: readonly Part[]): boolean {
  return parts.some(
    part =>
      part.kind === 'tool-call' &&
      part.callId === result.callId &&
      ownItem(part) !== undefined &&
      part.item !== undefined,
  )
}
