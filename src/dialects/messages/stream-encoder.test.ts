import assert from 'node:assert/strict'
import { test } from 'node:test'
import { MessageStream } from '@anthropic-ai/sdk/lib/MessageStream'
import fc from 'fast-check'
import { failure } from '../../errors.ts'
import {
  type Annotation,
  EventWriter,
  type Finish,
  Fold,
  foldEvents,
  type Loss,
  Losses,
  type Message,
  type Native,
  type Part,
  type Seal,
  type StreamEvent,
  subtract,
  type Usage,
  unfoldMessage,
} from '../../model/index.ts'
import { SseDecoder } from '../../sse/index.ts'
import type { EncodeAnswerContext } from '../codec.ts'
import { parseJson, type Wire } from '../value.ts'
import { decodeMessage, encodeMessage } from './message.ts'
import { decodeRequest } from './request.ts'
import { MessagesStreamDecoder } from './stream-decoder.ts'
import { MessagesStreamEncoder } from './stream-encoder.ts'

const ISSUER = 'https://a'
const SEAL: Seal = { dialect: 'gemini', issuer: 'https://g', kind: 'signature', value: 'abc' }

function contextOf(losses: Losses, model?: string): EncodeAnswerContext {
  return { request: undefined, model, losses, createId: prefix => `${prefix}made`, now: () => 1 }
}

/** The frames for these events, their data parsed, and what was lost. */
function encode(events: readonly StreamEvent[]) {
  const losses = new Losses()
  const frames: string[] = []
  const encoder = new MessagesStreamEncoder(contextOf(losses), frame => frames.push(frame))
  for (const event of events) encoder.push(event)
  const data = frames.map(frame => parseJson(frame.slice(frame.indexOf('data: ') + 6)) as Wire)
  return {
    frames,
    data,
    losses: Object.fromEntries(losses.all.map(({ path, reason }) => [path, reason])),
    all: losses.all,
  }
}

function decode(frames: readonly string[]): Message {
  const fold = new Fold()
  const decoder = new MessagesStreamDecoder({ issuer: ISSUER }, event => fold.push(event))
  const sse = new SseDecoder()
  for (const frame of frames) sse.push(Buffer.from(frame), event => decoder.push(event))
  decoder.end()
  return fold.message
}

function unfold(message: Message): StreamEvent[] {
  const events: StreamEvent[] = []
  unfoldMessage(message, event => events.push(event))
  return events
}

const messageOf = (
  parts: readonly Part[],
  more: Partial<Message> = {},
  finish: Finish = { reason: 'stop', raw: 'end_turn' },
): Message => ({
  id: 'msg_1',
  model: 'm',
  candidates: [{ index: 0, parts, finish }],
  ...more,
})

const START: StreamEvent = { type: 'message-start', id: 'a1', model: 'gpt' }
const text = (index: number, text: string): StreamEvent => ({ type: 'text-delta', index, text })
const payload = (index: number, text: string): StreamEvent => ({ type: 'payload-delta', index, text })
const close = (index: number): StreamEvent => ({ type: 'block-end', index })
const openText = (index: number): StreamEvent => ({ type: 'block-start', index, kind: 'text', choice: 0 })
const openCall = (index: number, callId: string): StreamEvent => ({
  type: 'block-start',
  index,
  kind: 'tool-call',
  choice: 0,
  callId,
  name: 'f',
  runBy: 'client',
  input: 'json',
})
const END: StreamEvent[] = [
  { type: 'choice-end', choice: 0, finish: { reason: 'stop', raw: 'stop' } },
  { type: 'message-end' },
]

