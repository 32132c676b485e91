import { type Failure, failure } from '../../errors.ts'
import { isDeeperThan, parseExact } from '../../json/index.ts'
import {
  EventWriter,
  finishOf,
  mergeUsage,
  type Seal,
  type StreamEvent,
  type Usage,
  writePart,
} from '../../model/index.ts'
import type { SseEvent } from '../../sse/index.ts'
import type { DecodeAnswerContext, Emit, StreamDecoder } from '../codec.ts'
import type { DeltaKeys } from '../delta-shape.ts'
import { PlainDeltas } from '../plain-deltas.ts'
import { defined, hasError, itemsOf, objectOf, parseJson, restOf, textOf, type Unread, type Wire } from '../value.ts'
import { type Cargo, decodeCallId, readCargo, readSeal } from './carrier.ts'
import { readCitation } from './citation.ts'
import { decodeMessagesEvent } from './failure.ts'
import { FINISHES, isErrorContent, readFullUsage, toTotals, withoutNulls } from './tables.ts'
import type { Message, MessagesBlock, MessagesDelta, MessagesEvent, MessagesUsage } from './wire.ts'

/** An answer is one candidate. */
const CHOICE = 0

type Kind = 'text' | 'thinking' | 'call' | 'whole' | 'native'

/** A block of the wire that has begun. */
interface OpenBlock {
  /** Its number in the neutral stream. */
  readonly index: number
  readonly kind: Kind
  readonly callId: string | undefined
  /** What a call's input is if no delta says it. */
  input: unknown
  /** Of a block that only we know: what deltas changed. */
  changes: Record<string, unknown> | undefined
}

const STARTED: ReadonlySet<string> = new Set(['id', 'type', 'role', 'model', 'content', 'usage'])
const ENDED: ReadonlySet<string> = new Set(['stop_reason', 'stop_sequence', 'stop_details'])
const START_MEMBERS: ReadonlySet<string> = new Set([...STARTED, ...ENDED])
const EVENT_MEMBERS: ReadonlySet<string> = new Set(['type', 'delta', 'usage'])
const TEXT_MEMBERS: ReadonlySet<string> = new Set(['type', 'text', 'citations'])
const THINKING_MEMBERS: ReadonlySet<string> = new Set(['type', 'thinking', 'signature'])
const REDACTED_MEMBERS: ReadonlySet<string> = new Set(['type', 'data'])
const CALL_MEMBERS: ReadonlySet<string> = new Set(['type', 'id', 'name', 'input'])
/** The type of a call that the provider runs says how to write it again. */
const PROVIDER_CALL_MEMBERS: ReadonlySet<string> = new Set(['id', 'name', 'input'])
const RESULT_MEMBERS: ReadonlySet<string> = new Set(['tool_use_id', 'content', 'is_error'])

/** What may differ in plain deltas: the text, and blanks before the last brace. */
const PLAIN: DeltaKeys = { opaque: new Set(['text', 'thinking']), counters: new Set(), isPadded: true }

export function createStreamDecoder(context: DecodeAnswerContext, emit: Emit<StreamEvent>): StreamDecoder {
  return new PlainDeltas(PLAIN, emit, watched => new MessagesStreamDecoder(context, watched))
}

/**
 * Reads a Messages stream.
 *
 * A block's end is told when the next event says that nothing more belongs to it: an opaque block of
 * ours that follows may hold its seals.
 */
export class MessagesStreamDecoder implements StreamDecoder {
  readonly #writer: EventWriter
  readonly #issuer: string
  /** By their index on the wire. */
  readonly #blocks = new Map<unknown, OpenBlock>()
  /** Has got its stop, but may still get seals. */
  #stopped: OpenBlock | undefined
  /** Seals of calls that are still to come, by the call's id. */
  readonly #seals = new Map<string, readonly Seal[]>()
  /** The usage in the provider's own arithmetic. */
  #said: Usage = {}
  #model: string | undefined
  #endMembers: Record<string, unknown> = {}
  /** Frames that came before the message. */
  #early: SseEvent[] = []

  constructor({ issuer }: DecodeAnswerContext, emit: Emit<StreamEvent>) {
    this.#writer = new EventWriter(emit)
    this.#issuer = issuer
  }

  get isFinished(): boolean {
    return this.#writer.isFinished || this.#writer.hasEnded
  }

  get isTerminal(): boolean {
    return this.#writer.hasEnded
  }

