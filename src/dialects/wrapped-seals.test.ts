import assert from 'node:assert/strict'
import { test } from 'node:test'
import { fromUtf8, toUtf8 } from '../bytes.ts'
import { wrapParts, wrapSeal } from '../model/index.ts'
import { DIALECTS, type DialectName } from './index.ts'
import { cutWrapped } from './wrapped-seals.ts'

const SEAL = wrapSeal({ dialect: 'responses', issuer: 'up', kind: 'encrypted', value: 'x' })
const PARTS = wrapParts([{ kind: 'text', text: 'x' }])

function cut(dialect: DialectName, body: string) {
  const { body: rest, cut } = cutWrapped(fromUtf8(body), DIALECTS[dialect].wrappedAt)
  return [toUtf8(rest), cut]
}

test('thinking that we sealed is cut, and nothing else', () => {
  assert.deepEqual(
    cut(
      'messages',
      `{"messages": [{"role":"assistant","content":[ {"type":"thinking","thinking":"ä","signature":"${SEAL}"} , {"type":"text","text":"a"}, {"type":"redacted_thinking","data":"${PARTS}"}, {"type":"redacted_thinking","data":"theirs"} ]}, {"role":"user","content":"mr1s. \\"${SEAL}"}] }`,
    ),
    [
      `{"messages": [{"role":"assistant","content":[ {"type":"text","text":"a"}, {"type":"redacted_thinking","data":"theirs"} ]}, {"role":"user","content":"mr1s. \\"${SEAL}"}] }`,
      ['/messages/0/content/0', '/messages/0/content/2'],
    ],
  )
})

test('a turn of nothing else goes with it', () => {
  assert.deepEqual(
    cut(
      'messages',
      `{"messages":[{"content":[{"type":"thinking","signature":"${SEAL}"},{"type":"thinking","signature":"${SEAL}"}]},{"role":"user","content":"a"}]}`,
    ),
    ['{"messages":[{"role":"user","content":"a"}]}', ['/messages/0/content/0', '/messages/0/content/1']],
  )
})

test('details and signatures of chat are cut with the members that they leave empty', () => {
  const ours = `{"type":"reasoning.encrypted","data":"${SEAL}","format":"millrace-v1"}`
  assert.deepEqual(
    cut(
      'chat',
      `{"messages":[{"content":"a","reasoning_details":[${ours},{"format":"millrace-v1","break":true}],"x":1},{"reasoning_details":[{"data":"theirs"},${ours}]},{"tool_calls":[{"id":"c","extra_content":{"google":{"thought_signature":"${SEAL}"}},"function":{"arguments":"{\\"signature\\":\\"${SEAL}\\"}"}}]}]}`,
    ),
    [
      `{"messages":[{"content":"a","x":1},{"reasoning_details":[{"data":"theirs"}]},{"tool_calls":[{"id":"c","function":{"arguments":"{\\"signature\\":\\"${SEAL}\\"}"}}]}]}`,
      [
        '/messages/0/reasoning_details/0',
        '/messages/0/reasoning_details/1',
        '/messages/1/reasoning_details/1',
        '/messages/2/tool_calls/0/extra_content',
      ],
    ],
  )
})

test('items of responses are cut, of gemini only the signature', () => {
  assert.deepEqual(cut('responses', `{"input":[{"type":"reasoning","encrypted_content":"${SEAL}"},{"role":"user"}]}`), [
    '{"input":[{"role":"user"}]}',
    ['/input/0'],
  ])
  assert.deepEqual(cut('gemini', `{"contents":[{"parts":[{"functionCall":{},"thoughtSignature":"${SEAL}"}]}]}`), [
    '{"contents":[{"parts":[{"functionCall":{}}]}]}',
    ['/contents/0/parts/0/thoughtSignature'],
  ])
})

test('without our tag in it, and where it only looks like ours, the very bytes go up', () => {
  for (const body of ['{"messages":[{"content":[{"signature":"theirs"}]}]}', 'not json "mr1s.', '{"a":"mr1s.x"}']) {
    const bytes = fromUtf8(body)
    assert.equal(cutWrapped(bytes, DIALECTS.messages.wrappedAt).body, bytes)
  }
  const bytes = fromUtf8('{"messages":[{"content":[{"signature":"mr1s.!!"},{"input":{"signature":"mr1s."}}]}]}')
  assert.equal(cutWrapped(bytes, DIALECTS.messages.wrappedAt).body, bytes)
})