test('a plain answer, word for word', () => {
  const { frames } = encode([
    START,
    openText(0),
    text(0, 'Hi "you"\n'),
    { type: 'ping' },
    close(0),
    { type: 'usage', usage: { input: 10, cacheRead: 4, output: 2, reasoning: 1 } },
    ...END,
  ])
  assert.deepEqual(frames, [
    'event: message_start\ndata: {"type":"message_start","message":{"id":"a1","type":"message","role":"assistant","model":"gpt","content":[],"stop_reason":null,"stop_sequence":null,"usage":{"input_tokens":0,"cache_creation_input_tokens":null,"cache_read_input_tokens":null,"output_tokens":0}}}\n\n',
    'event: content_block_start\ndata: {"type":"content_block_start","index":0,"content_block":{"type":"text","text":""}}\n\n',
    'event: content_block_delta\ndata: {"type":"content_block_delta","index":0,"delta":{"type":"text_delta","text":"Hi \\"you\\"\\n"}}\n\n',
    'event: ping\ndata: {"type": "ping"}\n\n',
    'event: content_block_stop\ndata: {"type":"content_block_stop","index":0}\n\n',
    'event: message_delta\ndata: {"type":"message_delta","delta":{"stop_reason":"end_turn","stop_sequence":null},"usage":{"input_tokens":6,"cache_creation_input_tokens":null,"cache_read_input_tokens":4,"output_tokens":2,"output_tokens_details":{"thinking_tokens":1}}}\n\n',
    'event: message_stop\ndata: {"type":"message_stop"}\n\n',
  ])
})

test('usage that is known at the start stands there', () => {
  const { data } = encode([
    START,
    { type: 'usage', usage: { input: 7, output: 1 } },
    openText(0),
    text(0, 'Hi'),
    close(0),
    ...END,
  ])
  const { usage } = data[0]!.message as Wire
  assert.deepEqual(usage, {
    input_tokens: 7,
    cache_creation_input_tokens: null,
    cache_read_input_tokens: null,
    output_tokens: 1,
  })
})

test('a block waits until the one before it is closed', () => {
  const { data } = encode([
    START,
    openCall(0, 'a'),
    openCall(1, 'b'),
    payload(0, '{"x":'),
    payload(1, '{"y":'),
    payload(0, '1}'),
    payload(1, '2}'),
    close(1),
    close(0),
    ...END,
  ])
  assert.deepEqual(
    data.slice(1, 11).map(({ type, index, delta }) => [type, index, (delta as Wire | undefined)?.partial_json]),
    [
      ['content_block_start', 0, undefined],
      ['content_block_delta', 0, '{"x":'],
      ['content_block_delta', 0, '1}'],
      ['content_block_stop', 0, undefined],
      ['content_block_start', 1, undefined],
      ['content_block_delta', 1, '{"y":'],
      ['content_block_delta', 1, '2}'],
      ['content_block_stop', 1, undefined],
      ['message_delta', undefined, undefined],
      ['message_stop', undefined, undefined],
    ],
  )
})

/** The blocks of the whole answer that a message becomes. */
function contentOf(parts: readonly Part[], more?: Partial<Message>, finish?: Finish) {
  const losses = new Losses()
  const { content } = encodeMessage(messageOf(parts, more, finish), contextOf(losses))
  return [content, Object.fromEntries(losses.all.map(({ path, reason }) => [path, reason]))]
}

test('no empty text block is written', () => {
  assert.deepEqual(
    contentOf([
      { kind: 'text', text: '' },
      { kind: 'text', text: 'Hi' },
    ]),
    [[{ type: 'text', text: 'Hi' }], { '/candidates/0/parts/0': 'cosmetic' }],
  )
})

