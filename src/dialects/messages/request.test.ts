import assert from 'node:assert/strict'
import { test } from 'node:test'
import { clientRequests, requestBodies } from '../../../test/corpus.ts'
import { parseExact } from '../../json/index.ts'
import { Losses, type Message, type Part, type Request, subtract, wrapParts, wrapSeal } from '../../model/index.ts'
import type { EncodeRequestContext } from '../codec.ts'
import { itemsOf, objectOf, type Wire } from '../value.ts'
import { decodeRequest, encodeRequest } from './request.ts'

const MODEL = 'claude-sonnet-4-5'

function contextOf(more: Partial<EncodeRequestContext> = {}): EncodeRequestContext {
  const losses = new Losses()
  return { model: MODEL, stream: true, askUsage: false, issuer: '', apiVersion: undefined, losses, ...more }
}

/** The body for an upstream, and what was lost on the way. */
function encode(request: Partial<Request>, more: Partial<EncodeRequestContext> = {}) {
  const context = contextOf(more)
  const whole: Request = {
    model: MODEL,
    stream: true,
    instructions: [],
    turns: [{ role: 'user', parts: [{ kind: 'text', text: 'Hi' }] }],
    tools: [],
    sampling: {},
    ...request,
  }
  const { body, headers } = encodeRequest(whole, context)
  const losses = Object.fromEntries(context.losses.all.map(({ path, reason }) => [path, reason]))
  return { body, headers, losses, messages: body.messages as Wire[] }
}

const text = (text: string): Part => ({ kind: 'text', text })
const call = (callId: string, more: Partial<Extract<Part, { kind: 'tool-call' }>> = {}): Part => ({
  kind: 'tool-call',
  callId,
  name: 'find',
  runBy: 'client',
  input: 'json',
  payload: '{"q":1}',
  ...more,
})
const result = (callId: string, of = 'found'): Part => ({
  kind: 'tool-result',
  callId,
  failed: false,
  content: [text(of)],
})
const wireResult = (id: string, of = 'found') => ({
  type: 'tool_result',
  tool_use_id: id,
  content: [{ type: 'text', text: of }],
})
const wireCall = (id: string, input: unknown = { q: 1 }) => ({ type: 'tool_use', id, name: 'find', input })
const FIND = { kind: 'function', name: 'find', schema: { type: 'object' } } as const

const recorded = [
  ...requestBodies()
    .filter(({ dialect }) => dialect === 'messages')
    .map(({ file, body }) => ({ name: file, body })),
  ...clientRequests()
    .filter(({ path }) => path.endsWith('/messages'))
    .map(({ client, body }, at) => ({ name: `${client} (${at})`, body })),
]

/** Consecutive turns of one side are one turn. */
function merged(request: Request): Request {
  const turns: { role: string; parts: Part[] }[] = []
  for (const { role, parts } of request.turns) {
    const last = turns.at(-1)
    if (last?.role === role) last.parts.push(...parts)
    else turns.push({ role, parts: [...parts] })
  }
  return JSON.parse(JSON.stringify({ ...request, turns })) as Request
}

for (const { name, body } of recorded)
  test(`a recorded request comes back but for the losses: ${name}`, () => {
    const wire = parseExact(body.toString()) as Wire
    const request = decodeRequest(wire)
    const context = contextOf({ model: request.model, stream: request.stream })
    const again = decodeRequest(encodeRequest(request, context).body)
    const losses = context.losses.all
    const left = subtract(request as unknown as Message, losses) as unknown as Request
    const right = subtract(again as unknown as Message, losses) as unknown as Request
    assert.deepEqual(merged(right), merged(left), JSON.stringify(losses))
    assert.deepEqual(
      losses.filter(({ path }) => path.startsWith('/native')),
      [],
    )
  })

