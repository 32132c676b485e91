import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import { piecesOf, responseOf, Source, streamNamed } from '../../test/answers.ts'
import { eventually } from '../../test/eventually.ts'
import { fromUtf8 } from '../bytes.ts'
import { DIALECTS, type DialectName } from '../dialects/index.ts'
import { StreamingError } from '../errors.ts'
import { DEFAULT_LIMITS } from '../exchange/index.ts'
import { collectMessage } from './collect-message.ts'

const CALLS = [
  ['chat/openai-parallel-tools', 'chat'],
  ['messages/anthropic-thinking-tools-cache', 'messages'],
  ['responses/openai-parallel-tools', 'responses'],
  ['gemini/google-thinking-parallel-tools', 'gemini'],
] as const

suite('collectMessage', () => {
  for (const [id, from] of CALLS)
    test(`folds ${id} to one neutral message, and to the body of every dialect`, async () => {
      const { expected } = streamNamed(id)
      for (const to of Object.keys(DIALECTS) as DialectName[]) {
        const { message, body, report } = await collectMessage(responseOf(id), { from, to })
        const calls = message.candidates[0]?.parts.flatMap(part => (part.kind === 'tool-call' ? [part.name] : []))
        assert.deepEqual(
          calls,
          expected.toolCalls.map(({ name }) => name),
        )
        for (const { name } of expected.toolCalls) assert.match(JSON.stringify(body), new RegExp(`"name":"${name}"`))
        assert.deepEqual([report.outcome, report.shape], ['completed', 'collect'])
        assert.equal(message.usage?.output, expected.usage?.output)
      }
    })

  test('takes the bytes of a stream too, and gives the body of its own dialect', async () => {
    const { bytes, expected } = streamNamed('messages/anthropic-text-padded')
    const { body } = await collectMessage(piecesOf(bytes, 5), { from: 'messages' })
    assert.deepEqual([body.type, body.content], ['message', [{ type: 'text', text: expected.text }]])
  })

  test('takes a whole answer too', async () => {
    const whole = {
      id: 'c1',
      choices: [{ index: 0, message: { role: 'assistant', content: 'Hi' }, finish_reason: 'stop' }],
    }
    const { message, report } = await collectMessage(Response.json(whole), { from: 'chat' })
    assert.deepEqual([message.candidates[0]?.parts, report.shape], [[{ kind: 'text', text: 'Hi' }], 'whole'])
  })

  const FAILURES = [
    ['an error in mid-stream', responseOf('messages/anthropic-overloaded-mid-stream'), 'overloaded', 529],
    ['a stream that breaks off', responseOf('messages/anthropic-truncated'), 'truncated', 502],
    ['an error status', Response.json({ type: 'error' }, { status: 403 }), 'forbidden', 403],
  ] as const
  for (const [what, response, code, status] of FAILURES)
    test(`throws ${what}`, () =>
      assert.rejects(collectMessage(response, { from: 'messages' }), (error: unknown) => {
        assert.ok(error instanceof StreamingError)
        assert.deepEqual([error.code, error.status], [code, status])
        return true
      }))

  test('throws what is larger than the limit, and cancels the source', async () => {
    const event = { id: 'c', choices: [{ index: 0, delta: { content: 'x'.repeat(1000) } }] }
    const endless = new Source(() => fromUtf8(`data: ${JSON.stringify(event)}\n\n`) as Uint8Array<ArrayBuffer>)
    const limits = { ...DEFAULT_LIMITS, messageBytes: 10_000 }
    await assert.rejects(
      collectMessage(endless.body, { from: 'chat', limits }),
      /over the limit `messageBytes` of 10000 bytes/,
    )
    assert.equal(await eventually(() => endless.cancelled || undefined), 1)
  })
})