test('reasoning is signed with its own token, a wrapped one, or none', () => {
  const own: Seal = { dialect: 'messages', issuer: ISSUER, kind: 'signature', value: 'sig' }
  const [content, losses] = contentOf([
    { kind: 'reasoning', form: 'full', texts: ['a'], seals: [own] },
    { kind: 'reasoning', form: 'full', texts: ['b'], seals: [SEAL] },
    { kind: 'reasoning', form: 'summary', texts: ['c', 'd'] },
    { kind: 'reasoning', form: 'full', texts: [], seals: [own] },
    { kind: 'reasoning', form: 'full', texts: [], seals: [{ ...own, kind: 'encrypted', value: 'enc' }] },
    { kind: 'reasoning', form: 'full', texts: [] },
    { kind: 'text', text: 'Hi' },
  ])
  const [, wrapped] = content as Wire[]
  assert.match(String(wrapped?.signature), /^mr1s\./)
  assert.deepEqual(
    (content as Wire[]).filter(block => block !== wrapped),
    [
      { type: 'thinking', thinking: 'a', signature: 'sig' },
      { type: 'thinking', thinking: 'c\n\nd', signature: '' },
      { type: 'thinking', thinking: '', signature: 'sig' },
      { type: 'redacted_thinking', data: 'enc' },
      { type: 'text', text: 'Hi' },
    ],
  )
  assert.deepEqual(losses, {
    '/candidates/0/parts/2/form': 'cosmetic',
    '/candidates/0/parts/2/texts': 'unit',
    '/candidates/0/parts/5': 'cosmetic',
  })
})

const HOSTED: readonly Part[] = [
  { kind: 'tool-call', callId: 'w', name: 'search', runBy: 'provider', input: 'json', payload: '{}', item: 'ws_1' },
  { kind: 'tool-result', callId: 'w', failed: false, content: [], payload: '[1]' },
]

test('what another provider ran rides before the block that follows', () => {
  const [content, losses] = contentOf([...HOSTED, { kind: 'text', text: 'Hi' }])
  assert.deepEqual(
    (content as Wire[]).map(({ type }) => type),
    ['redacted_thinking', 'text'],
  )
  assert.deepEqual(losses, {})
})

test('nothing opaque follows the last text', () => {
  const [content, losses] = contentOf([{ kind: 'text', text: 'Hi', seals: [SEAL] }, ...HOSTED])
  assert.deepEqual(
    (content as Wire[]).map(({ type }) => type),
    ['text'],
  )
  assert.deepEqual(losses, {
    '/candidates/0/parts/0/seals/0': 'no-slot',
    '/candidates/0/parts/1': 'no-slot',
    '/candidates/0/parts/2': 'no-slot',
  })
  const [paused] = contentOf([{ kind: 'text', text: 'Hi' }, ...HOSTED], {}, { reason: 'paused', raw: undefined })
  assert.deepEqual(
    (paused as Wire[]).map(({ type }) => type),
    ['text', 'redacted_thinking'],
  )
})

test('the seal of a call stands before it where the call comes whole', () => {
  const call: Part = {
    kind: 'tool-call',
    callId: 'a',
    name: 'f',
    runBy: 'client',
    input: 'json',
    payload: '{"x":1}',
    seals: [SEAL],
  }
  const [content, losses] = contentOf([call], {}, { reason: 'tool-calls', raw: 'tool_use' })
  assert.deepEqual(
    (content as Wire[]).map(({ type }) => type),
    ['redacted_thinking', 'tool_use'],
  )
  assert.deepEqual(losses, {})
})

test('free text of a call is the one member of its input', () => {
  const { data, losses } = encode([
    START,
    { ...openCall(0, 'a'), input: 'text' } as StreamEvent,
    payload(0, '*** "Patch"\n\ud83d'),
    payload(0, '\ude00'),
    close(0),
    ...END,
  ])
  const json = data.map(({ delta }) => (delta as Wire | undefined)?.partial_json ?? '').join('')
  assert.deepEqual(JSON.parse(json), { input: '*** "Patch"\n😀' })
  assert.deepEqual(Object.keys(losses), [
    '/candidates/0/parts/0/input',
    '/candidates/0/parts/0/payload',
    '/candidates/0/finish/raw',
  ])
})