  push({ event, data }: SseEvent): void {
    if (this.#writer.hasEnded) return
    const value = isDeeperThan(MAX_DEPTH, data) ? undefined : objectOf(parseJson(data))
    if (value !== undefined) this.read(event, value, data)
    else if (data.trim() !== '[DONE]') this.#native({ event, data })
  }

  /** Reads one event whose data has been parsed. */
  read(name: string | undefined, data: Wire, source = ''): void {
    const event: Unread<MessagesEvent> = data
    switch (textOf(event.type) ?? name) {
      case 'content_block_delta':
        if (!this.#readDelta(event.index, objectOf(event.delta) ?? {})) this.#native({ event: name, data: source })
        break
      case 'content_block_start': {
        const block = objectOf(exactly(data, source).content_block)
        if (textOf(block?.type) === undefined) this.#native({ event: name, data: source })
        else this.#startBlock(event.index, block ?? {})
        break
      }
      case 'content_block_stop':
        this.#stopBlock(event.index)
        break
      case 'message_start':
        this.#startMessage(objectOf(event.message) ?? {})
        break
      case 'message_delta':
        this.#readEnd(objectOf(event.delta) ?? {}, event.usage, restOf(data, EVENT_MEMBERS))
        break
      case 'message_stop':
        this.#complete()
        break
      case 'ping':
        if (this.#writer.hasStarted) this.#writer.ping()
        break
      case 'error':
        this.#readError(data)
        break
      default:
        if (hasError(data)) this.#readError(data)
        else this.#native({ event: name, data: source })
    }
  }

  settle(): void {
    this.#settle()
  }

  end(): void {
    if (this.#writer.isFinished) this.#complete()
    else this.fail(failure('truncated', 'Upstream ended the stream before `message_stop`'))
  }

  fail(failure: Failure): void {
    this.#settle()
    this.#writer.fail(failure)
  }

  #startMessage(message: Unread<Message>): void {
    if (this.#writer.hasStarted) return
    const members = withoutNulls(restOf(message, START_MEMBERS) ?? {})
    this.#model = textOf(message.model)
    this.#writer.start({
      id: textOf(message.id),
      model: this.#model,
      ...defined<{ serviceTier: string }>({
        serviceTier: textOf(objectOf<MessagesUsage>(message.usage)?.service_tier),
      }),
      ...(Object.keys(members).length === 0 ? {} : { native: { dialect: 'messages', members } as const }),
    })
    this.#writer.touch(CHOICE)
    this.#readStartUsage(message.usage)
    for (const event of this.#early.splice(0)) this.#native(event)
    for (const [index, block] of itemsOf(message.content).entries()) {
      this.#startBlock(index, objectOf(block) ?? {})
      this.#stopBlock(index)
    }
  }

  /**
   * At the start a zero is no count: who counts only at the end writes zeros there. Input is zero only
   * beside what the cache gave.
   */
  #readStartUsage(value: unknown): void {
    const usage = objectOf<MessagesUsage>(value)
    if (usage === undefined) return
    const { input, output, ...said } = readFullUsage(usage, this.#model)
    const isInput = input !== 0 || said.cacheRead !== undefined || said.cacheWrite !== undefined
    this.#sayUsage({ ...said, input: isInput ? input : undefined, output: output === 0 ? undefined : output })
  }

  #sayUsage(said: Parameters<typeof mergeUsage>[1]): void {
    this.#said = mergeUsage(this.#said, said)
    if (Object.keys(this.#said).length > 0) this.#writer.usage(toTotals(this.#said))
  }

  #readEnd(delta: Unread<MessagesDelta>, value: unknown, members: Wire = {}): void {
    this.#settle()
    const usage = objectOf<MessagesUsage>(value)
    if (usage !== undefined && !this.#isPlaceholder(usage)) this.#sayUsage(readFullUsage(usage, this.#model))
    Object.assign(this.#endMembers, withoutNulls({ ...restOf(delta, ENDED), ...members }))
    const raw = textOf(delta.stop_reason)
    if (raw === undefined) return
    const details = objectOf(delta.stop_details)
    this.#writer.finish(CHOICE, {
      ...finishOf(FINISHES, raw),
      ...defined<{ stopSequence: string }>({ stopSequence: textOf(delta.stop_sequence) }),
      ...(details === undefined
        ? {}
        : { native: { dialect: 'messages', members: { stop_details: details } } as const }),
    })
  }

  /** The API wants a number of output tokens even from those who know none. */
  #isPlaceholder({ input_tokens, output_tokens }: Unread<MessagesUsage>): boolean {
    return output_tokens === 0 && typeof input_tokens !== 'number' && Object.keys(this.#said).length === 0
  }

  #complete(): void {
    for (const block of this.#blocks.values()) this.#close(block)
    this.#blocks.clear()
    this.#settle()
    this.#writer.touch(CHOICE)
    const members = this.#endMembers
    this.#writer.end(Object.keys(members).length === 0 ? {} : { native: { dialect: 'messages', members } })
  }

  #readError(data: Wire): void {
    const usage = objectOf<MessagesUsage>(data.usage)
    if (usage !== undefined) this.#sayUsage(readFullUsage(usage, this.#model))
    if (this.#writer.isFinished) this.#complete()
    else this.fail(decodeMessagesEvent(data))
  }

  #startBlock(at: unknown, block: Unread<MessagesBlock>): void {
    const cargo =
      block.type === 'redacted_thinking' && typeof block.data === 'string' ? readCargo(block.data) : undefined
    if (cargo !== undefined) {
      this.#unload(cargo)
      return
    }
    this.#settle()
    const earlier = this.#blocks.get(at)
    if (earlier !== undefined) this.#close(earlier)
    this.#blocks.set(at, this.#open(block))
  }

  #open(block: Unread<MessagesBlock>): OpenBlock {
    const type = textOf(block.type) ?? ''
    switch (type) {
      case 'text':
        return this.#openText(block)
      case 'thinking':
      case 'redacted_thinking':
        return this.#openReasoning(block)
      case 'tool_use':
      case 'server_tool_use':
      case 'mcp_tool_use':
        return this.#openCall(type, block)
      default:
        return type.endsWith('_tool_result') && typeof block.tool_use_id === 'string'
          ? this.#openResult(type, block)
          : this.#openNative(block)
    }
  }

  #openText(block: Unread<MessagesBlock>): OpenBlock {
    const index = this.#writer.open({ kind: 'text', choice: CHOICE, ...pocket(block, TEXT_MEMBERS) })
    this.#writer.text(index, textOf(block.text) ?? '')
    for (const citation of itemsOf(block.citations)) this.#annotate(index, citation)
    return openBlock(index, 'text')
  }

