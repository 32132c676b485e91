import { parseExact } from '../../json/index.ts'
import {
  type BlockEnd,
  type BlockStart,
  type Finish,
  type MessageEnd,
  type MessageStart,
  membersFor,
  mergeUsage,
  type Native,
  type StreamEvent,
  type Usage,
} from '../../model/index.ts'
import { encodeComment, encodeEvent } from '../../sse/index.ts'
import type { Emit, EncodeAnswerContext, StreamEncoder } from '../codec.ts'
import { textOf, type Wire } from '../value.ts'
import { createItem } from './create-item.ts'
import { encodeFailureEvents } from './failure.ts'
import { ForeignTools } from './foreign-tools.ts'
import { type BlockWriter, type ItemWriter, NOWHERE } from './item-writer.ts'
import { Scribe } from './scribe.ts'
import { ENDINGS, encodeUsage, FINISHES, LOST_USAGE, PLAIN_ENVELOPE } from './tables.ts'

export function createStreamEncoder(context: EncodeAnswerContext, write: Emit<string>): StreamEncoder {
  return new ResponsesEncoder(context, write)
}

const KEEP_ALIVE = encodeComment('keep-alive')

/** Tells nothing of how blocks have ended. */
const NOTHING_MORE: StreamEvent = { type: 'ping' }

/** Writes the events of one answer. */
export class ResponsesEncoder implements StreamEncoder {
  readonly #context: EncodeAnswerContext
  readonly #write: Emit<string>
  readonly #scribe: Scribe
  readonly #foreign: ForeignTools
  /** By the indices of the blocks. */
  readonly #blocks: (BlockWriter | undefined)[] = []
  /** Open items and how many of their blocks are. */
  readonly #open = new Map<ItemWriter, number>()
  /** Ends of blocks that are held until what follows tells whether they were finished, or broke off. */
  #ends: BlockEnd[] = []
  #ordinal = 0
  #start: MessageStart | undefined
  #id = ''
  #createdAt = 0
  #usage: Usage | undefined
  #finish: Finish | undefined
  #response: string | undefined
  /** Annotations of the answer as a whole. */
  #annotated = 0

  constructor(context: EncodeAnswerContext, write: Emit<string>) {
    this.#context = context
    this.#write = write
    this.#scribe = new Scribe(context, write)
    this.#foreign = new ForeignTools(this.#scribe)
  }

  /** JSON of the final response, once it is written. */
  get response(): string | undefined {
    return this.#response
  }