test('a wrong type is a 400 that names the member', () => {
  const cases: Record<string, Wire> = {
    messages: {},
    'messages[0]': { messages: [1] },
    'messages[0].role': { messages: [{ role: 'tool', content: 'x' }] },
    'messages[0].content': { messages: [{ role: 'user', content: 5 }] },
    'messages[0].content[0].type': { messages: [{ role: 'user', content: [{}] }] },
    'messages[0].content[0].text': { messages: [{ role: 'user', content: [{ type: 'text', text: 1 }] }] },
    'messages[0].content[0].id': { messages: [{ role: 'assistant', content: [{ type: 'tool_use', name: 'x' }] }] },
    'messages[0].content[0].source.data': {
      messages: [{ role: 'user', content: [{ type: 'image', source: { type: 'base64', media_type: 'image/png' } }] }],
    },
    'messages[0].content[0].content[0].text': {
      messages: [{ role: 'user', content: [{ type: 'tool_result', tool_use_id: 'a', content: [{ type: 'text' }] }] }],
    },
    system: { messages: [], system: 5 },
    max_tokens: { messages: [], max_tokens: '5' },
    temperature: { messages: [], temperature: true },
    stream: { messages: [], stream: 'yes' },
    'stop_sequences[1]': { messages: [], stop_sequences: ['a', 1] },
    'tools[0].name': { messages: [], tools: [{}] },
    'tools[0].input_schema': { messages: [], tools: [{ name: 'a', input_schema: 'x' }] },
    'tool_choice.type': { messages: [], tool_choice: { type: 'maybe' } },
    'thinking.budget_tokens': { messages: [], thinking: { type: 'enabled', budget_tokens: 'many' } },
    'output_config.effort': { messages: [], output_config: { effort: 'huge' } },
    'metadata.user_id': { messages: [], metadata: { user_id: 5 } },
  }
  for (const [member, body] of Object.entries(cases))
    assert.throws(() => decodeRequest(body), {
      code: 'bad-request',
      message: new RegExp(`\`${member.replaceAll(/[[\].]/g, '\\$&')}\``),
    })
})

test('blocks of a request have their neutral parts', () => {
  const cache_control = { type: 'ephemeral', ttl: '1h' }
  const { turns, instructions } = decodeRequest({
    system: [{ type: 'text', text: 'Be brief', cache_control }],
    messages: [
      {
        role: 'user',
        content: [
          { type: 'image', source: { type: 'base64', media_type: 'image/png', data: 'AA==' } },
          { type: 'image', source: { type: 'url', url: 'https://x/y.png' }, cache_control: { type: 'ephemeral' } },
          {
            type: 'document',
            source: { type: 'text', media_type: 'text/plain', data: 'abc' },
            title: 'A',
            context: 'c',
          },
          { type: 'document', source: { type: 'content', content: 'x' } },
          {
            type: 'tool_result',
            tool_use_id: 'mr1id_YTpi',
            is_error: true,
            content: [{ type: 'tool_reference', tool_name: 't' }],
          },
          { type: 'search_result', source: 's', title: 't', content: [] },
        ],
      },
      { role: 'assistant', content: [{ type: 'tool_use', id: 'a', name: 'n', input: {}, cache_control }] },
      { role: 'system', content: 'Now' },
    ],
  })
  assert.deepEqual(instructions, [{ kind: 'text', text: 'Be brief', cache: { ttl: '1h' } }])
  assert.deepEqual(turns, [
    {
      role: 'user',
      parts: [
        { kind: 'media', mediaType: 'image/png', source: { type: 'base64', data: 'AA==' } },
        { kind: 'media', mediaType: 'image/*', source: { type: 'url', url: 'https://x/y.png' }, cache: {} },
        {
          kind: 'media',
          mediaType: 'text/plain',
          source: { type: 'text', text: 'abc' },
          filename: 'A',
          native: { dialect: 'messages', members: { context: 'c' } },
        },
        {
          kind: 'native',
          native: { dialect: 'messages', members: { type: 'document', source: { type: 'content', content: 'x' } } },
        },
        {
          kind: 'tool-result',
          callId: 'a:b',
          failed: true,
          content: [
            { kind: 'native', native: { dialect: 'messages', members: { type: 'tool_reference', tool_name: 't' } } },
          ],
        },
        {
          kind: 'native',
          native: { dialect: 'messages', members: { type: 'search_result', source: 's', title: 't', content: [] } },
        },
      ],
    },
    { role: 'assistant', parts: [{ ...call('a'), name: 'n', payload: '{}', cache: { ttl: '1h' } }] },
    { role: 'system', parts: [{ kind: 'text', text: 'Now' }] },
  ])
})