test('a refusal is text, and its stop reason says so', () => {
  const { data, losses } = encode(unfold(messageOf([{ kind: 'refusal', text: 'No' }])))
  assert.equal((data.at(-2)!.delta as Wire).stop_reason, 'refusal')
  assert.deepEqual(losses, {
    '/candidates/0/parts/0/kind': 'no-slot',
    '/candidates/0/finish/reason': 'unit',
    '/candidates/0/finish/raw': 'cosmetic',
  })
})

test('citations: a page is one, the rest is lost', () => {
  const annotations: Annotation[] = [
    { kind: 'url', url: 'https://x', title: 'X', quote: 'q', start: 0, end: 2 },
    { kind: 'file', fileId: 'f1' },
  ]
  assert.deepEqual(contentOf([{ kind: 'text', text: 'Hi', annotations }]), [
    [
      {
        type: 'text',
        text: 'Hi',
        citations: [
          { type: 'web_search_result_location', cited_text: 'q', title: 'X', url: 'https://x', encrypted_index: '' },
        ],
      },
    ],
    {
      '/candidates/0/parts/0/annotations/0/start': 'unit',
      '/candidates/0/parts/0/annotations/0/end': 'unit',
      '/candidates/0/parts/0/annotations/1': 'no-slot',
    },
  ])
})

test('an answer without a finish has a null stop reason', () => {
  const { data } = encode([
    START,
    { type: 'choice-end', choice: 0, finish: { reason: 'other', raw: undefined } },
    { type: 'message-end' },
  ])
  assert.deepEqual(
    data.map(({ type }) => type),
    ['message_start', 'message_delta', 'message_stop'],
  )
  assert.equal((data[1]!.delta as Wire).stop_reason, null)
})

test('an error tells the usage before it, and nothing after it', () => {
  const error: StreamEvent = { type: 'error', failure: failure('overloaded', 'Busy') }
  assert.deepEqual(
    encode([error]).data.map(({ type }) => type),
    ['error'],
  )
  const { data } = encode([START, openText(0), text(0, 'Hi'), close(0), { type: 'usage', usage: { output: 3 } }, error])
  assert.deepEqual(
    data.slice(-2).map(({ type, delta, usage }) => [type, delta, (usage as Wire | undefined)?.output_tokens]),
    [
      ['message_delta', { stop_reason: null, stop_sequence: null }, 3],
      ['error', undefined, undefined],
    ],
  )
})

test('members that only another dialect knows are losses, one by one', () => {
  const native: Native = { dialect: 'chat', members: { 'a/b': 1 } }
  const message = messageOf([{ kind: 'text', text: 'Hi', native, item: 'i' }], {
    native,
    createdAt: 1,
    serviceTier: 'priority',
  })
  const { losses, data } = encode(unfold(message))
  assert.deepEqual(losses, {
    '/createdAt': 'cosmetic',
    '/native/members/a~1b': 'cosmetic',
    '/candidates/0/parts/0/item': 'cosmetic',
    '/candidates/0/parts/0/native/members/a~1b': 'no-slot',
  })
  assert.equal(((data[0]!.message as Wire).usage as Wire).service_tier, 'priority')
})

test('of several candidates the first is told', () => {
  const message = messageOf([{ kind: 'text', text: 'Hi' }])
  const { losses, data } = encode(
    unfold({ ...message, candidates: [...message.candidates, { index: 1, parts: [{ kind: 'text', text: 'No' }] }] }),
  )
  assert.deepEqual(losses, { '/candidates/1': 'no-slot' })
  assert.equal(JSON.stringify(data).includes('No'), false)
})