  push(event: StreamEvent): void {
    if (this.#ends.length > 0 && !this.#leavesOpen(event)) this.#settle(event)
    switch (event.type) {
      case 'text-delta':
        this.#blocks[event.index]?.text(event.text, event.logprobs)
        break
      case 'payload-delta':
        if (!this.#foreign.take(event.index, event)) this.#blocks[event.index]?.payload(event.text)
        break
      case 'data-delta':
        this.#blocks[event.index]?.payload(event.base64)
        break
      case 'part-break':
        this.#blocks[event.index]?.breakPart()
        break
      case 'seal':
        if (!this.#foreign.take(event.index, event)) this.#blocks[event.index]?.seal(event.seal)
        break
      case 'annotation':
        this.#annotate(event)
        break
      case 'block-start':
        this.#openBlock(event)
        break
      case 'block-end':
        this.#ends.push(event)
        break
      case 'message-start':
        this.#begin(event)
        break
      case 'usage':
        this.#usage = mergeUsage(this.#usage ?? {}, event.usage)
        break
      case 'choice-end':
        if (event.choice === 0) this.#finish = event.finish
        else this.#context.losses.add(`/candidates/${event.choice}`, 'no-slot')
        break
      case 'message-end':
        this.#end(event)
        break
      case 'error':
        this.#fail(event)
        break
      case 'ping':
        this.#scribe.frames(KEEP_ALIVE)
        break
      case 'native':
        this.#writeNative(event.name, event.native)
        break
      default:
        event satisfies never
    }
  }

  settle(): void {
    if (this.#ends.length > 0) this.#settle(NOTHING_MORE)
  }

  #begin(start: MessageStart): void {
    this.#start = start
    this.#id = this.#idFor(start)
    this.#createdAt = start.createdAt ?? this.#context.now()
    const response = this.#envelope({ status: 'in_progress' }, '[]', start.native)
    this.#scribe.event('response.created', `"response":${response}`)
    this.#scribe.event('response.in_progress', `"response":${response}`)
  }

  /** An answer that can be named later has an id of ours: some servers have few (Ollama's are below a thousand). */
  #idFor({ id }: MessageStart): string {
    const { remember, request, isOwn, createId, losses } = this.#context
    const isNamed = remember !== undefined && request?.store !== false && !isOwn
    if (id !== undefined && !isNamed) return id
    if (id !== undefined) losses.add('/id', 'cosmetic')
    return createId('resp_')
  }

  /**
   * @param output JSON of the items
   * @returns JSON of the response
   */
  #envelope(members: Wire, output: string, native: Native | undefined, serviceTier?: string): string {
    const own = membersFor('responses', native)
    const { event: _, ...rest } = own ?? PLAIN_MEMBERS
    const tier = serviceTier ?? this.#start?.serviceTier
    const head = JSON.stringify({
      id: this.#id,
      object: 'response',
      created_at: this.#createdAt,
      error: null,
      incomplete_details: null,
      model: this.#context.model ?? this.#start?.model ?? '',
      ...(tier === undefined ? {} : { service_tier: tier }),
      usage: null,
      ...members,
      ...rest,
    })
    return `${head.slice(0, -1)},"output":${output}}`
  }

  #openBlock(start: BlockStart): void {
    const { losses } = this.#context
    if (start.choice !== 0) {
      losses.add(`/candidates/${start.choice}`, 'no-slot')
      this.#blocks[start.index] = NOWHERE
      return
    }
    const path = `/candidates/0/parts/${this.#ordinal++}`
    const item = this.#itemFor(start, path)
    if (item === undefined) {
      if (!this.#foreign.open(start, path)) losses.add(path, 'no-slot')
      this.#blocks[start.index] = NOWHERE
      return
    }
    this.#foreign.interrupt()
    this.#open.set(item, (this.#open.get(item) ?? 0) + 1)
    this.#blocks[start.index] = item.open(start, path)
  }

  /** The item that the block says it belongs to, or a new one. */
  #itemFor(start: BlockStart, path: string): ItemWriter | undefined {
    if (start.item !== undefined)
      for (const item of this.#open.keys()) if (item.id === start.item && item.accepts(start)) return item
    const item = createItem(this.#scribe, start)
    if (item !== undefined && start.item !== undefined && item.id !== start.item)
      this.#context.losses.add(`${path}/item`, 'cosmetic')
    return item
  }

  /** Whether it may stand between the ends of blocks and what tells how they ended. */
  #leavesOpen(event: StreamEvent): boolean {
    if (event.type === 'choice-end') return event.choice !== 0
    if (event.type === 'annotation') return event.index === undefined
    return event.type === 'block-end' || event.type === 'usage' || event.type === 'ping'
  }

  /** Ends blocks, and writes their items as a whole, but for one of which this event opens one more block. */
  #settle(event: StreamEvent): void {
    const ends = this.#ends
    this.#ends = []
    this.#breakOff(event)
    for (const end of ends) {
      const item = this.#closeBlock(end)
      const isGoingOn =
        event.type === 'block-start' && event.item === item?.id && event.choice === 0 && item?.accepts(event)
      if (item === undefined || isGoingOn) continue
      this.#open.delete(item)
      item.finish()
    }
  }

  /** All that is open when an answer fails, and the last item of one that was cut short, is incomplete. */
  #breakOff(event: StreamEvent): void {
    const items = [...this.#open.keys()]
    if (event.type === 'error') {
      for (const item of items) item.status = 'incomplete'
      this.#scribe.fallSilent()
    } else if (event.type === 'choice-end' && this.#endingOf(event.finish).status === 'incomplete') {
      const last = items.toSorted((one, other) => one.place - other.place).at(-1)
      if (last !== undefined) last.status = 'incomplete'
    }
  }

  /** @returns the item, if no block of it is open any more */
  #closeBlock(end: BlockEnd): ItemWriter | undefined {
    const { index, native } = end
    if (this.#foreign.take(index, end)) return undefined
    const block = this.#blocks[index]
    this.#blocks[index] = undefined
    if (block === undefined) return undefined
    block.end(native)
    if (block.item === undefined) return undefined
    const left = (this.#open.get(block.item) ?? 1) - 1
    this.#open.set(block.item, left)
    return left === 0 ? block.item : undefined
  }

  #annotate({ choice, index, annotation }: StreamEvent & { readonly type: 'annotation' }): void {
    if (choice !== 0) this.#context.losses.add(`/candidates/${choice}`, 'no-slot')
    else if (index !== undefined) this.#blocks[index]?.annotate(annotation)
    else this.#context.losses.add(`/candidates/0/annotations/${this.#annotated++}`, 'no-slot')
  }