test('seals of another issuer come out of our opaque blocks, and parts as they were', () => {
  const seal = { dialect: 'gemini', issuer: 'https://g', kind: 'signature', value: 'abc' } as const
  const hosted: Part[] = [
    { ...call('ws_1'), runBy: 'provider', native: { dialect: 'responses', members: { a: 1 } } } as Part,
    { kind: 'tool-result', callId: 'ws_1', failed: false, content: [], payload: '[]' },
  ]
  const attached: Part = {
    kind: 'native',
    native: { dialect: 'messages', members: { sealed: 'call', callId: 'c1' } },
    seals: [seal],
  }
  const { turns } = decodeRequest({
    messages: [
      {
        role: 'assistant',
        content: [
          { type: 'thinking', thinking: 'Hm', signature: wrapSeal(seal) },
          { type: 'redacted_thinking', data: wrapParts(hosted) },
          { type: 'redacted_thinking', data: wrapParts([attached]) },
          { type: 'tool_use', id: 'c1', name: 'find', input: { q: 1 } },
        ],
      },
    ],
  })
  assert.deepEqual(turns[0]?.parts, [
    { kind: 'reasoning', form: 'full', texts: ['Hm'], seals: [seal] },
    ...hosted,
    { ...call('c1'), seals: [seal] },
  ])
})

test('max_tokens is always said', () => {
  assert.equal(encode({}).body.max_tokens, 32_000)
  assert.equal(encode({ maxOutputTokens: 5 }).body.max_tokens, 5)
})

test('roles alternate and the user begins', () => {
  const { messages } = encode({
    turns: [
      { role: 'assistant', parts: [text('Hello')] },
      { role: 'user', parts: [text('a')] },
      { role: 'user', parts: [text('b'), text('')] },
    ],
  })
  assert.deepEqual(messages, [
    { role: 'user', content: [{ type: 'text', text: 'Continue.' }] },
    { role: 'assistant', content: [{ type: 'text', text: 'Hello' }] },
    {
      role: 'user',
      content: [
        { type: 'text', text: 'a' },
        { type: 'text', text: 'b' },
      ],
    },
  ])
})

test('results stand first in the turn after their calls', () => {
  const { messages, losses } = encode({
    turns: [
      { role: 'user', parts: [text('Go')] },
      { role: 'assistant', parts: [call('a'), call('b')] },
      { role: 'user', parts: [text('Look:'), result('b')] },
      { role: 'assistant', parts: [text('Wait')] },
      { role: 'user', parts: [result('a', 'late'), result('zzz', 'whose?')] },
    ],
    tools: [FIND],
  })
  assert.deepEqual(messages.slice(1), [
    { role: 'assistant', content: [wireCall('a'), wireCall('b')] },
    { role: 'user', content: [wireResult('b'), wireResult('a', 'late'), { type: 'text', text: 'Look:' }] },
    { role: 'assistant', content: [{ type: 'text', text: 'Wait' }] },
    {
      role: 'user',
      content: [
        { type: 'text', text: 'Result of the tool call zzz:' },
        { type: 'text', text: 'whose?' },
      ],
    },
  ])
  assert.deepEqual(losses, {
    '/turns/2/parts/1': 'order',
    '/turns/4/parts/0': 'order',
    '/turns/4/parts/1/kind': 'no-slot',
  })
})

