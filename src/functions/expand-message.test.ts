import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import { responseOf, streamNamed } from '../../test/answers.ts'
import { DIALECTS, type DialectName } from '../dialects/index.ts'
import { collectMessage } from './collect-message.ts'
import { expandMessage } from './expand-message.ts'

const WHOLE = {
  ...{ id: 'msg_1', type: 'message', role: 'assistant', model: 'm', stop_reason: 'tool_use', stop_sequence: null },
  content: [
    { type: 'text', text: 'Let me look' },
    { type: 'tool_use', id: 'toolu_1', name: 'weather', input: { place: 'Mill' } },
  ],
  usage: { input_tokens: 3, output_tokens: 5 },
}

suite('expandMessage', () => {
  for (const to of Object.keys(DIALECTS) as DialectName[])
    test(`tells a whole answer as a stream of ${to}`, async () => {
      const stream = await expandMessage(WHOLE, { from: 'messages', to })
      assert.equal(stream.headers.get('content-type'), 'text/event-stream')
      const { message } = await collectMessage(stream, { from: to })
      const [text, call] = message.candidates[0]?.parts ?? []
      assert.equal(text?.kind === 'text' && text.text, 'Let me look')
      assert.equal(call?.kind === 'tool-call' && call.payload, '{"place":"Mill"}')
      assert.deepEqual([message.candidates[0]?.finish?.reason, message.usage?.output], ['tool-calls', 5])
    })

  test('gives back what collecting took', async () => {
    const id = 'messages/anthropic-thinking-tools-cache'
    const { body } = await collectMessage(responseOf(id), { from: 'messages' })
    const { body: again } = await collectMessage(await expandMessage(body, { from: 'messages' }), { from: 'messages' })
    assert.deepEqual(again, body)
  })

  test('passes a stream of the same dialect', async () => {
    const id = 'messages/anthropic-text-padded'
    const stream = await expandMessage(responseOf(id), { from: 'messages' })
    assert.equal(await stream.text(), streamNamed(id).bytes.toString())
  })

  test('answers what is no answer with an error', async () => {
    const response = await expandMessage({ hello: 'world' }, { from: 'chat', to: 'messages' })
    assert.equal(response.status, 502)
    assert.equal(((await response.json()) as { type: string }).type, 'error')
  })
})