  #end({ native, serviceTier }: MessageEnd): void {
    this.#loseForeign(native)
    const members = { ...this.#ending(), usage: this.#encodeUsage() }
    const own = merged(this.#start?.native, native)
    const response = this.#envelope(members, this.#scribe.output, own, serviceTier)
    const outside = JSON.stringify(membersFor('responses', own)?.event ?? {}).slice(1, -1)
    const type = members.status === 'completed' ? 'response.completed' : 'response.incomplete'
    this.#response = response
    this.#context.remember?.(parseExact(response) as Wire)
    this.#scribe.event(type, `"response":${response}${outside === '' ? '' : `,${outside}`}`)
  }

  /** Calls without their results, and pockets of others. */
  #loseForeign(native: Native | undefined): void {
    this.#foreign.end()
    for (const pocket of [this.#start?.native, native])
      if (pocket !== undefined && pocket.dialect !== 'responses')
        this.#context.losses.addNative('/native/members', pocket.members, 'cosmetic')
  }

  /** Status and, where it is incomplete, why. What its words do not say is lost. */
  #ending(): { readonly status: string; readonly incomplete_details: Wire | null } {
    const finish = this.#finish ?? { reason: 'stop', raw: undefined }
    const { status, reason } = this.#endingOf(finish)
    if (statusOf(finish) === undefined) this.#loseFinish(finish, (reason ?? status) as keyof typeof FINISHES)
    return { status, incomplete_details: reason === undefined ? null : { reason } }
  }

  #endingOf(finish: Finish): { readonly status: string; readonly reason: string | undefined } {
    const own = statusOf(finish)
    if (own !== undefined) return { status: own, reason: finish.raw === own ? undefined : finish.raw }
    return finish.reason === 'refusal' && this.#scribe.hasRefusal ? ENDINGS.stop : ENDINGS[finish.reason]
  }

  /** @param word the raw word that the client reads */
  #loseFinish({ reason, raw, stopSequence, native }: Finish, word: keyof typeof FINISHES): void {
    const { losses } = this.#context
    const { hasCall, isAwaiting } = this.#scribe
    const plain = FINISHES[word]
    const read = plain !== 'stop' ? plain : hasCall ? 'tool-calls' : isAwaiting ? 'paused' : plain
    if (reason !== read) losses.add('/candidates/0/finish/reason', 'no-slot')
    if (raw !== undefined && raw !== word) losses.add('/candidates/0/finish/raw', 'cosmetic')
    if (stopSequence !== undefined) losses.add('/candidates/0/finish/stopSequence', 'no-slot')
    if (native !== undefined) losses.addNative('/candidates/0/finish/native/members', native.members)
  }

  #encodeUsage(): Wire | null {
    const usage = this.#usage
    if (usage === undefined) return null
    const { losses } = this.#context
    for (const name of LOST_USAGE) if (usage[name] !== undefined) losses.add(`/usage/${name}`, 'no-slot')
    if (usage.native !== undefined && usage.native.dialect !== 'responses')
      losses.addNative('/usage/native/members', usage.native.members)
    if ((usage.input === undefined) !== (usage.output === undefined))
      losses.add(usage.input === undefined ? '/usage/input' : '/usage/output', 'unit')
    if (usage.cacheWrite !== undefined && usage.cacheRead === undefined) losses.add('/usage/cacheRead', 'unit')
    const said = encodeUsage(usage)
    return Object.keys(said).length === 0 ? null : said
  }

  #fail({ failure, native }: StreamEvent & { readonly type: 'error' }): void {
    this.#loseForeign(native)
    if (this.#start?.serviceTier !== undefined) this.#context.losses.add('/serviceTier', 'cosmetic')
    const response: Wire = {
      ...PLAIN_MEMBERS,
      id: this.#start === undefined ? this.#context.createId('resp_') : this.#id,
      created_at: this.#createdAt,
      model: this.#context.model ?? this.#start?.model ?? '',
      output: parseExact(this.#scribe.output),
      usage: this.#encodeUsage(),
    }
    this.#write(encodeFailureEvents(failure, this.#scribe.number(), response))
  }

  /** An event that only this dialect knows; one of an item follows the item to its new place. */
  #writeNative(name: string | undefined, native: Native): void {
    const members = membersFor('responses', native)
    if (members === undefined) return
    const type = textOf(members.type) ?? (isJunk(members) ? undefined : name)
    if (type === undefined) return
    const place = this.#placeOf(members)
    if (place === undefined) return
    const event = { ...members, type, ...place, sequence_number: this.#scribe.number() }
    this.#scribe.frames(encodeEvent({ event: type.replace(/[\r\n\0]/g, ''), data: JSON.stringify(event) }))
  }

  /** What the event says of the place of its item; undefined when there is no such item. */
  #placeOf(members: Native['members']): Wire | undefined {
    if (members.output_index === undefined) return {}
    const items = [...this.#open.keys()]
    const id = members.item_id
    if (id === undefined) {
      const last = items.at(-1)
      return last && { output_index: last.place }
    }
    const item = items.find(item => item.id === id)
    return item && { output_index: item.place }
  }
}

/** The status that this dialect itself has told. */
function statusOf({ native }: Finish): string | undefined {
  return textOf(membersFor('responses', native)?.status)
}

/** What came was not JSON: no client could read it. */
function isJunk(members: Native['members']): boolean {
  return typeof members.data === 'string' && Object.keys(members).length === 1
}

const PLAIN_MEMBERS: Wire = JSON.parse(PLAIN_ENVELOPE)

function merged(start: Native | undefined, end: Native | undefined): Native | undefined {
  const members = { ...membersFor('responses', start), ...membersFor('responses', end) }
  return Object.keys(members).length === 0 ? undefined : { dialect: 'responses', members }
}
