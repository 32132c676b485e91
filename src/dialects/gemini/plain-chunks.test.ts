import assert from 'node:assert/strict'
import { test } from 'node:test'
import { corpora } from '../../../test/corpus.ts'
import { ISSUER } from '../../../test/gemini-codec.ts'
import type { StreamEvent } from '../../model/index.ts'
import { AnswerReader } from './answer-reader.ts'
import { PlainChunks } from './plain-chunks.ts'
import { createStreamDecoder } from './stream-decoder.ts'

const FIRST =
  '{"candidates": [{"content": {"parts": [{"text": "Die"}],"role": "model"},"index": 1}],"usageMetadata": {"promptTokenCount": 7,"candidatesTokenCount": 12},"modelVersion": "gemini-2.5"}'

function learned(first = FIRST): PlainChunks {
  const plain = new PlainChunks()
  plain.learn(first, JSON.parse(first))
  return plain
}

const READ: readonly (readonly [data: string, text: string | undefined])[] = [
  [FIRST, 'Die'],
  [FIRST.replace('Die', ' Mühle'), ' Mühle'],
  [FIRST.replace('Die', 'a\\"b\\u003c\\\\'), 'a"b<\\'],
  [FIRST.replace('12', '130'), 'Die'],
  [FIRST.replace('12', '0'), 'Die'],
  [FIRST.replace('12', '012'), undefined],
  [FIRST.replace('12', 'null'), undefined],
  [FIRST.replace('12', ''), undefined],
  [FIRST.replace('Die', ''), undefined],
  [FIRST.replace('Die', 'a\tb'), undefined],
  [FIRST.replace('Die', 'a\\xb'), undefined],
  [FIRST.replace('"Die"', '"Die","thought":true'), undefined],
  [FIRST.replace('"index": 1', '"index": 2'), undefined],
  [FIRST.replace('2.5', '2.6'), undefined],
  [`${FIRST} `, undefined],
  [FIRST.slice(0, -1), undefined],
]

for (const [data, text] of READ)
  test(`${data.slice(38, 70)}… ${data.slice(-70)} is ${JSON.stringify(text)}`, () => {
    assert.equal(learned().read(data), text)
  })

test('a chunk that says more than text is not learned', () => {
  for (const more of [
    FIRST.replace('"index": 1', '"index": 1,"finishReason": "STOP"'),
    FIRST.replace('"text": "Die"', '"text": "Die","thoughtSignature": "c2ln"'),
    FIRST.replace('{"text": "Die"}', '{"text": "Die"},{"text": "x"}'),
    FIRST.replace('"text": "Die"', '"text": "Die","text": "Die"'),
    FIRST.replace('{"candidates"', '{"modelStatus": {},"candidates"'),
  ])
    assert.equal(learned(more).read(more), undefined)
})

/** The slow way: every chunk is parsed. */
function readAll(datas: readonly string[]): StreamEvent[] {
  const events: StreamEvent[] = []
  const reader = new AnswerReader({ issuer: ISSUER }, event => events.push(event))
  for (const data of datas) reader.read(JSON.parse(data))
  reader.end()
  return events
}

function decodeAll(datas: readonly string[]): StreamEvent[] {
  const events: StreamEvent[] = []
  const decoder = createStreamDecoder({ issuer: ISSUER }, event => events.push(event))
  for (const data of datas) decoder.push({ data })
  decoder.end()
  return events
}

for (const { streams } of corpora())
  for (const { id, bytes } of streams.filter(({ dialect }) => dialect === 'gemini'))
    test(`${id} gives the same events when every chunk is parsed`, () => {
      const lines = bytes.toString().split(/\r?\n/)
      const datas = lines.filter(line => line.startsWith('data: {')).map(line => line.slice(6))
      // Also cut short, where the last counts are those of a plain chunk.
      for (let end = 1; end <= datas.length; end++)
        assert.deepEqual(decodeAll(datas.slice(0, end)), readAll(datas.slice(0, end)))
    })

test('a fraction that begins with a zero may not change, and ends', () => {
  const first = FIRST.replace('12', '6.08')
  assert.equal(learned(first).read(first), 'Die')
  assert.equal(learned(first).read(first.replace('6.08', '6.09')), undefined)
})
