import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Part, Request } from '../model/index.ts'
import type { TokenCounter } from './counter.ts'
import { countRequest } from './prompt.ts'

test('all that the model reads is counted, and media and turns in round numbers', async () => {
  const counted: string[] = []
  const counter = {
    async count(text: string) {
      counted.push(text)
      return { tokens: 100, by: 'tokenizer' }
    },
  } as unknown as TokenCounter
  const picture = { kind: 'media', mediaType: 'image/png', source: { type: 'base64', data: 'AAAA' } } as const
  const assistant: readonly Part[] = [
    { kind: 'reasoning', form: 'full', texts: ['thought'] },
    { kind: 'tool-call', callId: 'c', name: 'grind', runBy: 'client', input: 'json', payload: '{"n":1}' },
  ]
  const result = { kind: 'tool-result', callId: 'c', failed: false } as const
  const request: Request = {
    model: 'm',
    stream: false,
    instructions: [{ kind: 'text', text: 'system' }],
    turns: [
      { role: 'user', parts: [{ kind: 'text', text: 'hello' }, picture] },
      { role: 'assistant', parts: assistant },
      { role: 'user', parts: [{ ...result, content: [{ kind: 'text', text: 'ground' }, picture] }] },
    ],
    tools: [
      { kind: 'function', name: 'grind', description: 'Grinds', schema: { type: 'object' } },
      { kind: 'custom', name: 'patch', grammar: { syntax: 'lark', definition: 'start: "x"' } },
      { kind: 'provider', name: 'web_search', native: { dialect: 'messages', members: {} } },
    ],
    sampling: {},
  }
  assert.deepEqual(await countRequest(request, counter), { tokens: 100 + 3 * 4 + 2 * 1000, by: 'tokenizer' })
  const text = [
    'system',
    'hello',
    'thought',
    'grind',
    '{"n":1}',
    'ground',
    'grind',
    'Grinds',
    '{"type":"object"}',
    'patch',
  ]
  assert.deepEqual(counted, [`${text.join('\n')}\n\nstart: "x"`])
})