test('a call without a result gets one that says so', () => {
  const { messages } = encode(
    {
      turns: [
        { role: 'user', parts: [text('Go')] },
        { role: 'assistant', parts: [call('a')] },
        { role: 'system', parts: [text('Be quick')] },
      ],
      tools: [FIND],
    },
    { model: 'claude-opus-5' },
  )
  const missing = { type: 'tool_result', tool_use_id: 'a', content: 'There is no result.', is_error: true }
  assert.deepEqual(messages.slice(2), [
    { role: 'user', content: [missing] },
    { role: 'system', content: [{ type: 'text', text: 'Be quick' }] },
  ])
})

test('ids that the API refuses are encoded, and decoded when they come back', () => {
  const { messages } = encode({
    turns: [
      { role: 'user', parts: [text('Go')] },
      { role: 'assistant', parts: [call('a:b')] },
      { role: 'user', parts: [result('a:b')] },
    ],
  })
  assert.deepEqual(messages.slice(1), [
    { role: 'assistant', content: [wireCall('mr1id_YTpi')] },
    { role: 'user', content: [wireResult('mr1id_YTpi')] },
  ])
})

test('input that is no JSON object becomes the member of one', () => {
  const parts = [
    call('a', { payload: '' }),
    call('b', { payload: '[1]' }),
    call('c', { payload: '{"x":' }),
    call('d', { input: 'text', payload: '*** Patch' }),
    call('e', { payload: '{"id":12345678901234567890}' }),
  ]
  const { body, losses } = encode({ turns: [{ role: 'assistant', parts }] })
  const calls = itemsOf(objectOf(itemsOf(body.messages)[1])?.content).map(block => objectOf(block)?.input)
  assert.equal(
    JSON.stringify(calls),
    '[{},{"input":[1]},{"input":"{\\"x\\":"},{"input":"*** Patch"},{"id":12345678901234567890}]',
  )
  assert.deepEqual(losses, { '/turns/0/parts/1/payload': 'unit', '/turns/0/parts/2/payload': 'unit' })
})

test('reasoning goes back to its issuer only, and never last', () => {
  const seal = { dialect: 'messages', issuer: 'https://a', kind: 'signature', value: 'sig' } as const
  const foreign = { ...seal, dialect: 'gemini' } as const
  const reasoning = (seals: (typeof seal | typeof foreign)[], more = {}): Part => ({
    kind: 'reasoning',
    form: 'full',
    texts: ['Hm'],
    seals,
    ...more,
  })
  const { messages, losses } = encode(
    {
      turns: [
        {
          role: 'assistant',
          parts: [
            reasoning([seal]),
            reasoning([foreign]),
            reasoning([]),
            reasoning([{ ...seal, issuer: 'https://b' } as never]),
            reasoning([{ ...seal, kind: 'encrypted', value: 'enc' } as never], { texts: [] }),
            text('Yes'),
            reasoning([seal]),
          ],
        },
      ],
    },
    { issuer: 'https://a' },
  )
  assert.deepEqual(messages[1], {
    role: 'assistant',
    content: [
      { type: 'thinking', thinking: 'Hm', signature: 'sig' },
      { type: 'redacted_thinking', data: 'enc' },
      { type: 'text', text: 'Yes' },
    ],
  })
  assert.deepEqual(losses, {
    '/turns/0/parts/1/seals/0': 'foreign-seal',
    '/turns/0/parts/1': 'no-slot',
    '/turns/0/parts/2': 'no-slot',
    '/turns/0/parts/3/seals/0': 'foreign-seal',
    '/turns/0/parts/3': 'no-slot',
    '/turns/0/parts/6': 'no-slot',
  })
})

