import assert from 'node:assert/strict'
import { test } from 'node:test'
import { fromLatin1, fromUtf8, toLatin1, toUtf8 } from '../bytes.ts'
import { DIALECTS, type DialectName } from '../dialects/index.ts'
import { DEFAULT_LIMITS } from './budgets.ts'
import { relayAdapter } from './relay.ts'
import { rewriteModel } from './rewrite-model.ts'

const MODEL = 'schnell „1“'

function rewritten(dialect: DialectName, frame: string): string | undefined {
  const text = toLatin1(fromUtf8(frame))
  const edited = rewriteModel(DIALECTS[dialect], MODEL).apply(text, 0, text.length, 'content')
  return edited === undefined ? undefined : toUtf8(fromLatin1(edited))
}

for (const [dialect, frame, expected] of [
  ['chat', 'data: {"id":"ä","model":"up","choices":[]}\n\n', `data: {"id":"ä","model":"${MODEL}","choices":[]}\n\n`],
  ['chat', 'data: {"model":"a",\r\ndata: "model":"b"}\r\n\r\n', `data: {"model":"${MODEL}", "model":"${MODEL}"}\n\n`],
  [
    'messages',
    'event: message_start\ndata: {"type":"message_start","message": {"model" : "up","id":"m"}}\n\n',
    `event: message_start\ndata: {"type":"message_start","message": {"model" : "${MODEL}","id":"m"}}\n\n`,
  ],
  [
    'responses',
    'data: {"type":"response.created","response":{"model":"up"}}\n\n',
    `data: {"type":"response.created","response":{"model":"${MODEL}"}}\n\n`,
  ],
  ['gemini', 'data: {"modelVersion":"up"}\r\n\r\n', `data: {"modelVersion":"${MODEL}"}\r\n\r\n`],
] as const)
  test(`the model is renamed in ${frame}`, () => {
    assert.equal(rewritten(dialect, frame), expected)
  })

for (const [dialect, frame] of [
  ['chat', 'data: {"choices":[{"delta":{"tool_calls":[{"function":{"arguments":"{\\"model\\":\\"x\\"}"}}]}}]}\n\n'],
  ['chat', 'data: {"choices":[{"model":"x"}],"message":{"model":"y"}}\n\n'],
  ['chat', 'data: {"model":null}\n\n'],
  ['chat', 'data: {"model":"torn\n\n'],
  ['chat', ': "model"\n\n'],
  ['messages', 'data: {"content_block":{"input":{"model":"x"}}}\n\n'],
  ['messages', `data: {"message":{"model":"${MODEL}"}}\n\n`],
  ['gemini', 'data: {"model":"x","candidates":[{"modelVersion":"x"}]}\n\n'],
] as const)
  test(`nothing is renamed in ${frame}`, () => {
    assert.equal(rewritten(dialect, frame), undefined)
  })

function whole(dialect: DialectName, ...chunks: readonly string[]) {
  const adapter = relayAdapter(DIALECTS[dialect], { rewriteModel: true })
  const edits = new Set<never>()
  const stage = adapter.stage({ clientModel: MODEL, shape: 'whole', limits: DEFAULT_LIMITS, edits })
  let text = ''
  const emit = (bytes: Uint8Array) => {
    text += toUtf8(bytes)
  }
  for (const chunk of chunks) stage.push(fromUtf8(chunk), emit)
  stage.end(emit)
  return { text, reading: stage.seen.reading, edits: [...edits], lane: adapter.lane }
}

test('the model is renamed in whole bodies, and in each item of an array', () => {
  const { text, reading, edits, lane } = whole(
    'messages',
    '{"type":"message","mod',
    'el":"up","content":[{"input":{"model":"x"}}]}',
  )
  assert.equal(text, `{"type":"message","model":"${MODEL}","content":[{"input":{"model":"x"}}]}`)
  assert.deepEqual([reading.isTerminal, reading.model, edits, lane], [true, 'up', ['answer-model'], 'edit'])
  assert.equal(
    whole('gemini', '[{"modelVersion":"up"},\r\n{"modelVersion":"up"}]').text,
    `[{"modelVersion":"${MODEL}"},\r\n{"modelVersion":"${MODEL}"}]`,
  )
  assert.equal(whole('chat', 'not json').text, 'not json')
})