// Made each time: what is taken out of one of them must stay in the others.
const anyNative = fc.nat(9).map((x): Native => ({ dialect: 'gemini', members: { x } }))
const anySeal = fc.constantFrom<Seal>(
  SEAL,
  { dialect: 'responses', issuer: 'https://r', kind: 'encrypted', value: 'enc', id: 'rs_1' },
  { dialect: 'messages', issuer: ISSUER, kind: 'signature', value: 'sig' },
  { dialect: 'messages', issuer: ISSUER, kind: 'encrypted', value: 'own' },
)
const anySeals = fc.oneof(fc.constant({}), fc.record({ seals: fc.tuple(anySeal) }))
const anyRest = fc.oneof(fc.constant({}), fc.record({ item: fc.constant('item') }), fc.record({ native: anyNative }))
const anyAnnotation = fc.record(
  {
    kind: fc.constant('url' as const),
    url: fc.constant('https://x'),
    title: fc.string({ minLength: 1 }),
    start: fc.nat(5),
  },
  { requiredKeys: ['kind'] },
)
const anyJson = fc.constantFrom('{}', '{"a":[1,"x"]}', '{"b":{"c":null}}')
const anyId = fc.constantFrom('call_1', 'call:2', 'fc.3')
const anyPart: fc.Arbitrary<readonly Part[]> = fc.oneof(
  fc
    .tuple(fc.string(), anySeals, anyRest, fc.array(anyAnnotation, { maxLength: 2 }))
    .map(([text, seals, rest, annotations]) => [
      {
        kind: 'text',
        text,
        ...(annotations.length === 0 ? {} : { annotations: annotations as Annotation[] }),
        ...seals,
        ...rest,
      } as Part,
    ]),
  fc
    .tuple(
      fc.array(fc.string({ minLength: 1 }), { maxLength: 2 }),
      anySeals,
      anyRest,
      fc.constantFrom('full', 'summary'),
    )
    .map(([texts, seals, rest, form]) => [{ kind: 'reasoning', form, texts, ...seals, ...rest } as Part]),
  fc
    .tuple(anyId, anyJson, anySeals, anyRest)
    .map(([callId, payload, seals, rest]) => [
      { kind: 'tool-call', callId, name: 'f', runBy: 'client', input: 'json', payload, ...seals, ...rest } as Part,
    ]),
  fc.constantFrom<readonly Part[]>(
    HOSTED,
    [{ kind: 'refusal', text: 'No' }],
    [{ kind: 'media', mediaType: 'image/png', source: { type: 'base64', data: 'AAAA' } }],
    [{ kind: 'native', native: { dialect: 'responses', members: { type: 'x' } } }],
  ),
)
const anyUsage = fc.oneof(
  fc.constant(undefined),
  fc.record({
    input: fc.nat(100),
    output: fc.integer({ min: 1, max: 9 }),
    cacheRead: fc.constant(0),
  }) as fc.Arbitrary<Usage>,
  fc.constant<Usage>({
    input: 20,
    output: 5,
    cacheRead: 8,
    cacheWrite: 4,
    cacheWrite1h: 1,
    reasoning: 2,
    audioInput: 3,
    serverTools: { x: 1 },
  }),
)
const anyFinish = fc.constantFrom<Finish>(
  { reason: 'stop', raw: 'stop' },
  { reason: 'stop', raw: 'stop', stopSequence: 'END' },
  { reason: 'length', raw: 'length' },
  { reason: 'filtered', raw: 'SAFETY' },
  { reason: 'other', raw: 'MALFORMED_FUNCTION_CALL' },
  { reason: 'other', raw: undefined },
)
const anyMessage = fc.tuple(fc.array(anyPart, { maxLength: 6 }), anyUsage, anyFinish).map(([parts, usage, finish]) => {
  const own = withOwnIds(parts.flat())
  const isCalling = own.some(part => part.kind === 'tool-call' && part.runBy === 'client')
  const reason = isCalling && finish.raw === undefined ? 'tool-calls' : finish.reason
  return foldEvents(unfold(messageOf(own, usage && { usage }, { ...finish, reason })))
})

/** Of two calls with one id, the second gets another. */
function withOwnIds(parts: readonly Part[]): Part[] {
  return parts.map((part, at) =>
    part.kind === 'tool-call' && part.runBy === 'client' ? { ...part, callId: `${part.callId}.${at}` } : part,
  )
}

