import {
  type CacheMark,
  type Losses,
  type MediaPart,
  membersFor,
  type Part,
  type ReasoningPart,
  type Request,
  type TextPart,
  type ToolCallPart,
  type ToolResultPart,
  type Turn,
} from '../../model/index.ts'
import type { EncodeRequestContext } from '../codec.ts'
import { toDataUrl } from '../data-url.ts'
import { refusal } from '../sayings.ts'
import { defined, itemsOf, objectOf, type Wire } from '../value.ts'
import { CallIds } from './call-ids.ts'
import { PART_BREAK, readEcho } from './carrier.ts'
import { audioFormat } from './content.ts'
import { takesCacheMarks, takesCustomTools } from './upstream.ts'

/** What OpenAI takes for the name of a function. */
export const LEGAL_NAME = /^[A-Za-z0-9_-]{1,64}$/

/** A part with its pointer in the neutral request. */
interface Placed<P extends Part = Part> {
  readonly part: P
  readonly path: string
}

interface PlacedTurn {
  readonly turn: Turn
  readonly parts: readonly Placed[]
  readonly path: string
}

/**
 * Writes a conversation as messages.
 *
 * The instructions are one leading system message, a plain text with blank lines between its parts:
 * every server takes that. Results stand directly after the message with their calls, as they must;
 * what stood before them follows. A result without a call is told as a user's text, and a call that
 * nobody answered gets an empty result: servers refuse either otherwise.
 */
export class TurnsEncoder {
  readonly #context: EncodeRequestContext
  readonly #losses: Losses
  readonly #ids = new CallIds()
  readonly #messages: Wire[] = []
  /** The results that stand behind their calls. */
  readonly #used = new Set<Part>()

  constructor(context: EncodeRequestContext) {
    this.#context = context
    this.#losses = context.losses
  }

  encode({ instructions, turns }: Request): readonly Wire[] {
    const placed = instructions.map((part, n) => ({ part, path: `/instructions/${n}` }))
    if (placed.length > 0) this.#messages.push({ role: 'system', content: this.#text(placed) })
    const all = turns.map(placeTurn)
    for (let at = 0; at < all.length; ) {
      const answers = runOf(all, at, true)
      const replies = runOf(all, at + answers.length, false)
      this.#exchange(answers, replies, at + answers.length + replies.length >= all.length)
      at += answers.length + replies.length
    }
    return this.#messages
  }

