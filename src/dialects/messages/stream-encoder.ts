import {
  type AnnotationEvent,
  type BlockStart,
  type ErrorEvent,
  type Finish,
  Fold,
  isProviderRun,
  type MessageStart,
  mergeUsage,
  type Native,
  type Part,
  type Seal,
  type StreamEvent,
  type TextDelta,
  type ToolCallBlock,
  type Usage,
  wrapParts,
} from '../../model/index.ts'
import { encodeEvent } from '../../sse/index.ts'
import type { Emit, EncodeAnswerContext, StreamEncoder } from '../codec.ts'
import { parseJson, textOf, type Wire } from '../value.ts'
import { attachmentText, encodeCallId, sealText } from './carrier.ts'
import { writeCitation } from './citation.ts'
import { failure as failures } from './failure.ts'
import { isErrorContent, loseUsage, stopReasonOf, usageToWire } from './tables.ts'

const PING = 'event: ping\ndata: {"type": "ping"}\n\n'
const DELTA = 'event: content_block_delta\ndata: {"type":"content_block_delta","index":'

/** Members of the end that stand beside its delta; all others stand in it. */
const BESIDE_DELTA: ReadonlySet<string> = new Set(['context_management', 'input_transformations'])

/** Events that only the encoder itself writes. */
const KNOWN_EVENTS: ReadonlySet<unknown> = new Set([
  'message_start',
  'content_block_start',
  'content_block_delta',
  'content_block_stop',
  'message_delta',
  'message_stop',
  'error',
])

/** The one neutral block that is being written, or waits to have something to write. */
interface OpenBlock {
  readonly start: BlockStart
  /** JSON pointer of its part in the folded message. */
  readonly path: string
  /** Its index on the wire; undefined until it stands there. */
  at: number | undefined
  /** What a delta of its text begins with, up to the text; empty where the text is not written as it comes. */
  head: string
  /** Input of a call that is held back, since a seal may have to stand before the call. */
  held: string
  seals: Seal[]
  annotations: number
  /** Citations that came before the text. */
  early: Wire[]
  /** What becomes of a block that the dialect writes whole, or not at all. */
  readonly fold: Fold | undefined
}

/** A block of ours that is opaque to the client, to be written before the next block. */
interface Cargo {
  readonly data: string
  /** JSON pointers of what it holds. */
  readonly paths: readonly string[]
}

/** A call that the provider ran, to travel with its result. */
interface ForeignCall {
  readonly part: Part
  readonly path: string
}

/**
 * Writes a Messages stream. One block is open at a time: what is said of later ones waits.
 *
 * What rides in opaque blocks is written before the next block. Where no block follows and the last one
 * is text, it is lost: an opaque block at the end is taken for the answer by some clients, cut off by
 * others, and refused by the API.
 */
export class MessagesStreamEncoder implements StreamEncoder {
  readonly #context: EncodeAnswerContext
  readonly #write: Emit<string>
  /** Held until the next event, since the usage of the first frame belongs into it. */
  #start: MessageStart | undefined
  #hasStarted = false
  #usage: Usage = {}
  #isUsageTold = true
  #finish: Finish | undefined
  #open: OpenBlock | undefined
  /** Blocks that were opened while another one was open, with all that came for them. */
  readonly #waiting = new Map<number, StreamEvent[]>()
  #isCatchingUp = false
  readonly #cargo: Cargo[] = []
  readonly #foreignCalls = new Map<string, ForeignCall>()
  #wireIndex = 0
  #parts = 0
  #annotations = 0
  #isTextLast = false
  #hasRefusal = false

  constructor(context: EncodeAnswerContext, write: Emit<string>) {
    this.#context = context
    this.#write = write
  }

  push(event: StreamEvent): void {
    const open = this.#open
    if (
      event.type === 'text-delta' &&
      open !== undefined &&
      open.start.index === event.index &&
      open.head !== '' &&
      event.logprobs === undefined
    ) {
      this.#write(`${open.head}${JSON.stringify(event.text)}}}\n\n`)
      return
    }
    this.#push(event)
  }

