/** Answers that nobody recorded: any order of blocks comes back from a chat client, minus the losses. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { decodeMessage, encodeMessage } from '../../src/dialects/chat/message.ts'
import { createStreamDecoder } from '../../src/dialects/chat/stream-decoder.ts'
import { createStreamEncoder } from '../../src/dialects/chat/stream-encoder.ts'
import type { EncodeAnswerContext } from '../../src/dialects/codec.ts'
import {
  checkGrammar,
  EventWriter,
  foldEvents,
  Losses,
  type Message,
  type Seal,
  type StreamEvent,
  subtract,
} from '../../src/model/index.ts'
import { SseDecoder } from '../../src/sse/index.ts'

const ROUNDS = 2000

test('any order of blocks comes back from a stream, minus the losses', () => {
  for (let seed = 1; seed <= ROUNDS; seed++) {
    const events = eventsOf(new Random(seed))
    const context = contextOf()
    const heard = decode(encode(events, context))
    assert.deepEqual(plain(heard), plain(subtract(foldEvents(events), context.losses.all)), `seed ${seed}`)
  }
})

test('any order of blocks comes back from a whole body, minus the losses', () => {
  for (let seed = 1; seed <= ROUNDS; seed++) {
    const message = foldEvents(eventsOf(new Random(seed)))
    const context = contextOf()
    const body = JSON.parse(JSON.stringify(encodeMessage(message, context)))
    const expected = plain(subtract(message, context.losses.all))
    assert.deepEqual(plain(decodeMessage(body, { issuer: 'chat' })), expected, `seed ${seed}`)
  }
})

/** Always the same numbers for a seed. */
class Random {
  #state: number

  constructor(seed: number) {
    this.#state = seed
  }

  /** A whole number from 0 to below the limit. */
  below(limit: number): number {
    this.#state = (Math.imul(this.#state, 1_103_515_245) + 12_345) & 0x7fffffff
    return (this.#state >> 8) % limit
  }
}

type Write = (writer: EventWriter, random: Random, n: number) => void

const BLOCKS: readonly Write[] = [
  (writer, random, n) => {
    const index = writer.open({ choice: 0, kind: 'text' })
    for (let more = random.below(3); more >= 0; more--) writer.text(index, `t${n}.${more}`)
    finish(writer, random, index)
  },
  (writer, random, n) => {
    const form = random.below(2) === 0 ? 'full' : 'summary'
    const index = writer.open({ choice: 0, kind: 'reasoning', form })
    if (random.below(4) > 0) writer.text(index, `r${n}`)
    if (form === 'summary' && random.below(2) === 0) {
      writer.text(index, 'x')
      writer.breakPart(index)
      writer.text(index, `s${n}`)
    }
    finish(writer, random, index)
  },
  (writer, random, n) => {
    const input = random.below(3) === 0 ? 'text' : 'json'
    const call = { choice: 0, kind: 'tool-call', callId: `c${n}`, name: 'f', runBy: 'client', input } as const
    const index = writer.open(call)
    writer.payload(index, '{"a":')
    writer.payload(index, '1}')
    finish(writer, random, index)
  },
  (writer, random, n) => {
    const call = { kind: 'tool-call', callId: `p${n}`, name: 'web', runBy: 'provider', input: 'json' } as const
    const index = writer.open({ choice: 0, ...call })
    writer.payload(index, '{}')
    writer.close(index)
    if (random.below(4) === 0) return
    const result = writer.open({ choice: 0, kind: 'tool-result', callId: `p${n}`, failed: false })
    writer.payload(result, '[1]')
    writer.close(result)
  },
  (writer, _random, n) => {
    const index = writer.open({ choice: 0, kind: 'refusal' })
    writer.text(index, `no${n}`)
    writer.close(index)
  },
  writer => {
    const native = { dialect: 'messages', members: { x: 1 } } as const
    writer.close(writer.open({ choice: 0, kind: 'native', native }))
  },
  writer => {
    const index = writer.open({ choice: 0, kind: 'media', mediaType: 'image/png' })
    writer.data(index, 'AAAA')
    writer.close(index)
  },
]

/** Closes a block, with a seal or without. */
function finish(writer: EventWriter, random: Random, index: number): void {
  const kind = (['signature', 'encrypted'] as const)[random.below(5)]
  const seal: Seal | undefined = kind && { dialect: 'messages', issuer: 'o', kind, value: `s${random.below(100)}` }
  if (seal !== undefined) writer.seal(index, seal)
  writer.close(index)
}

function eventsOf(random: Random): StreamEvent[] {
  const events: StreamEvent[] = []
  const writer = new EventWriter(event => events.push(event))
  writer.start({ id: 'i', model: 'm', createdAt: 1 })
  const length = random.below(8)
  for (let n = 0; n < length; n++) BLOCKS[random.below(BLOCKS.length)]?.(writer, random, n)
  writer.end()
  assert.equal(checkGrammar(events), undefined)
  return events
}

function contextOf(): EncodeAnswerContext {
  return { request: undefined, model: undefined, losses: new Losses(), createId: prefix => `${prefix}0`, now: () => 0 }
}

function encode(events: readonly StreamEvent[], context: EncodeAnswerContext): string {
  let text = ''
  const encoder = createStreamEncoder(context, piece => {
    text += piece
  })
  for (const event of events) encoder.push(event)
  return text
}

function decode(text: string): Message {
  const events: StreamEvent[] = []
  const decoder = createStreamDecoder({ issuer: 'chat' }, event => events.push(event))
  const sse = new SseDecoder()
  sse.push(new TextEncoder().encode(text), event => decoder.push(event))
  decoder.end()
  return foldEvents(events)
}

/** Without the finish, whose word is another, and the marks of the member that reasoning came in. */
function plain(message: Message): unknown {
  const candidates = message.candidates.map(({ finish: _, ...candidate }) => ({
    ...candidate,
    parts: candidate.parts.map(({ seals = [], ...part }) => {
      const carried = seals.filter(({ value }) => !value.startsWith('slot:'))
      return carried.length === 0 ? part : { ...part, seals: carried }
    }),
  }))
  return JSON.parse(JSON.stringify({ ...message, candidates }))
}