  #openReasoning(block: Unread<MessagesBlock>): OpenBlock {
    const isReadable = block.type === 'thinking'
    const native = pocket(block, isReadable ? THINKING_MEMBERS : REDACTED_MEMBERS)
    const index = this.#writer.open({ kind: 'reasoning', form: 'full', choice: CHOICE, ...native })
    if (isReadable) this.#writer.text(index, textOf(block.thinking) ?? '')
    const token = textOf(isReadable ? block.signature : block.data)
    if (token !== undefined)
      this.#writer.seal(index, readSeal(token, isReadable ? 'signature' : 'encrypted', this.#issuer))
    return openBlock(index, isReadable ? 'thinking' : 'whole')
  }

  #openCall(type: string, block: Unread<MessagesBlock>): OpenBlock {
    const callId = decodeCallId(textOf(block.id) ?? '')
    const isClients = type === 'tool_use'
    const index = this.#writer.open({
      kind: 'tool-call',
      choice: CHOICE,
      callId,
      name: textOf(block.name) ?? '',
      runBy: isClients ? 'client' : 'provider',
      input: 'json',
      ...pocket(block, isClients ? CALL_MEMBERS : PROVIDER_CALL_MEMBERS),
    })
    for (const seal of this.#seals.get(callId) ?? []) this.#writer.seal(index, seal)
    this.#seals.delete(callId)
    return openBlock(index, 'call', callId, block.input)
  }

  #openResult(type: string, block: Unread<MessagesBlock>): OpenBlock {
    const { content = null } = block
    const index = this.#writer.open({
      kind: 'tool-result',
      choice: CHOICE,
      callId: decodeCallId(String(block.tool_use_id)),
      failed: block.is_error === true || isErrorContent(content),
      ...pocket({ ...block, type }, RESULT_MEMBERS),
    })
    this.#writer.payload(index, JSON.stringify(content))
    return openBlock(index, 'whole')
  }

  #openNative(block: Wire): OpenBlock {
    const native = { dialect: 'messages', members: block } as const
    return openBlock(this.#writer.open({ kind: 'native', choice: CHOICE, native }), 'native')
  }

  /** Parts of ours come back as they were, seals at the part they belong to. */
  #unload({ parts, attachments }: Cargo): void {
    for (const { callId, seals } of attachments) {
      const block = this.#stopped
      if (block !== undefined && (callId === undefined ? block.kind === 'text' : block.callId === callId))
        for (const seal of seals) this.#writer.seal(block.index, seal)
      else if (callId !== undefined) this.#seals.set(callId, seals)
    }
    if (parts.length === 0) return
    this.#settle()
    for (const part of parts) writePart(this.#writer, CHOICE, part)
  }

  /** @returns whether the delta belongs to an open block of its kind */
  #readDelta(at: unknown, delta: Unread<MessagesDelta>): boolean {
    const block = this.#blocks.get(at) ?? this.#openImplied(at, delta.type)
    switch (delta.type) {
      case 'text_delta':
        if (block?.kind !== 'text') return false
        if (typeof delta.text === 'string') this.#writer.text(block.index, delta.text)
        return true
      case 'thinking_delta':
        if (block?.kind !== 'thinking') return false
        if (typeof delta.thinking === 'string') this.#writer.text(block.index, delta.thinking)
        return true
      case 'input_json_delta': {
        const json = textOf(delta.partial_json)
        if (block?.kind !== 'call') return false
        if (json === undefined) return true
        block.input = undefined
        this.#writer.payload(block.index, json)
        return true
      }
      case 'signature_delta': {
        const token = textOf(delta.signature)
        if (block?.kind !== 'thinking') return false
        if (token !== undefined) this.#writer.seal(block.index, readSeal(token, 'signature', this.#issuer))
        return true
      }
      case 'citations_delta':
        return block?.kind === 'text' && this.#annotate(block.index, delta.citation)
      default:
        return block?.kind === 'native' && change(block, delta)
    }
  }

  /** Some servers that speak this dialect send text without a start. */
  #openImplied(at: unknown, type: unknown): OpenBlock | undefined {
    if (type !== 'text_delta' && type !== 'thinking_delta') return undefined
    this.#startBlock(at, { type: type === 'text_delta' ? 'text' : 'thinking' })
    return this.#blocks.get(at)
  }

  #annotate(index: number, citation: unknown): boolean {
    const annotation = readCitation(citation, this.#issuer)
    if (annotation === undefined) return false
    this.#writer.annotate(CHOICE, annotation, index)
    return true
  }

  #stopBlock(at: unknown): void {
    const block = this.#blocks.get(at)
    if (block === undefined) return
    this.#blocks.delete(at)
    this.#settle()
    this.#stopped = block
  }

  /** Nothing more can belong to the block that has stopped. */
  #settle(): void {
    const block = this.#stopped
    if (block === undefined) return
    this.#stopped = undefined
    this.#close(block)
  }

  #close({ index, kind, input, changes }: OpenBlock): void {
    if (kind === 'call' && input !== undefined) this.#writer.payload(index, JSON.stringify(input))
    this.#writer.close(index, changes && { dialect: 'messages', members: changes })
  }

  #native(event: SseEvent): void {
    if (!this.#writer.hasStarted) {
      if (this.#early.length < MAX_EARLY) this.#early.push(event)
      return
    }
    if (event.data === '') return
    const { data } = event
    const members = (isDeeperThan(MAX_DEPTH, data) ? undefined : objectOf(parseJson(data))) ?? { data }
    this.#writer.native(event.event ?? textOf(members.type), { dialect: 'messages', members })
  }
}

/** Brackets that may be open at once: nothing that means something nests deeper. */
const MAX_DEPTH = 500

/** How many unknown frames before the start are kept. */
const MAX_EARLY = 16

function openBlock(index: number, kind: Kind, callId?: string, input: unknown = {}): OpenBlock {
  return { index, kind, callId, input, changes: undefined }
}

function pocket(block: Wire, known: ReadonlySet<string>) {
  const members = restOf(block, known)
  return members === undefined ? {} : { native: { dialect: 'messages', members } as const }
}

/** Deltas of blocks that we do not know say a member's final value. */
function change(block: OpenBlock, { type: _, ...members }: Wire): boolean {
  block.changes = { ...block.changes, ...members }
  return true
}

/** The same data with every number kept, where it holds what is passed on as it is. */
function exactly(data: Wire, source: string): Wire {
  return source === '' ? data : (parseExact(source) as Wire)
}
