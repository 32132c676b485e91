import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { fromUtf8 } from '../bytes.ts'
import { DIALECTS, type DialectName, type Reading } from '../dialects/index.ts'
import { WholeReader } from './whole-reader.ts'

const BODIES: Readonly<Record<DialectName, string>> = {
  chat: '{"id":"chatcmpl-1","model":"m-1","choices":[{"index":0,"message":{"role":"assistant","content":"das Mehl 🌾","tool_calls":[{"id":"c1"}]},"finish_reason":"stop"}],"usage":{"prompt_tokens":7,"completion_tokens":3,"prompt_tokens_details":{"cached_tokens":0}}}',
  responses:
    '{"id":"resp_1","model":"m-1","status":"completed","output":[{"type":"message","content":[{"type":"output_text","text":"\\"usage\\":"}]}],"usage":{"input_tokens":7,"output_tokens":3}}',
  messages:
    '{"id":"msg_1","type":"message","model":"m-1","content":[{"type":"text","text":"}"}],"stop_reason":"stop_sequence","stop_sequence":"END","usage":{"input_tokens":7,"output_tokens":3}}',
  gemini:
    '[{"candidates":[{"content":{"parts":[{"text":"Hi"}]},"index":0}],"modelVersion":"m-1"},\r\n{"candidates":[{"content":{"parts":[]},"finishReason":"STOP","index":0}],"usageMetadata":{"promptTokenCount":7,"candidatesTokenCount":3}}]',
}
const NAMES = Object.keys(BODIES) as readonly DialectName[]

/** More than is parsed at once. */
const PADDING = `"padding":"${'x'.repeat(20_000)}"`

function read(dialect: DialectName, chunks: readonly Uint8Array[]): Reading | undefined {
  const reader = new WholeReader(DIALECTS[dialect])
  for (const chunk of chunks) {
    const lent = Uint8Array.from(chunk)
    reader.push(lent)
    lent.fill(0)
  }
  return reader.read()
}

/** The same body with a large member in front of the others. */
function enlarge(body: string): string {
  return body.replace('{', `{${PADDING},`)
}

function halves(text: string, at: number): Uint8Array[] {
  const bytes = fromUtf8(text)
  return [bytes.subarray(0, at), bytes.subarray(at)]
}

const EXPECTED: Readonly<Record<DialectName, Pick<Reading, 'model' | 'finish'>>> = {
  chat: { model: 'm-1', finish: { reason: 'tool-calls', raw: 'stop' } },
  responses: { model: 'm-1', finish: { reason: 'stop', raw: 'completed' } },
  messages: { model: 'm-1', finish: { reason: 'stop', raw: 'stop_sequence', stopSequence: 'END' } },
  gemini: { model: 'm-1', finish: { reason: 'stop', raw: 'STOP' } },
}

for (const dialect of NAMES)
  test(`a whole ${dialect} body is read the same at every cut, small or large`, () => {
    const body = BODIES[dialect]
    const reading = read(dialect, [fromUtf8(body)])
    assert.deepEqual({ model: reading?.model, finish: reading?.finish }, EXPECTED[dialect])
    assert.deepEqual([reading?.usage.input, reading?.usage.output], [7, 3])
    assert.equal(reading?.isUsageFinal, true)
    for (let at = 1; at < body.length; at++)
      assert.deepEqual(read(dialect, halves(body, at)), reading, `small, cut at ${at}`)
    const large = enlarge(body)
    for (let at = 1; at < body.length; at += 7) {
      assert.deepEqual(read(dialect, halves(large, at)), reading, `large, cut at ${at}`)
      assert.deepEqual(read(dialect, halves(large, large.length - at)), reading, `large, cut ${at} before its end`)
    }
  })

test('small and large bodies agree, whatever the members hold', () => {
  const name = fc.constantFrom(...NAMES.flatMap(name => DIALECTS[name].whole.members), '__proto__', 'x')
  const value = fc.oneof(fc.json({ maxDepth: 2 }), fc.constantFrom(...Object.values(BODIES)))
  const object = fc.array(fc.tuple(name, value), { maxLength: 6 }).map(toObject)
  const array = fc.array(fc.oneof(object, fc.json()), { maxLength: 3 }).map(items => `[${['{"x":0}', ...items]}]`)
  fc.assert(
    fc.property(fc.constantFrom(...NAMES), fc.oneof(object, array), fc.nat(), (dialect, body, cut) => {
      const large = enlarge(body)
      assert.deepEqual(read(dialect, halves(large, cut % large.length)), read(dialect, [fromUtf8(body)]))
    }),
    { numRuns: 500 },
  )
})

function toObject(members: readonly (readonly [name: string, json: string])[]): string {
  return `{"x":0${members.map(([name, json]) => `,${JSON.stringify(name)}:${json}`).join('')}}`
}

test('what is not one whole JSON text is read as nothing', () => {
  for (const text of ['', '{"usage":{"prompt_tokens":7}', '<html>', '{"a":1'])
    for (const dialect of NAMES) {
      assert.equal(read(dialect, [fromUtf8(text)]), undefined, text)
      assert.equal(read(dialect, [fromUtf8(`${text}${' '.repeat(20_000)}`)]), undefined, `large ${text}`)
    }
})