  /** What the assistant said in a row, and what came back until it speaks again. */
  #exchange(answers: readonly PlacedTurn[], replies: readonly PlacedTurn[], isLast: boolean): void {
    const calls = answers.flatMap(({ parts }) => parts.filter(isClientCall))
    // Every call of a row is answered behind it: one message must hold them all.
    if (calls.length > 0 && answers.length > 1) this.#assistant(joinTurns(answers))
    else for (const turn of answers) this.#assistant(turn)
    this.#results(calls, replies, isLast && replies.length === 0)
    for (const turn of replies) this.#reply(turn)
  }

  #results(calls: readonly Placed<ToolCallPart>[], replies: readonly PlacedTurn[], isOpenEnd: boolean): void {
    const parts = replies.flatMap(turn => turn.parts)
    const results = parts.filter(isResult)
    const answered = new Set<string>()
    const media: Placed[] = []
    for (const call of calls) {
      const result = results.find(({ part }) => part.callId === call.part.callId)
      if (result === undefined && isOpenEnd) continue
      if (result !== undefined && answered.has(call.part.callId)) continue
      answered.add(call.part.callId)
      if (result !== undefined) this.#used.add(result.part)
      const id = this.#callId(call.part.callId, result?.path ?? call.path)
      const content = result === undefined ? '' : this.#result(result)
      this.#messages.push({ role: 'tool', tool_call_id: id, content, ...this.#ownMembers(result) })
      if (result !== undefined) media.push(...this.#mediaOf(result))
    }
    if (media.length > 0) this.#messages.push({ role: 'user', content: this.#parts(media) })
    this.#noteMoved(parts)
  }

  /** What stands before a result, stands behind it now. */
  #noteMoved(parts: readonly Placed[]): void {
    const end = parts.findLastIndex(({ part }) => this.#used.has(part))
    for (const { part, path } of parts.slice(0, Math.max(end, 0)))
      if (part.kind !== 'tool-result') this.#losses.add(path, 'order')
  }

  #result({ part, path }: Placed<ToolResultPart>): string | readonly Wire[] {
    const mark = this.#noteCache(part, path) ? part.cache : undefined
    if (part.failed) this.#losses.add(`${path}/failed`, 'no-slot')
    this.#noteItem(part, path)
    const texts = contentOf(part, path).filter(placed => placed.part.kind === 'text')
    if (texts.length > 0) return this.#text(texts, mark)
    return part.payload ?? (part.failed ? 'The tool failed' : '')
  }

  /** A result is a text: media follow in a message of the user's. */
  #mediaOf({ part, path }: Placed<ToolResultPart>): Placed[] {
    const others = contentOf(part, path).filter(placed => placed.part.kind !== 'text')
    const media = others.filter(placed => placed.part.kind === 'media')
    for (const placed of others) this.#losses.add(placed.path, placed.part.kind === 'media' ? 'order' : 'no-slot')
    if (media.length === 0) return []
    const text = `Media in the result of tool call ${this.#ids.encode(part.callId)}:`
    return [{ part: { kind: 'text', text }, path }, ...media]
  }

  #reply({ turn, parts, path }: PlacedTurn): void {
    const rest = parts.filter(({ part }) => !this.#used.has(part))
    if (rest.length === 0 && parts.length > 0) return
    const told = rest.map(placed => (isResult(placed) ? this.#orphan(placed) : placed))
    const content = turn.role === 'system' ? this.#text(told) : this.#content(told)
    this.#messages.push({ role: turn.role, content, ...this.#turnMembers(turn, path) })
  }

  #orphan({ part, path }: Placed<ToolResultPart>): Placed<TextPart> {
    this.#losses.add(`${path}/kind`, 'no-slot')
    const texts = part.content.map(inner => (inner.kind === 'text' ? inner.text : ''))
    for (const { part: inner, path: innerPath } of contentOf(part, path))
      if (inner.kind !== 'text') this.#losses.add(innerPath, 'no-slot')
    const text = [`Result of tool call ${part.callId}:`, ...texts].join('\n\n')
    return { part: { kind: 'text', text, ...(part.cache === undefined ? {} : { cache: part.cache }) }, path }
  }

  #turnMembers(turn: Turn, path: string): Wire {
    return { ...(turn.name === undefined ? {} : { name: turn.name }), ...this.#ownMembers({ part: turn, path }) }
  }

  #ownMembers(placed: { readonly part: Pick<Part, 'native'>; readonly path: string } | undefined): Wire {
    const native = placed?.part.native
    if (native === undefined || native.dialect === 'chat') return native?.members ?? {}
    this.#losses.addNative(`${placed?.path}/native/members`, native.members)
    return {}
  }

  #assistant({ turn, parts, path }: PlacedTurn): void {
    const calls = parts.filter(isClientCall)
    const visible = parts.filter(({ part }) => part.kind === 'text' || part.kind === 'native')
    const refusals = parts.filter(({ part }) => part.kind === 'refusal')
    const message: Record<string, unknown> = { role: 'assistant', content: null, ...this.#turnMembers(turn, path) }
    const content = this.#assistantContent(visible)
    message.content = content === '' && calls.length > 0 ? null : content
    for (const placed of parts) this.#assistantRest(placed, message)
    if (refusals.length > 0) message.refusal = refusals.map(({ part }) => ('text' in part ? part.text : '')).join('')
    if (calls.length > 0) message.tool_calls = calls.map(call => this.#call(call))
    this.#messages.push(message)
  }

  /** One text; a list only where parts that this dialect alone knows stand among it. */
  #assistantContent(visible: readonly Placed[]): string | readonly unknown[] {
    const isPlain = visible.every(({ part }) => part.kind === 'text' && !this.#hasAttributes(part))
    if (!isPlain) return this.#parts(visible)
    for (const { path } of visible.slice(1)) this.#losses.add(path, 'cosmetic')
    for (const { part, path } of visible) this.#noteText(part, path)
    return visible.map(({ part }) => (part as TextPart).text).join('')
  }

  /** What stands beside the text of the assistant. */
  #assistantRest({ part, path }: Placed, message: Record<string, unknown>): void {
    switch (part.kind) {
      case 'reasoning':
        this.#reasoning(part, path, message)
        break
      case 'media':
        if (part.source.type === 'file' && part.mediaType.startsWith('audio/'))
          message.audio = { id: part.source.fileId }
        else this.#losses.add(path, 'no-slot')
        break
      case 'tool-result':
        this.#losses.add(path, 'no-slot')
        break
      case 'tool-call':
        if (part.runBy === 'provider') this.#losses.add(path, 'no-slot')
        break
      case 'refusal':
        this.#noteCache(part, path)
        break
      default:
    }
  }

  /**
   * Reasoning goes back to its issuer, in the member that it came in. That member is no secret: what a
   * client says there itself goes on.
   */
  #reasoning(part: ReasoningPart, path: string, message: Record<string, unknown>): void {
    const { issuer } = this.#context
    const seals = part.seals ?? []
    const known = seals.filter(seal => seal.dialect === 'chat' && (seal.issuer === issuer || isOpenSlot(seal)))
    for (const [n, seal] of seals.entries())
      if (!known.includes(seal)) this.#losses.add(`${path}/seals/${n}`, 'foreign-seal')
    if (known.length === 0) return this.#losses.add(path, 'no-slot')
    if (part.form === 'summary') this.#losses.add(`${path}/form`, 'no-slot')
    for (const seal of known) {
      const { slot, members } = readEcho(seal)
      for (const [name, value] of Object.entries(members)) message[name] = joinMember(message[name], value)
      const text = part.texts.join(PART_BREAK)
      if (slot !== undefined) this.#inSlot(slot, text, message)
    }
  }

  #inSlot(slot: string, text: string, message: Record<string, unknown>): void {
    if (slot === 'content') {
      const said = typeof message.content === 'string' ? textItems(message.content) : itemsOf(message.content)
      message.content = [{ type: 'thinking', thinking: [{ type: 'text', text }] }, ...said]
    } else if (slot === 'reasoning_details')
      message[slot] = joinMember(message[slot], [{ type: 'reasoning.text', text, format: 'unknown' }])
    else message[slot] = joinMember(message[slot], text)
  }

  #call({ part, path }: Placed<ToolCallPart>): Wire {
    const { callId, name, input, payload, native, seals = [] } = part
    if (!LEGAL_NAME.test(name)) throw refusal(path, illegalName(name))
    this.#noteCache(part, path)
    this.#noteItem(part, path)
    const own = this.#ownSeal(seals, path)
    const { function_call: _, ...members } = membersFor('chat', native) ?? {}
    if (native !== undefined && native.dialect !== 'chat')
      this.#losses.addNative(`${path}/native/members`, native.members)
    const json = input === 'json' ? payload || '{}' : JSON.stringify({ input: payload })
    const call =
      input === 'text' && takesCustomTools(this.#context.issuer)
        ? { type: 'custom', custom: { name, input: payload } }
        : { type: 'function', function: { name, arguments: json } }
    return { id: this.#callId(callId, path), ...call, ...own, ...members }
  }

  #callId(callId: string, path: string): string {
    const id = this.#ids.encode(callId)
    if (id !== callId) this.#losses.add(`${path}/callId`, 'unit')
    return id
  }

  #ownSeal(seals: NonNullable<Part['seals']>, path: string): Wire {
    let members: Wire = {}
    for (const [n, seal] of seals.entries()) {
      if (seal.dialect === 'chat' && seal.issuer === this.#context.issuer)
        members = { ...members, ...readEcho(seal).members }
      else this.#losses.add(`${path}/seals/${n}`, 'foreign-seal')
    }
    return members
  }

  /** Parts as one plain text, with blank lines between them; as parts only where one has a mark. */
  #text(parts: readonly Placed[], mark?: CacheMark): string | readonly Wire[] {
    const texts = parts.filter(({ part }) => part.kind === 'text') as readonly Placed<TextPart>[]
    for (const placed of parts) if (placed.part.kind !== 'text') this.#losses.add(placed.path, 'no-slot')
    if (mark !== undefined || texts.some(({ part }) => this.#hasAttributes(part))) {
      const items = this.#parts(texts)
      const last = items.at(-1)
      if (mark === undefined || last === undefined) return items
      return [...items.slice(0, -1), { ...last, cache_control: { type: 'ephemeral', ...mark } }]
    }
    for (const { path } of texts.slice(1)) this.#losses.add(path, 'cosmetic')
    for (const { part, path } of texts) this.#noteText(part, path)
    return texts.map(({ part }) => part.text).join('\n\n')
  }

  /** A user's message: a plain text where it is one. */
  #content(parts: readonly Placed[]): string | readonly unknown[] {
    const [first, ...others] = parts
    if (first === undefined) return ''
    if (others.length > 0 || first.part.kind !== 'text' || this.#hasAttributes(first.part)) return this.#parts(parts)
    this.#noteText(first.part, first.path)
    return first.part.text
  }

  #parts(parts: readonly Placed[]): readonly Wire[] {
    return parts.map(placed => this.#part(placed)).filter(part => part !== undefined)
  }

  #part(placed: Placed): Wire | undefined {
    const { part, path } = placed
    const encoded = this.#partOf(placed)
    if (encoded === undefined) {
      this.#losses.add(path, 'no-slot')
      return undefined
    }
    if (part.kind === 'native') return encoded
    if (part.kind === 'media') this.#noteMedia(part, path, encoded)
    this.#noteItem(part, path)
    const cache = this.#noteCache(part, path) ? { cache_control: { type: 'ephemeral', ...part.cache } } : {}
    const own = membersFor('chat', part.native)
    if (own === undefined && part.native !== undefined)
      this.#losses.addNative(`${path}/native/members`, part.native.members)
    return { ...encoded, ...cache, ...own }
  }

  /** What the form of a medium has no member for. */
  #noteMedia({ detail, filename, mediaType, source }: MediaPart, path: string, { type }: Wire): void {
    if (source.type === 'file' && mediaType !== 'application/*') this.#losses.add(`${path}/mediaType`, 'cosmetic')
    if (detail !== undefined && type !== 'image_url') this.#losses.add(`${path}/detail`, 'no-slot')
    if (filename !== undefined && type !== 'file') this.#losses.add(`${path}/filename`, 'cosmetic')
  }

  #partOf({ part }: Placed): Wire | undefined {
    switch (part.kind) {
      case 'text':
      case 'refusal':
        return { type: 'text', text: part.text }
      case 'media':
        return encodeMedia(part)
      case 'native':
        return membersFor('chat', part.native)
      default:
        return undefined
    }
  }

  #hasAttributes(part: Part): boolean {
    const isMarked = part.cache !== undefined && takesCacheMarks(this.#context.issuer)
    return isMarked || membersFor('chat', part.native) !== undefined
  }

  #noteText(part: Part, path: string): void {
    this.#noteCache(part, path)
    this.#noteItem(part, path)
    if (part.kind === 'text' && part.annotations !== undefined) this.#losses.add(`${path}/annotations`, 'cosmetic')
    if (part.kind === 'text' && part.logprobs !== undefined) this.#losses.add(`${path}/logprobs`, 'cosmetic')
    for (const [n] of (part.seals ?? []).entries()) this.#losses.add(`${path}/seals/${n}`, 'foreign-seal')
    if (part.native !== undefined && part.native.dialect !== 'chat')
      this.#losses.addNative(`${path}/native/members`, part.native.members)
  }

  #noteItem(part: Part, path: string): void {
    if (part.item !== undefined) this.#losses.add(`${path}/item`, 'cosmetic')
  }

  /** @returns whether there is a mark and the upstream reads it */
  #noteCache({ cache }: Part, path: string): boolean {
    if (cache === undefined) return false
    const isKept = takesCacheMarks(this.#context.issuer)
    if (!isKept) this.#losses.add(`${path}/cache`, 'no-slot')
    return isKept
  }
}