test('thinking is asked for in the words that the model takes', () => {
  const cases: [string, Request['reasoning'], unknown, unknown][] = [
    [MODEL, undefined, undefined, undefined],
    [MODEL, { effort: 'none' }, { type: 'disabled' }, undefined],
    [MODEL, { effort: 'high' }, { type: 'enabled', budget_tokens: 16_384 }, undefined],
    [MODEL, { enabled: true }, { type: 'enabled', budget_tokens: 8192 }, undefined],
    [MODEL, { enabled: true, budgetTokens: 100 }, { type: 'enabled', budget_tokens: 1024 }, undefined],
    [MODEL, { budgetTokens: 0 }, { type: 'disabled' }, undefined],
    ['claude-opus-4-5', { effort: 'high' }, undefined, { effort: 'high' }],
    [
      'claude-opus-5',
      { effort: 'high', summary: 'auto' },
      { type: 'adaptive', display: 'summarized' },
      { effort: 'high' },
    ],
    ['claude-opus-4-6', { effort: 'minimal', enabled: true }, { type: 'adaptive' }, { effort: 'low' }],
    [
      'anthropic/claude-sonnet-5',
      { enabled: 'adaptive', summary: 'auto' },
      { type: 'adaptive', display: 'summarized' },
      undefined,
    ],
    ['claude-sonnet-4-20250514', { effort: 'low', enabled: true }, { type: 'enabled', budget_tokens: 2048 }, undefined],
    ['glm-5', { effort: 'max' }, { type: 'enabled', budget_tokens: 31_999 }, undefined],
  ]
  for (const [model, reasoning, thinking, output] of cases) {
    const { body } = encode({ reasoning }, { model })
    assert.deepEqual([body.thinking, body.output_config], [thinking, output], `${model} ${JSON.stringify(reasoning)}`)
  }
})

test('a budget is less than the answer, or there is none', () => {
  const wish = { enabled: true, budgetTokens: 5000 } as const
  assert.deepEqual(encode({ reasoning: wish, maxOutputTokens: 4096 }).body.thinking, {
    type: 'enabled',
    budget_tokens: 4095,
  })
  const { body, losses } = encode({ reasoning: wish, maxOutputTokens: 1000 })
  assert.deepEqual(body.thinking, { type: 'disabled' })
  assert.deepEqual(losses, { '/reasoning/enabled': 'unit', '/reasoning/budgetTokens': 'no-slot' })
  assert.equal(encode({ reasoning: { budgetTokens: 40_000 } }).body.max_tokens, 48_192)
})

test('thinking stands beside no sampling, no forced call and no unsigned calls', () => {
  const reasoning = { enabled: true, budgetTokens: 2000 } as const
  const sampled = encode({ reasoning, sampling: { temperature: 0.5, topP: 0.9, topK: 5 } })
  assert.deepEqual(
    [sampled.body.temperature, sampled.body.top_p, sampled.body.top_k],
    [undefined, undefined, undefined],
  )
  const forced = encode({ reasoning, tools: [FIND], toolChoice: { type: 'required' } })
  assert.deepEqual(forced.body.thinking, { type: 'disabled' })
  assert.deepEqual(forced.body.tool_choice, { type: 'any' })
  const turns: Request['turns'] = [
    { role: 'user', parts: [text('Go')] },
    { role: 'assistant', parts: [call('a')] },
    { role: 'user', parts: [result('a')] },
  ]
  assert.deepEqual(encode({ reasoning, turns, tools: [FIND] }).body.thinking, { type: 'disabled' })
})

test('the later version of the API takes no sampling', () => {
  const { body, headers, losses } = encode(
    { sampling: { temperature: 0.5, topP: 0.9, topK: 5 } },
    { apiVersion: '2026-10-21' },
  )
  assert.deepEqual(headers, ['anthropic-version', '2026-10-21'])
  assert.equal('temperature' in body || 'top_p' in body || 'top_k' in body, false)
  assert.deepEqual(Object.keys(losses), ['/sampling/temperature', '/sampling/topP', '/sampling/topK'])
})

