import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Losses, type Message } from '../../model/index.ts'
import type { EncodeAnswerContext } from '../codec.ts'
import { decodeMessage, encodeMessage } from './message.ts'

const ISSUER = 'https://upstream.example'

function contextOf(): EncodeAnswerContext {
  let made = 0
  return {
    request: undefined,
    model: undefined,
    losses: new Losses(),
    createId: prefix => `${prefix}${made++}`,
    now: () => 9,
  }
}

/** A completion as OpenAI sends it. */
function completion(message: object, finish_reason: string, more: object = {}): Record<string, unknown> {
  return {
    id: 'chatcmpl-1',
    object: 'chat.completion',
    created: 7,
    model: 'm',
    choices: [{ index: 0, message: { role: 'assistant', ...message }, logprobs: null, finish_reason }],
    usage: { prompt_tokens: 3, completion_tokens: 2, total_tokens: 5 },
    service_tier: 'default',
    system_fingerprint: 'fp',
    ...more,
  }
}

const call = { id: 'c1', type: 'function', function: { name: 'f', arguments: '{"a":1}' } }
const token = {
  token: 'Hi',
  logprob: -0.5,
  bytes: [72, 105],
  top_logprobs: [{ token: 'Ho', logprob: -2, bytes: null }],
}

const COMPLETIONS: Readonly<Record<string, Record<string, unknown>>> = {
  text: completion({ content: 'Hi', refusal: null }, 'stop'),
  'a call without text': completion({ content: null, refusal: null, tool_calls: [call] }, 'tool_calls'),
  'a call with text': completion({ content: 'Wait', refusal: null, tool_calls: [call] }, 'tool_calls'),
  'a custom call': completion(
    { content: null, refusal: null, tool_calls: [{ id: 'c1', type: 'custom', custom: { name: 'p', input: 'x' } }] },
    'tool_calls',
  ),
  'a refusal': completion({ content: null, refusal: 'No' }, 'stop'),
  'a function call of the time before tools': completion(
    { content: null, refusal: null, function_call: { name: 'f', arguments: '{}' } },
    'function_call',
  ),
  annotations: completion(
    {
      content: 'Hi there',
      refusal: null,
      annotations: [{ type: 'url_citation', url_citation: { start_index: 0, end_index: 2, title: 't', url: 'u' } }],
    },
    'stop',
  ),
  reasoning: completion({ content: 'Hi', refusal: null, reasoning_content: 'Hm' }, 'length'),
  'members that nobody knows': completion({ content: 'Hi', refusal: null, channel: 'final' }, 'stop', {
    provider: 'p',
  }),
  'a picture': completion(
    { content: 'Hi', refusal: null, images: [{ type: 'image_url', image_url: { url: 'data:image/png;base64,AAAA' } }] },
    'stop',
  ),
  audio: completion(
    { content: null, refusal: null, audio: { id: 'a', data: 'AAAA', transcript: 'Hi', expires_at: 9 } },
    'stop',
  ),
  'log probabilities': {
    ...completion({}, 'stop'),
    choices: [
      {
        index: 0,
        message: { role: 'assistant', content: 'Hi', refusal: null },
        logprobs: { content: [token], refusal: null },
        finish_reason: 'stop',
      },
    ],
  },
}

for (const [name, body] of Object.entries(COMPLETIONS))
  test(`${name}: a completion is written as OpenAI wrote it`, () => {
    const context = contextOf()
    const written = encodeMessage(decodeMessage(body, { issuer: ISSUER }), context)
    assert.deepEqual(JSON.parse(JSON.stringify(written)), body)
    const unexpected = context.losses.all.filter(({ path }) => !path.includes('/seals/'))
    assert.deepEqual(unexpected, [])
  })

test('what an answer lacks is made up, and the model is named as the client asked for it', () => {
  const message: Message = { id: undefined, model: 'm', candidates: [] }
  const context = { ...contextOf(), model: 'alias' }
  assert.deepEqual(encodeMessage(message, context), {
    id: 'chatcmpl-0',
    object: 'chat.completion',
    created: 9,
    model: 'alias',
    choices: [],
  })
  assert.deepEqual(context.losses.all, [{ path: '/model', reason: 'cosmetic' }])
})

test('a failed answer, and what is none, have failed', () => {
  const failed = decodeMessage({ error: { message: 'Broken', type: 'server_error' } }, { issuer: ISSUER })
  assert.deepEqual([failed.failure?.message, failed.candidates], ['Broken', []])
  assert.equal(decodeMessage({ detail: 'odd' }, { issuer: ISSUER }).failure?.code, 'upstream')
})

test('an answer without usage, id, dates or indices is read', () => {
  const body = { choices: [{ message: { content: [{ type: 'text', text: 'a' }] } }, { message: { content: 'b' } }] }
  assert.deepEqual(
    decodeMessage(body, { issuer: ISSUER }).candidates.map(({ index, parts }) => [index, parts]),
    [
      [0, [{ kind: 'text', text: 'a' }]],
      [1, [{ kind: 'text', text: 'b' }]],
    ],
  )
})