  /** A block of text that has begun is written, though it may stay empty, and what rides behind one. */
  settle(): void {
    this.#startMessage()
    const open = this.#open
    if (open === undefined) this.#unloadCargo()
    if (open === undefined || open.at !== undefined || open.fold !== undefined) return
    if (open.start.kind === 'text') this.#openText(open)
    else if (open.start.kind === 'tool-call') this.#openCall(open, open.start)
  }

  #push(event: StreamEvent): void {
    switch (event.type) {
      case 'message-start':
        this.#start = event
        break
      case 'usage':
        this.#usage = mergeUsage(this.#usage, event.usage)
        this.#isUsageTold = false
        break
      case 'block-start':
        this.#startMessage()
        this.#openOrWait(event)
        break
      case 'text-delta':
      case 'part-break':
      case 'payload-delta':
      case 'data-delta':
      case 'seal':
      case 'block-end':
        this.#pushToBlock(event.index, event)
        break
      case 'annotation':
        if (event.index !== undefined) this.#pushToBlock(event.index, event)
        else this.#loseCandidateAnnotation(event)
        break
      case 'choice-end':
        this.#startMessage()
        this.#endChoice(event.choice, event.finish)
        break
      case 'message-end':
        this.#startMessage()
        if (event.serviceTier !== undefined) this.#context.losses.add('/serviceTier', 'cosmetic')
        this.#endMessage(event.native)
        break
      case 'error':
        this.#fail(event)
        break
      case 'ping':
        this.#startMessage()
        this.#write(PING)
        break
      case 'native':
        this.#startMessage()
        this.#writeNative(event.name, event.native)
        break
      default:
        event satisfies never
    }
  }

  #startMessage(): void {
    if (this.#hasStarted || this.#start === undefined) return
    this.#hasStarted = true
    const { id, model, createdAt, serviceTier, native } = this.#start
    const { losses } = this.#context
    if (createdAt !== undefined) losses.add('/createdAt', 'cosmetic')
    const usage = usageToWire(this.#usage, 0)
    this.#isUsageTold = true
    const message = {
      id: id ?? this.#context.createId('msg_'),
      type: 'message',
      role: 'assistant',
      model: this.#context.model ?? model ?? '',
      content: [],
      stop_reason: null,
      stop_sequence: null,
      usage: serviceTier === undefined ? usage : { ...usage, service_tier: serviceTier },
      ...this.#ownMembers(native, '', 'cosmetic'),
    }
    this.#frame({ type: 'message_start', message })
  }

  #openOrWait(start: BlockStart): void {
    if (start.choice !== 0) {
      this.#context.losses.add(`/candidates/${start.choice}`, 'no-slot')
      return
    }
    if (this.#open === undefined) this.#openBlock(start)
    else this.#waiting.set(start.index, [start])
  }

  #pushToBlock(index: number, event: BlockEvent): void {
    const open = this.#open
    if (open?.start.index !== index) this.#waiting.get(index)?.push(event)
    else if (event.type === 'block-end') {
      if (event.isTorn && !isText(open.start)) this.#leaveOpen(open)
      else this.#endBlock(open, event.native)
      this.#open = undefined
      this.#openNext()
    } else this.#addTo(open, event)
  }

  /** Clients run a call whose block has stopped: a torn one stays open, and no block can follow it. */
  #leaveOpen(open: OpenBlock): void {
    const { losses } = this.#context
    if (open.at === undefined) {
      losses.add(open.path, 'no-slot')
      return
    }
    for (const _ of this.#waiting.keys()) losses.add(`/candidates/0/parts/${this.#parts++}`, 'no-slot')
    this.#waiting.clear()
  }

  /** Writes what waits, block by block, up to the first one that has not ended. */
  #openNext(): void {
    if (this.#isCatchingUp) return
    this.#isCatchingUp = true
    for (const [index, events] of this.#waiting) {
      if (this.#open !== undefined) break
      this.#waiting.delete(index)
      for (const event of events) this.#push(event)
    }
    this.#isCatchingUp = false
  }

  #openBlock(start: BlockStart): void {
    const path = `/candidates/0/parts/${this.#parts++}`
    const isWhole = !isStreamed(start)
    const fold = isWhole ? new Fold() : undefined
    this.#open = { start, path, at: undefined, head: '', held: '', seals: [], annotations: 0, early: [], fold }
    fold?.push(start)
    if (start.item !== undefined && !isForeignRun(start)) this.#context.losses.add(`${path}/item`, 'cosmetic')
    if (start.kind === 'tool-call' && start.runBy === 'provider' && !isWhole) this.#openCall(this.#open, start)
  }

  #addTo(open: OpenBlock, event: Exclude<BlockEvent, { type: 'block-end' }>): void {
    if (open.fold !== undefined) {
      open.fold.push(event)
      return
    }
    switch (event.type) {
      case 'text-delta':
        this.#addText(open, event)
        break
      case 'part-break':
        this.#breakReasoning(open)
        break
      case 'payload-delta':
        this.#addInput(open, event.text)
        break
      case 'annotation':
        this.#addCitation(open, event)
        break
      case 'seal':
        open.seals.push(event.seal)
        break
      case 'data-delta':
        break
      default:
        event satisfies never
    }
  }

  /** The first text of a block, or one with more than text. */
  #addText(open: OpenBlock, { text, logprobs }: TextDelta): void {
    if (logprobs !== undefined) this.#context.losses.add(`${open.path}/logprobs`, 'no-slot')
    if (text === '' && logprobs !== undefined) return
    this.#openText(open)
    this.#write(`${open.head}${JSON.stringify(text)}}}\n\n`)
  }

  #openText(open: OpenBlock): void {
    if (open.at !== undefined) return
    const { start, path } = open
    const { kind, native } = start
    if (kind === 'reasoning') {
      this.#openWire(open, { type: 'thinking', thinking: '', signature: '', ...this.#ownMembers(native, path) })
      open.head = `${DELTA}${open.at},"delta":{"type":"thinking_delta","thinking":`
      if (start.form === 'summary') this.#context.losses.add(`${path}/form`, 'cosmetic')
    } else {
      this.#openWire(open, { type: 'text', text: '', ...this.#ownMembers(native, path) })
      open.head = `${DELTA}${open.at},"delta":{"type":"text_delta","text":`
      if (kind === 'refusal') {
        this.#hasRefusal = true
        this.#context.losses.add(`${path}/kind`, 'no-slot')
      }
      for (const citation of open.early) this.#writeDelta(open, { type: 'citations_delta', citation })
    }
  }

  /** Thinking has one text: the parts of a summary become its paragraphs. */
  #breakReasoning(open: OpenBlock): void {
    if (open.at === undefined) return
    this.#context.losses.add(`${open.path}/texts`, 'unit')
    this.#write(`${open.head}"\\n\\n"}}\n\n`)
  }

  /** The first piece waits for the second one: whole calls get their seals before them. */
  #addInput(open: OpenBlock, json: string): void {
    if (open.start.kind !== 'tool-call') return
    if (open.at !== undefined) this.#writeInput(open, json)
    else if (open.held === '') open.held = json
    else {
      this.#openCall(open, open.start)
      this.#writeInput(open, json)
    }
  }

  #openCall(open: OpenBlock, start: ToolCallBlock): void {
    const { callId, name, native, input, runBy } = start
    const members = this.#ownMembers(native, open.path)
    const type = runBy === 'client' ? 'tool_use' : 'server_tool_use'
    this.#openWire(open, { type, id: encodeCallId(callId), name, input: {}, ...members })
    if (input === 'text') {
      for (const name of ['input', 'payload']) this.#context.losses.add(`${open.path}/${name}`, 'unit')
      this.#writeDelta(open, { type: 'input_json_delta', partial_json: '{"input":"' })
    }
    const { held } = open
    open.held = ''
    this.#writeInput(open, held)
  }

  /** Free text is the one string of an object. */
  #writeInput(open: OpenBlock, text: string): void {
    if (text === '') return
    const isText = open.start.kind === 'tool-call' && open.start.input === 'text'
    const partial_json = isText ? JSON.stringify(text).slice(1, -1) : text
    this.#writeDelta(open, { type: 'input_json_delta', partial_json })
  }

  #addCitation(open: OpenBlock, { annotation }: AnnotationEvent): void {
    const citation = writeCitation(annotation, `${open.path}/annotations/${open.annotations++}`, this.#context.losses)
    if (citation === undefined) return
    if (open.at === undefined) open.early.push(citation)
    else this.#writeDelta(open, { type: 'citations_delta', citation })
  }

  #loseCandidateAnnotation({ choice }: AnnotationEvent): void {
    const path = choice === 0 ? `/candidates/0/annotations/${this.#annotations++}` : `/candidates/${choice}`
    this.#context.losses.add(path, 'no-slot')
  }

  #endBlock(open: OpenBlock, native: Native | undefined): void {
    open.fold?.push({ type: 'block-end', index: open.start.index, ...(native === undefined ? {} : { native }) })
    // The end of a block that is written as it comes has no members.
    if (open.fold === undefined && native !== undefined)
      this.#context.losses.addNative(`${open.path}/native/members`, native.members)
    switch (open.start.kind) {
      case 'reasoning':
        this.#endReasoning(open)
        break
      case 'text':
      case 'refusal':
        this.#endText(open)
        break
      case 'tool-call':
        if (open.fold !== undefined) this.#keepForeignCall(open)
        else this.#endCall(open, open.start)
        break
      case 'tool-result':
        this.#endResult(open)
        break
      case 'native':
        this.#endNative(open)
        break
      case 'media':
        this.#context.losses.add(open.path, 'no-slot')
        break
      default:
        open.start satisfies never
    }
    if (open.at !== undefined) this.#frame({ type: 'content_block_stop', index: open.at })
  }

  /** A seal without text stands in an opaque block; nothing at all is not worth a block. */
  #endReasoning(open: OpenBlock): void {
    const { path, seals, start } = open
    const [seal, ...others] = seals
    for (const position of others.keys()) this.#context.losses.add(`${path}/seals/${position + 1}`, 'no-slot')
    if (seal === undefined) {
      if (open.at === undefined) this.#context.losses.add(path, 'cosmetic')
      return
    }
    const isSigned = open.at !== undefined || (seal.dialect === 'messages' && seal.kind === 'signature')
    if (isSigned) {
      this.#openText(open)
      this.#writeDelta(open, { type: 'signature_delta', signature: sealText(seal, 'signature') })
    } else {
      if (start.kind === 'reasoning' && start.form === 'summary') this.#context.losses.add(`${path}/form`, 'cosmetic')
      const data = sealText(seal, 'encrypted')
      this.#openWire(open, { type: 'redacted_thinking', data, ...this.#ownMembers(start.native, path) })
    }
  }

  /** A text without text is left out; what it was sealed with rides on. */
  #endText(open: OpenBlock): void {
    const { path, seals, start, at } = open
    const { losses } = this.#context
    if (start.kind === 'refusal') for (const place of seals.keys()) losses.add(`${path}/seals/${place}`, 'no-slot')
    else if (at !== undefined) this.#attach(open, undefined)
    if (at !== undefined) return
    const native = start.native === undefined ? {} : { native: start.native }
    if (start.kind === 'refusal' || seals.length === 0) losses.add(path, open.annotations > 0 ? 'no-slot' : 'cosmetic')
    else {
      this.#cargo.push({ data: wrapParts([{ kind: 'text', text: '', seals, ...native }]), paths: [path] })
      if (open.annotations > 0) losses.add(`${path}/annotations`, 'no-slot')
    }
  }

  #endCall(open: OpenBlock, start: ToolCallBlock): void {
    const isWhole = open.at === undefined
    if (isWhole) {
      if (open.held === '' && start.input === 'json') this.#context.losses.add(`${open.path}/payload`, 'unit')
      this.#attach(open, start.callId)
      this.#openCall(open, start)
    }
    if (start.input === 'text') this.#writeDelta(open, { type: 'input_json_delta', partial_json: '"}' })
    if (!isWhole) this.#attach(open, start.callId)
  }

  #attach({ path, seals }: OpenBlock, callId: string | undefined): void {
    if (seals.length === 0) return
    const paths = [...seals.keys()].map(position => `${path}/seals/${position}`)
    this.#cargo.push({ data: attachmentText({ callId, seals }), paths })
  }

  #keepForeignCall({ fold, path, start }: OpenBlock): void {
    const part = partOf(fold)
    if (part !== undefined && start.kind === 'tool-call') this.#foreignCalls.set(start.callId, { part, path })
  }

  #endResult(open: OpenBlock): void {
    const part = partOf(open.fold)
    if (part?.kind !== 'tool-result') return
    const members = part.native?.dialect === 'messages' ? part.native.members : undefined
    const type = textOf(members?.type)
    if (members !== undefined && type !== undefined) {
      const content = parseJson(part.payload ?? '') ?? null
      const isSaid = type !== MCP_RESULT && (!part.failed || isErrorContent(content))
      const failed = isSaid ? {} : { is_error: part.failed }
      this.#openWire(open, { type, tool_use_id: encodeCallId(part.callId), ...failed, content, ...members })
      return
    }
    const call = this.#foreignCalls.get(part.callId)
    this.#foreignCalls.delete(part.callId)
    if (call === undefined) this.#context.losses.add(open.path, 'no-slot')
    else this.#cargo.push({ data: wrapParts([call.part, part]), paths: [call.path, open.path] })
  }

  #endNative(open: OpenBlock): void {
    const part = partOf(open.fold)
    if (part?.kind === 'native' && part.native.dialect === 'messages') this.#openWire(open, part.native.members)
    else this.#context.losses.add(open.path, 'no-slot')
  }

  #endChoice(choice: number, finish: Finish): void {
    if (choice === 0) this.#finish = finish
    else this.#context.losses.add(`/candidates/${choice}`, 'no-slot')
  }

  #endMessage(native: Native | undefined): void {
    if (!this.#isTextLast || this.#finish?.reason === 'paused') this.#unloadCargo()
    this.#loseUntold()
    this.#writeEnd(this.#finish ?? { reason: 'other', raw: undefined }, native)
    this.#frame({ type: 'message_stop' })
  }

  /** What waited for something that has not come by the end, and counts that have no member. */
  #loseUntold(): void {
    const { losses } = this.#context
    for (const { path } of this.#foreignCalls.values()) losses.add(path, 'no-slot')
    for (const { paths } of this.#cargo) for (const path of paths) losses.add(path, 'no-slot')
    loseUsage(this.#usage, losses)
  }

  #writeEnd(finish: Finish, native?: Native): void {
    const members = Object.entries(this.#ownMembers(native, '', 'cosmetic'))
    this.#frame({
      type: 'message_delta',
      delta: {
        stop_reason: this.#sayFinish(finish),
        stop_sequence: finish.stopSequence ?? null,
        ...this.#ownMembers(finish.native, '/candidates/0/finish'),
        ...Object.fromEntries(members.filter(([name]) => !BESIDE_DELTA.has(name))),
      },
      usage: usageToWire(this.#usage, null),
      ...Object.fromEntries(members.filter(([name]) => BESIDE_DELTA.has(name))),
    })
    this.#isUsageTold = true
  }

  #sayFinish(finish: Finish): string | null {
    const { losses } = this.#context
    const isRefused = this.#hasRefusal && finish.reason === 'stop'
    const reason = isRefused ? 'refusal' : finish.reason
    if (isRefused || reason === 'filtered') losses.add('/candidates/0/finish/reason', 'unit')
    const word = stopReasonOf({ ...finish, reason })
    if ((finish.raw ?? null) !== word) losses.add('/candidates/0/finish/raw', 'cosmetic')
    return word
  }

  /** What was counted is told before the error, in an end that gives no reason: it is money. */
  #fail({ failure, native }: ErrorEvent): void {
    this.#startMessage()
    if (native !== undefined) this.#context.losses.addNative('/native/members', native.members)
    this.#loseUntold()
    if (!this.#isUsageTold && this.#hasStarted) this.#writeEnd({ reason: 'other', raw: undefined })
    this.#write(failures.encodeInStream(failure, undefined))
  }

  /** An event that we know but could not place would break the order, or mean another block. */
  #writeNative(name: string | undefined, { dialect, members }: Native): void {
    if (dialect !== 'messages' || KNOWN_EVENTS.has(name) || KNOWN_EVENTS.has(members.type))
      this.#context.losses.add(`/events/${name ?? ''}`, 'no-slot')
    else this.#write(encodeEvent({ ...(name === undefined ? {} : { event: name }), data: JSON.stringify(members) }))
  }

  #openWire(open: OpenBlock, block: Wire): void {
    if (open.at !== undefined) return
    this.#unloadCargo()
    open.at = this.#wireIndex++
    this.#isTextLast = block.type === 'text'
    this.#frame({ type: 'content_block_start', index: open.at, content_block: block })
  }

  #unloadCargo(): void {
    for (const { data } of this.#cargo.splice(0)) {
      const index = this.#wireIndex++
      this.#frame({ type: 'content_block_start', index, content_block: { type: 'redacted_thinking', data } })
      this.#frame({ type: 'content_block_stop', index })
    }
  }

  #writeDelta({ at }: OpenBlock, delta: Wire): void {
    this.#write(`${DELTA}${at},"delta":${JSON.stringify(delta)}}\n\n`)
  }

  #frame(event: { readonly type: string } & Wire): void {
    this.#write(`event: ${event.type}\ndata: ${JSON.stringify(event)}\n\n`)
  }

  /** The members of our own pocket; those of another dialect's are losses. */
  #ownMembers(native: Native | undefined, path: string, reason: 'no-slot' | 'cosmetic' = 'no-slot'): Wire {
    if (native === undefined) return {}
    if (native.dialect === 'messages') return native.members
    this.#context.losses.addNative(`${path}/native/members`, native.members, reason)
    return {}
  }
}

type BlockEvent = Extract<
  StreamEvent,
  { type: 'text-delta' | 'part-break' | 'payload-delta' | 'data-delta' | 'seal' | 'annotation' | 'block-end' }
>

/** A result that says itself whether it failed, not in its content. */
const MCP_RESULT = 'mcp_tool_result'

/** Whether a part of a block says something by itself. */
function isText({ kind }: BlockStart): boolean {
  return kind === 'text' || kind === 'refusal' || kind === 'reasoning'
}

/** Whether the pieces of a block are written as they come. */
function isStreamed(start: BlockStart): boolean {
  switch (start.kind) {
    case 'text':
    case 'refusal':
    case 'reasoning':
      return true
    case 'tool-call':
      return start.runBy === 'client' || start.native?.dialect === 'messages'
    default:
      return false
  }
}

/** Something of a provider's tool that rides whole in an opaque block. */
function isForeignRun(start: BlockStart): boolean {
  return isProviderRun(start) && start.native?.dialect !== 'messages'
}

function partOf(fold: Fold | undefined): Part | undefined {
  return fold?.message.candidates[0]?.parts[0]
}