/** Whatever the losses name, on either side; the finish is said in this dialect's words. */
function less(message: Message, losses: readonly Loss[]): unknown {
  return JSON.parse(JSON.stringify(subtract(message, losses)))
}

test('any foreign answer comes back but for the losses, as a stream and whole', () => {
  fc.assert(
    fc.property(anyMessage, message => {
      const { frames, all } = encode(unfold(message))
      assert.deepEqual(less(numberedAs(message, decode(frames), all), all.filter(isMember)), less(message, all))
      const losses = new Losses()
      const body = encodeMessage(message, contextOf(losses))
      assert.deepEqual(withoutSpaces(decodeMessage(body, { issuer: ISSUER })), withoutSpaces(decode(frames)))
    }),
    { numRuns: 400 },
  )
})

/** Not one of a list: in what came back, others have its place. */
function isMember({ path }: Loss): boolean {
  return !/\/(annotations|seals)\/\d+$/.test(path)
}

/** What came back has no parts that were lost: its parts are numbered as those of the original. */
function numberedAs(original: Message, back: Message, losses: readonly Loss[]): Message {
  const lost = new Set(losses.map(({ path }) => path))
  const [candidate] = back.candidates
  if (candidate === undefined) return back
  const left = [...candidate.parts]
  const parts = (original.candidates[0]?.parts ?? []).map((part, at) =>
    lost.has(`/candidates/0/parts/${at}`) ? part : (left.shift() ?? part),
  )
  return { ...back, candidates: [{ ...candidate, parts: [...parts, ...left] }] }
}

function withoutSpaces(message: Message): unknown {
  return JSON.parse(JSON.stringify(message), (name, value) => (name === 'payload' ? parseJson(value) : value))
}

/** What is wrong with the order of frames. */
function checkOrder(data: readonly Wire[]): void {
  let open: number | undefined
  let next = 0
  for (const [at, { type, index }] of data.entries()) {
    assert.equal(type === 'message_start', at === 0)
    assert.equal(type === 'message_stop', at === data.length - 1)
    if (type === 'content_block_start') {
      assert.equal(open, undefined)
      assert.equal(index, next++)
      open = index as number
    } else if (type === 'content_block_delta') assert.equal(index, open)
    else if (type === 'content_block_stop') {
      assert.equal(index, open)
      open = undefined
    } else assert.equal(open, undefined)
  }
}

test('any foreign answer is written in an order that the official client takes', async () => {
  await fc.assert(
    fc.asyncProperty(anyMessage, async message => {
      const { data } = encode(unfold(message))
      checkOrder(data)
      const source = new ReadableStream<Uint8Array>({
        start(controller) {
          for (const event of data) controller.enqueue(Buffer.from(`${JSON.stringify(event)}\n`))
          controller.close()
        },
      })
      const final = await MessageStream.fromReadableStream(source).finalMessage()
      const { content } = encodeMessage(message, contextOf(new Losses()))
      assert.deepEqual(JSON.parse(JSON.stringify(final.content)), JSON.parse(JSON.stringify(content)))
    }),
    { numRuns: 200 },
  )
})

/** The same events with the blocks open all at once, and their pieces in turn. */
function interleaved(events: readonly StreamEvent[]): StreamEvent[] {
  const first = events.findIndex(({ type }) => type === 'block-start')
  const last = events.findLastIndex(({ type }) => type === 'block-end')
  const middle = events.slice(first, last + 1)
  const starts = middle.filter(({ type }) => type === 'block-start')
  const queues = starts.map(start => middle.filter(event => event !== start && indexOf(event) === indexOf(start)))
  const rounds = Math.max(0, ...queues.map(({ length }) => length))
  const mixed = Array.from({ length: rounds }, (_, round) =>
    queues.toReversed().flatMap(queue => queue[round] ?? []),
  ).flat()
  return [...events.slice(0, Math.max(first, 0)), ...starts, ...mixed, ...events.slice(last + 1)]
}