test('choices, tools and the parallel switch', () => {
  const { body, losses } = encode({
    tools: [
      FIND,
      {
        kind: 'custom',
        name: 'patch',
        description: 'Patches',
        native: { dialect: 'responses', members: { format: {} } },
      },
      { kind: 'provider', name: 'web_search', native: { dialect: 'responses', members: {} } },
      {
        kind: 'provider',
        name: 'web_search_20250305',
        native: { dialect: 'messages', members: { type: 'web_search_20250305', name: 'web_search' } },
      },
    ],
    toolChoice: { type: 'tool', name: 'web_search' },
    parallelToolCalls: false,
  })
  assert.deepEqual(body.tool_choice, { type: 'tool', name: 'web_search', disable_parallel_tool_use: true })
  assert.deepEqual(
    (body.tools as Wire[]).map(({ name }) => name),
    ['find', 'patch', 'web_search'],
  )
  assert.deepEqual(losses, { '/tools/1/native/members/format': 'no-slot', '/tools/2': 'no-slot' })
  assert.equal(encode({ tools: [FIND], parallelToolCalls: true }).body.tool_choice, undefined)
  assert.throws(() => encode({ tools: [FIND], toolChoice: { type: 'tool', name: 'x' } }), /there is no tool `x`/)
})

test('what cannot be honoured is refused', () => {
  const audio: Part = { kind: 'media', mediaType: 'audio/wav', source: { type: 'base64', data: '' } }
  assert.throws(() => encode({ turns: [{ role: 'user', parts: [audio] }] }), { code: 'bad-request' })
  assert.throws(() => encode({ choices: 2 }), /`\/choices`: this API gives one answer/)
  assert.throws(() => encode({ output: { modalities: ['text', 'audio'] } }), /text only/)
})

test('the last four cache marks are kept', () => {
  const parts = [1, 2, 3].map(n => ({ kind: 'text', text: `${n}`, cache: {} }) as const)
  const { body, losses } = encode({
    instructions: parts.slice(0, 2),
    turns: [{ role: 'user', parts }],
  })
  assert.deepEqual(losses, { '/instructions/0/cache': 'no-slot' })
  assert.equal(JSON.stringify(body).split('cache_control').length - 1, 4)
})

test('files, structured output, stops, user and tier', () => {
  const { body, headers, losses } = encode({
    turns: [
      {
        role: 'user',
        parts: [
          { kind: 'media', mediaType: 'image/*', source: { type: 'file', fileId: 'f1' }, detail: 'low' },
          { kind: 'media', mediaType: 'text/csv', source: { type: 'base64', data: 'YSxi' }, filename: 'a.csv' },
        ],
      },
    ],
    output: { format: 'schema', name: 'x', schema: { type: 'object' } },
    stop: ['\n', 'END'],
    user: 'u1',
    serviceTier: 'priority',
  })
  assert.deepEqual((body.messages as Wire[])[0]?.content, [
    { type: 'image', source: { type: 'file', file_id: 'f1' } },
    { type: 'document', source: { type: 'text', media_type: 'text/plain', data: 'a,b' }, title: 'a.csv' },
  ])
  assert.deepEqual(headers, ['anthropic-version', '2023-06-01', 'anthropic-beta', 'files-api-2025-04-14'])
  assert.deepEqual(body.output_config, { format: { type: 'json_schema', schema: { type: 'object' } } })
  assert.deepEqual([body.stop_sequences, body.metadata], [['END'], { user_id: 'u1' }])
  assert.deepEqual(losses, {
    '/turns/0/parts/0/detail': 'no-slot',
    '/turns/0/parts/1/mediaType': 'cosmetic',
    '/output/name': 'cosmetic',
    '/stop/0': 'no-slot',
    '/serviceTier': 'no-slot',
  })
})