export function illegalName(name: string): string {
  return `its name ${JSON.stringify(name)} is not of 1 to 64 letters, digits, "_" and "-", which this API asks for`
}

function placeTurn(turn: Turn, position: number): PlacedTurn {
  const path = `/turns/${position}`
  return { turn, path, parts: turn.parts.map((part, n) => ({ part, path: `${path}/parts/${n}` })) }
}

function joinTurns(turns: readonly PlacedTurn[]): PlacedTurn {
  const [first] = turns as [PlacedTurn]
  return { ...first, parts: turns.flatMap(({ parts }) => parts) }
}

/** The turns from here that are the assistant's, or that are not. */
function runOf(turns: readonly PlacedTurn[], from: number, isAssistant: boolean): readonly PlacedTurn[] {
  const end = turns.findIndex(({ turn }, at) => at >= from && (turn.role === 'assistant') !== isAssistant)
  return turns.slice(from, end === -1 ? turns.length : Math.max(from, end))
}

function contentOf({ content }: ToolResultPart, path: string): readonly Placed[] {
  return content.map((part, n) => ({ part, path: `${path}/content/${n}` }))
}

function isResult(placed: Placed): placed is Placed<ToolResultPart> {
  return placed.part.kind === 'tool-result'
}

function isClientCall(placed: Placed): placed is Placed<ToolCallPart> {
  return placed.part.kind === 'tool-call' && placed.part.runBy === 'client'
}

