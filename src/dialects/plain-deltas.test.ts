import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { corpora } from '../../test/corpus.ts'
import type { StreamEvent } from '../model/index.ts'
import { SseDecoder, type SseEvent } from '../sse/index.ts'
import { ChatDecoder, createStreamDecoder as createChatDecoder } from './chat/stream-decoder.ts'
import type { Emit, StreamDecoder } from './codec.ts'
import { createStreamDecoder as createMessagesDecoder, MessagesStreamDecoder } from './messages/stream-decoder.ts'
import { PlainDeltas } from './plain-deltas.ts'

type Create = (emit: Emit<StreamEvent>) => StreamDecoder

const CONTEXT = { issuer: 'up' }
const TWINS: Readonly<Record<string, readonly [quick: Create, slow: Create]>> = {
  chat: [emit => createChatDecoder(CONTEXT, emit), emit => new ChatDecoder(CONTEXT, emit)],
  messages: [emit => createMessagesDecoder(CONTEXT, emit), emit => new MessagesStreamDecoder(CONTEXT, emit)],
}

function decode(create: Create, events: readonly SseEvent[]): readonly StreamEvent[] {
  const decoded: StreamEvent[] = []
  const decoder = create(event => decoded.push(event))
  for (const event of events) decoder.push(event)
  decoder.end()
  return decoded
}

function eventsOf(bytes: Uint8Array): readonly SseEvent[] {
  const events: SseEvent[] = []
  const decoder = new SseDecoder()
  decoder.push(bytes, event => events.push(event))
  decoder.end(event => events.push(event))
  return events
}

for (const [dialect, [quick, slow]] of Object.entries(TWINS)) {
  const streams = corpora().flatMap(({ streams }) => streams.filter(stream => stream.dialect === dialect))

  test(`${dialect}: the same events as when each is parsed`, () => {
    for (const { id, bytes } of streams)
      assert.deepEqual(decode(quick, eventsOf(bytes)), decode(slow, eventsOf(bytes)), id)
  })

  test(`${dialect}: the same events in any order and with any repeats`, () => {
    const all = streams.map(({ bytes }) => eventsOf(bytes))
    const order = fc.array(fc.nat({ max: 40 }), { minLength: 2, maxLength: 60 })
    fc.assert(
      fc.property(fc.constantFrom(...all), order, (events, order) => {
        const picked = order.map(at => events[at % events.length] as SseEvent)
        assert.deepEqual(decode(quick, picked), decode(slow, picked))
      }),
      { numRuns: 2000 },
    )
  })
}

/** Counts how many events it has to read itself. */
class Reader implements StreamDecoder {
  readonly isFinished = false
  readonly isTerminal = false
  read = 0
  readonly #emit: Emit<StreamEvent>

  constructor(emit: Emit<StreamEvent>) {
    this.#emit = emit
  }

  push({ data }: SseEvent): void {
    this.read++
    this.#emit({ type: 'text-delta', index: 3, text: JSON.parse(data).t })
  }

  end(): void {}

  fail(): void {}
}

function readAll(datas: readonly string[]): { readonly texts: readonly string[]; readonly read: number } {
  const texts: string[] = []
  let reader: Reader | undefined
  const decoder = new PlainDeltas(
    { opaque: new Set(['t', 'pad']), counters: new Set(), isPadded: true },
    event => event.type === 'text-delta' && texts.push(event.text),
    emit => {
      reader = new Reader(emit)
      return reader
    },
  )
  for (const data of datas) decoder.push({ data })
  return { texts, read: (reader as unknown as Reader).read }
}

test('an event that differs in nothing but its text, padding and blanks is not parsed', () => {
  const { texts, read } = readAll(['{"t":"a","pad":"x"}', '{"t":"\\ud83e\\udd8a \\"b\\"","pad":"yz"  }'])
  assert.deepEqual(texts, ['a', '🦊 "b"'])
  assert.equal(read, 1)
})

test('an event that says anything else is parsed, and learned in its turn', () => {
  const { texts, read } = readAll(['{"t":"a"}', '{"t":"b","n":1}', '{"t":"c","n":1}', '{"t":"d","n":2}'])
  assert.deepEqual(texts, ['a', 'b', 'c', 'd'])
  assert.equal(read, 3)
})

test('padding that looks like the text teaches nothing', () => {
  const { texts, read } = readAll(['{"t":"a","pad":"a"}', '{"t":"b","pad":"c"}', '{"t":"d","pad":"e"}'])
  assert.deepEqual(texts, ['a', 'b', 'd'])
  assert.equal(read, 2)
})
