/** What holds for every stream of this dialect: the project's own, the recorded ones, and damaged ones. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type CorpusStream, corpora, type Expected } from '../../../test/corpus.ts'
import { answerContext, decodeBytes, decodeText, encodeEvents, ISSUER } from '../../../test/gemini-codec.ts'
import { checkGrammar, foldEvents, Losses, type Message, type Part } from '../../model/index.ts'
import { decodeMessage, encodeMessage } from './message.ts'

const STREAMS = corpora().flatMap(({ streams }) => streams.filter(({ dialect }) => dialect === 'gemini'))

/** What a fold says, in the words of the manifest. */
function toExpected({ candidates, usage }: Message): Partial<Expected> {
  const [first] = candidates
  const parts = first?.parts ?? []
  const text = (part: Part) => (part.kind === 'text' ? part.text : '')
  const reasoning = (part: Part) => (part.kind === 'reasoning' ? part.texts.join('') : '')
  return {
    text: parts.map(text).join(''),
    reasoning: parts.map(reasoning).join(''),
    toolCalls: parts.flatMap(part =>
      part.kind === 'tool-call' && part.runBy === 'client'
        ? [{ id: part.callId, name: part.name, args: JSON.parse(part.payload), raw: part.payload }]
        : [],
    ),
    usage: usage === undefined ? null : { input: usage.input ?? 0, output: usage.output ?? 0 },
    finishRaw: first?.finish?.raw ?? null,
  }
}

/** Without what a word of ours adds to a failure that had none. */
function comparable(message: Message): Message {
  const { failure, ...rest } = message
  return failure === undefined ? rest : { ...rest, failure: { ...failure, raw: {} } }
}

for (const stream of STREAMS) {
  test(`${stream.id} is read as expected`, () => {
    const { expected } = stream
    const read = toExpected(foldEvents(decodeBytes(stream.bytes)))
    const calls = expected.toolCalls.map((call, at) => ({ ...call, id: call.id ?? read.toolCalls?.[at]?.id }))
    const usage = expected.usage === null ? null : { input: expected.usage.input, output: expected.usage.output ?? 0 }
    assert.deepEqual(read, {
      text: expected.text,
      reasoning: expected.reasoning,
      toolCalls: calls,
      usage,
      finishRaw: expected.finishRaw,
    })
  })

  test(`${stream.id} gives the same events at every cut`, () => {
    const { bytes } = stream
    const events = decodeBytes(bytes)
    assert.equal(checkGrammar(events), undefined)
    const step = Math.max(1, Math.floor(bytes.length / 100))
    for (let at = 1; at < bytes.length; at += step)
      assert.deepEqual(decodeBytes(bytes.subarray(0, at), bytes.subarray(at)), events, `cut at ${at}`)
  })

  test(`${stream.id} is the same when it is written and read again`, () => {
    const losses = new Losses()
    const events = decodeBytes(stream.bytes)
    const message = comparable(foldEvents(events))
    assert.deepEqual(comparable(foldEvents(decodeText(encodeEvents(events, losses)))), message)
    assert.deepEqual(losses.all, [])
  })

  // A failed answer has no whole body.
  if (!isFailing(stream))
    test(`${stream.id} is the same as a whole body`, () => {
      const message = foldEvents(decodeBytes(stream.bytes))
      assert.deepEqual(decodeMessage(encodeMessage(message, answerContext()), { issuer: ISSUER }), message)
    })
}

function isFailing({ flags }: CorpusStream): boolean {
  return flags.includes('error') || flags.includes('truncated')
}

test('whatever bytes come, the events keep the grammar', () => {
  const random = randomNumbers(7)
  for (const { id, bytes } of STREAMS)
    for (let round = 0; round < 20; round++) {
      const damaged = Buffer.from(bytes)
      for (let count = 0; count < 5; count++) damaged[random(damaged.length)] = random(256)
      const events = decodeBytes(damaged.subarray(0, random(4) === 0 ? random(damaged.length) : undefined))
      assert.equal(checkGrammar(events), undefined, id)
      assert.equal(checkGrammar(decodeText(encodeEvents(events))), undefined, id)
    }
})

test('whatever values stand in the chunks, the events keep the grammar', () => {
  const random = randomNumbers(8)
  for (const { id, bytes } of STREAMS)
    for (let round = 0; round < 20; round++) {
      const chunks = dataOf(bytes).map(chunk => JSON.stringify(spoiled(chunk, random)))
      const events = decodeText(chunks.map(chunk => `data: ${chunk}\n\n`).join(''))
      assert.equal(checkGrammar(events), undefined, id)
      assert.equal(checkGrammar(decodeText(encodeEvents(events))), undefined, id)
    }
})

function dataOf(bytes: Buffer): unknown[] {
  const lines = bytes.toString().split(/\r?\n/)
  return lines.filter(line => line.startsWith('data: {')).map(line => JSON.parse(line.slice(6)))
}

const ODD = [null, 0, -1, 'x', '', [], {}, true, [null], { text: 1 }]

/** The same value, here and there with another one in it. */
function spoiled(value: unknown, random: (below: number) => number): unknown {
  if (random(25) === 0) return ODD[random(ODD.length)]
  if (Array.isArray(value)) return value.map(item => spoiled(item, random))
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(Object.entries(value).map(([name, member]) => [name, spoiled(member, random)]))
}

function randomNumbers(seed: number): (below: number) => number {
  let state = seed
  return below => {
    state = (state * 1_103_515_245 + 12_345) & 0x7fff_ffff
    return state % below
  }
}