/** What a client of this dialect said in a member of its own: nobody's token. */
function isOpenSlot({ issuer, value }: { readonly issuer: string; readonly value: string }): boolean {
  return issuer === '' && value.startsWith('slot:')
}

function textItems(text: string): readonly unknown[] {
  return text === '' ? [] : [{ type: 'text', text }]
}

/** Texts and lists grow; anything else is replaced. */
function joinMember(known: unknown, said: unknown): unknown {
  if (typeof known === 'string' && typeof said === 'string') return known + said
  return Array.isArray(known) && Array.isArray(said) ? [...known, ...said] : said
}

function encodeMedia(part: MediaPart): Wire | undefined {
  const { mediaType, source, filename, detail } = part
  const [sort] = mediaType.split('/')
  const url =
    source.type === 'url' ? source.url : source.type === 'base64' ? toDataUrl(mediaType, source.data) : undefined
  if (source.type === 'text') return { type: 'text', text: source.text }
  if (sort === 'image' && url !== undefined)
    return { type: 'image_url', image_url: defined<object>({ url, detail } as object) }
  if (sort === 'video' && url !== undefined) return { type: 'video_url', video_url: { url } }
  if (sort === 'audio' && source.type === 'base64')
    return { type: 'input_audio', input_audio: { data: source.data, format: audioFormat(mediaType) } }
  if (source.type === 'file')
    return { type: 'file', file: defined<object>({ file_id: source.fileId, filename } as object) }
  if (objectOf(source) === undefined || sort === 'audio') return undefined
  return { type: 'file', file: { filename: filename ?? 'file', file_data: url } }
}