function indexOf(event: StreamEvent): number | undefined {
  return 'index' in event ? event.index : undefined
}

test('blocks that are open at once are written one after the other', () => {
  fc.assert(
    fc.property(anyMessage, message => {
      const events = unfold(message)
      fc.pre(events.some(({ type }) => type === 'block-start'))
      assert.deepEqual(encode(interleaved(events)).frames, encode(events).frames)
    }),
  )
})

test('a turn that the client sends back holds every seal and part that it was shown', () => {
  fc.assert(
    fc.property(anyMessage, message => {
      const { content } = encodeMessage(message, contextOf(new Losses()))
      const { turns } = decodeRequest({ messages: [{ role: 'assistant', content }] })
      const shown = decodeMessage({ content }, { issuer: '' }).candidates[0]?.parts
      assert.deepEqual(turns[0]?.parts, shown)
    }),
  )
})

test('ten thousand blocks that waited are written', () => {
  const ids = Array.from({ length: 10_000 }, (_, index) => index)
  const { data } = encode([
    START,
    ...ids.map(index => openCall(index, `c${index}`)),
    ...ids.toReversed().flatMap(index => [payload(index, '{}'), close(index)]),
    ...END,
  ])
  assert.equal(data.filter(({ type }) => type === 'content_block_stop').length, 10_000)
})

test('a whole body always has numbers in its usage, and zeros that nobody said are read as none', () => {
  const body = encodeMessage({ id: 'a', model: 'm', candidates: [] }, contextOf(new Losses()))
  assert.deepEqual(body.usage, {
    input_tokens: 0,
    cache_creation_input_tokens: null,
    cache_read_input_tokens: null,
    output_tokens: 0,
  })
  assert.equal(decodeMessage(body, { issuer: ISSUER }).usage, undefined)
})

test('a call that was torn stays open, and nothing but the error follows it', () => {
  const events: StreamEvent[] = []
  const writer = new EventWriter(event => events.push(event))
  const call = { kind: 'tool-call', choice: 0, name: 'grind', runBy: 'client', input: 'json' } as const
  const [whole, torn, waiting] = ['c1', 'c2', 'c3'].map(callId => writer.open({ ...call, callId })) as [
    number,
    number,
    number,
  ]
  for (const index of [whole, waiting]) writer.payload(index, '{"sacks":1}')
  for (const piece of ['{"sa', 'cks"', ':']) writer.payload(torn, piece)
  for (const index of [whole, waiting]) writer.close(index)
  writer.fail(failure('truncated', 'Torn'))
  const { data, losses } = encode(events)
  assert.deepEqual(
    data.map(({ type, index }) => [type, index]),
    [
      ['message_start', undefined],
      ['content_block_start', 0],
      ['content_block_delta', 0],
      ['content_block_stop', 0],
      ['content_block_start', 1],
      ['content_block_delta', 1],
      ['content_block_delta', 1],
      ['content_block_delta', 1],
      ['error', undefined],
    ],
  )
  assert.deepEqual(losses, { '/candidates/0/parts/2': 'no-slot' })
})

test('a call that was torn before anything of it was written is not told', () => {
  const events: StreamEvent[] = []
  const writer = new EventWriter(event => events.push(event))
  const call = { kind: 'tool-call', choice: 0, name: 'grind', runBy: 'client', input: 'json' } as const
  writer.open({ ...call, callId: 'c1' })
  writer.fail(failure('truncated', 'Torn'))
  const { data, losses } = encode(events)
  assert.deepEqual(
    data.map(({ type }) => type),
    ['message_start', 'error'],
  )
  assert.deepEqual(losses, { '/candidates/0/parts/0': 'no-slot' })
})
