import assert from 'node:assert/strict'
import { test } from 'node:test'
import {
  type Loss,
  Losses,
  type Part,
  type Request,
  type Seal,
  type Turn,
  wrapParts,
  wrapSeal,
} from '../../model/index.ts'
import type { EncodeRequestContext } from '../codec.ts'
import { TEXT_INPUT } from '../custom-tools.ts'
import { decodeRequest, encodeRequest } from './request.ts'

const ISSUER = 'https://upstream.example'

function decode(members: object): Request {
  return decodeRequest({ model: 'm', messages: [{ role: 'user', content: 'Hi' }], ...members })
}

function turnsOf(...messages: readonly object[]): readonly Turn[] {
  return decode({ messages }).turns
}

interface Encoded {
  readonly body: Record<string, unknown>
  readonly losses: readonly Loss[]
}

function encode(request: Partial<Request>, context: Partial<EncodeRequestContext> = {}): Encoded {
  const losses = new Losses()
  const turns = [user(text('Hi'))]
  const whole: Request = { model: 'm', stream: false, instructions: [], turns, tools: [], sampling: {}, ...request }
  const { body } = encodeRequest(whole, {
    model: undefined,
    stream: whole.stream,
    askUsage: false,
    issuer: ISSUER,
    apiVersion: undefined,
    losses,
    ...context,
  })
  return { body: JSON.parse(JSON.stringify(body)), losses: losses.all }
}

function messagesOf(turns: readonly Turn[], context?: Partial<EncodeRequestContext>): unknown {
  return encode({ turns }, context).body.messages
}

function text(said: string): Part {
  return { kind: 'text', text: said }
}

function call(callId: string, name = 'f'): Part {
  return { kind: 'tool-call', callId, name, runBy: 'client', input: 'json', payload: '{}' }
}

function result(callId: string, ...content: readonly Part[]): Part {
  return { kind: 'tool-result', callId, failed: false, content }
}

function user(...parts: readonly Part[]): Turn {
  return { role: 'user', parts }
}

function assistant(...parts: readonly Part[]): Turn {
  return { role: 'assistant', parts }
}

const PICTURE: Part = { kind: 'media', mediaType: 'image/png', source: { type: 'base64', data: 'AAAA' } }

test('messages at the head are instructions, later ones are turns', () => {
  const { instructions, turns } = decode({
    messages: [
      { role: 'system', content: 'One' },
      { role: 'developer', content: [{ type: 'text', text: 'Two' }] },
      { role: 'user', content: 'Hi', name: 'ann' },
      { role: 'system', content: 'Three' },
    ],
  })
  assert.deepEqual(instructions, [text('One'), text('Two')])
  assert.deepEqual(turns, [
    { role: 'user', parts: [text('Hi')], name: 'ann' },
    { role: 'system', parts: [text('Three')] },
  ])
})

const PARTS: readonly (readonly [wire: object, part: object])[] = [
  [
    { type: 'text', text: 'a', cache_control: { type: 'ephemeral', ttl: '1h' } },
    { ...text('a'), cache: { ttl: '1h' } },
  ],
  [{ type: 'image_url', image_url: { url: 'data:image/png;base64,AAAA' } }, PICTURE],
  [
    { type: 'image_url', image_url: { url: 'https://x.example/a.png', detail: 'low' } },
    { kind: 'media', mediaType: 'image/*', source: { type: 'url', url: 'https://x.example/a.png' }, detail: 'low' },
  ],
  [
    { type: 'input_audio', input_audio: { data: 'AAAA', format: 'mp3' } },
    { kind: 'media', mediaType: 'audio/mpeg', source: { type: 'base64', data: 'AAAA' } },
  ],
  [
    { type: 'file', file: { file_data: 'data:application/pdf;base64,AAAA', filename: 'a.pdf' } },
    { kind: 'media', mediaType: 'application/pdf', source: { type: 'base64', data: 'AAAA' }, filename: 'a.pdf' },
  ],
  [
    { type: 'file', file: { file_id: 'file-1' } },
    { kind: 'media', mediaType: 'application/*', source: { type: 'file', fileId: 'file-1' } },
  ],
  [
    { type: 'odd', odd: 1 },
    { kind: 'native', native: { dialect: 'chat', members: { type: 'odd', odd: 1 } } },
  ],
]

for (const [wire, part] of PARTS)
  test(`the part ${JSON.stringify(wire)} is read, and written as it was`, () => {
    const turns = turnsOf({ role: 'user', content: [wire, { type: 'text', text: 'b' }] })
    assert.deepEqual(turns, [user(part as Part, text('b'))])
    const [message] = messagesOf(turns, { issuer: 'https://openrouter.ai' }) as { content: unknown[] }[]
    assert.deepEqual(message?.content[0], wire)
  })

test('results in a row are one turn', () => {
  const turns = turnsOf(
    {
      role: 'assistant',
      content: null,
      tool_calls: [
        { id: 'a', type: 'function', function: { name: 'f', arguments: '{}' } },
        { id: 'b', type: 'custom', custom: { name: 'g', input: 'x' } },
      ],
    },
    { role: 'tool', tool_call_id: 'a', content: 'one' },
    { role: 'tool', tool_call_id: 'b', content: [{ type: 'text', text: 'two' }] },
    { role: 'user', content: 'go on' },
  )
  assert.deepEqual(turns, [
    assistant(call('a'), { ...call('b', 'g'), input: 'text', payload: 'x' } as Part),
    user(result('a', text('one')), result('b', text('two'))),
    user(text('go on')),
  ])
})

test('functions of the time before tools are tools', () => {
  const request = decode({
    functions: [{ name: 'f', parameters: { type: 'object' } }],
    function_call: { name: 'f' },
    messages: [
      { role: 'assistant', content: null, function_call: { name: 'f', arguments: '{}' } },
      { role: 'function', name: 'f', content: 'one' },
    ],
  })
  assert.deepEqual(request.toolChoice, { type: 'tool', name: 'f' })
  assert.deepEqual(request.turns, [assistant(call('call_0')), user(result('call_0', text('one')))])
  assert.equal(encode(request).body.functions, undefined)
  assert.deepEqual(encode(request).body.tools, [
    { type: 'function', function: { name: 'f', parameters: { type: 'object' } } },
  ])
})

const SEAL: Seal = { dialect: 'messages', issuer: 'a', kind: 'signature', value: 'sig' }

test('what was wrapped for a client is unwrapped', () => {
  const search = { ...call('s'), runBy: 'provider' } as Part
  const found: Part = { kind: 'tool-result', callId: 's', failed: false, content: [], payload: '[]' }
  const turns = turnsOf({
    role: 'assistant',
    content: 'Hi',
    reasoning_content: 'OneTwo',
    reasoning_details: [
      { type: 'reasoning.text', text: 'One', signature: wrapSeal(SEAL), format: 'millrace-v1', index: 0 },
      { type: 'reasoning.encrypted', data: wrapParts([search, found]), format: 'millrace-v1' },
      { type: 'reasoning.encrypted', data: wrapSeal(SEAL), of: 'text', format: 'millrace-v1' },
    ],
  })
  const open = { dialect: 'chat', issuer: '', kind: 'signature', value: 'slot:reasoning_content' } as const
  assert.deepEqual(turns, [
    assistant(
      { kind: 'reasoning', form: 'full', texts: ['One'], seals: [SEAL] },
      search,
      found,
      { kind: 'reasoning', form: 'full', texts: ['Two'], seals: [open] },
      { ...text('Hi'), seals: [SEAL] } as Part,
    ),
  ])
})

const WISHES: Readonly<Record<string, readonly [wire: object, request: object]>> = {
  'the newer limit counts': [{ max_tokens: 1, max_completion_tokens: 2 }, { maxOutputTokens: 2 }],
  'one stop': [{ stop: 'x' }, { stop: ['x'] }],
  'several stops': [{ stop: ['x', 'y'] }, { stop: ['x', 'y'] }],
  'nulls are absent': [{ stop: null, n: null, tools: null, metadata: null, reasoning_effort: null }, {}],
  sampling: [
    { temperature: 0, top_p: 1, seed: 2, presence_penalty: -1, frequency_penalty: 1, top_k: 4 },
    { sampling: { temperature: 0, topP: 1, topK: 4, seed: 2, presencePenalty: -1, frequencyPenalty: 1 } },
  ],
  effort: [{ reasoning_effort: 'high' }, { reasoning: { effort: 'high' } }],
  'an effort that nobody knows': [
    { reasoning_effort: 'huge' },
    { native: { dialect: 'chat', members: { reasoning_effort: 'huge' } } },
  ],
  "OpenRouter's wish": [
    { reasoning: { max_tokens: 2000, exclude: true } },
    { reasoning: { budgetTokens: 2000, summary: 'omitted' } },
  ],
  'a choice word': [{ tool_choice: 'required' }, { toolChoice: { type: 'required' } }],
  'a named choice': [
    { tool_choice: { type: 'function', function: { name: 'f' } } },
    { toolChoice: { type: 'tool', name: 'f' } },
  ],
  'a choice among some': [
    { tool_choice: { type: 'allowed_tools', allowed_tools: { mode: 'auto', tools: [] } } },
    {
      toolChoice: { type: 'auto' },
      native: {
        dialect: 'chat',
        members: { tool_choice: { type: 'allowed_tools', allowed_tools: { mode: 'auto', tools: [] } } },
      },
    },
  ],
  'json of a schema': [
    { response_format: { type: 'json_schema', json_schema: { name: 'n', schema: { type: 'object' }, strict: true } } },
    { output: { format: 'schema', name: 'n', schema: { type: 'object' }, strict: true } },
  ],
  'log probabilities': [{ logprobs: true, top_logprobs: 2 }, { logprobs: { top: 2 } }],
  labels: [
    {
      metadata: { a: 'b' },
      user: 'u',
      prompt_cache_key: 'k',
      service_tier: 'flex',
      store: false,
      parallel_tool_calls: false,
    },
    { metadata: { a: 'b' }, user: 'u', cacheKey: 'k', serviceTier: 'flex', store: false, parallelToolCalls: false },
  ],
  'the usage of a stream': [
    { stream: true, stream_options: { include_usage: false, include_obfuscation: false } },
    {
      stream: true,
      includeUsage: false,
      native: { dialect: 'chat', members: { stream_options: { include_obfuscation: false } } },
    },
  ],
  'what nobody else knows': [
    { logit_bias: { 50256: -100 } },
    { native: { dialect: 'chat', members: { logit_bias: { 50256: -100 } } } },
  ],
}

for (const [name, [wire, request]] of Object.entries(WISHES))
  test(`${name} is read`, () => {
    const { instructions: _, turns: _1, ...rest } = decode(wire)
    assert.deepEqual(rest, { model: 'm', stream: false, tools: [], sampling: {}, ...request })
  })

const WRONG: readonly (readonly [members: object, member: string])[] = [
  [{ messages: 'Hi' }, 'messages'],
  [{ messages: [] }, 'messages'],
  [{ messages: [5] }, 'messages[0]'],
  [{ messages: [{ role: 'user', content: 5 }] }, 'messages[0].content'],
  [{ messages: [{ role: 'robot', content: '' }] }, 'messages[0].role'],
  [{ messages: [{ role: 'user', content: [{ type: 'image_url' }] }] }, 'messages[0].content[0].image_url'],
  [{ messages: [{ role: 'user', content: [{ type: 'text', text: null }] }] }, 'messages[0].content[0].text'],
  [{ messages: [{ role: 'assistant', tool_calls: {} }] }, 'messages[0].tool_calls'],
  [
    { messages: [{ role: 'assistant', tool_calls: [{ id: 'a', function: {} }] }] },
    'messages[0].tool_calls[0].function.name',
  ],
  [{ messages: [{ role: 'tool', content: 'x' }] }, 'messages[0].tool_call_id'],
  [{ model: 5 }, 'model'],
  [{ stream: 'yes' }, 'stream'],
  [{ temperature: '1' }, 'temperature'],
  [{ max_tokens: -1 }, 'max_tokens'],
  [{ stop: [1] }, 'stop[0]'],
  [{ tools: [{ type: 'function', function: { name: 1 } }] }, 'tools[0].function.name'],
  [{ tool_choice: 'sometimes' }, 'tool_choice'],
  [{ response_format: { type: 'json_schema' } }, 'response_format.json_schema'],
  [{ metadata: { a: 1 } }, 'metadata.a'],
]

for (const [members, member] of WRONG)
  test(`a wrong ${member} is refused by its name: ${JSON.stringify(members)}`, () =>
    assert.throws(() => decode(members), {
      code: 'bad-request',
      message: new RegExp(`^Cannot read \`${member.replace(/[[\].]/g, '\\$&')}\`:`),
    }))

test('instructions are one leading text', () => {
  const { body } = encode({ instructions: [text('One'), text('Two')], turns: [user(text('Hi'))] })
  assert.deepEqual(body.messages, [
    { role: 'system', content: 'One\n\nTwo' },
    { role: 'user', content: 'Hi' },
  ])
})

test('instructions with a cache mark are parts toward those who read it, and a loss elsewhere', () => {
  const request = { instructions: [{ ...text('One'), cache: { ttl: '1h' } } as Part, text('Two')], turns: [] }
  const part = { type: 'text', text: 'One', cache_control: { type: 'ephemeral', ttl: '1h' } }
  const { body } = encode(request, { issuer: 'https://openrouter.ai' })
  assert.deepEqual(body.messages, [{ role: 'system', content: [part, { type: 'text', text: 'Two' }] }])
  assert.deepEqual(encode(request).losses, [
    { path: '/instructions/1', reason: 'cosmetic' },
    { path: '/instructions/0/cache', reason: 'no-slot' },
  ])
})

test('results stand behind their calls, what stood before them follows', () => {
  const { body, losses } = encode({
    turns: [
      assistant(text('Wait'), call('a'), call('b')),
      user(text('Look'), result('b', text('two')), result('a', text('one'))),
    ],
  })
  assert.deepEqual(body.messages, [
    {
      role: 'assistant',
      content: 'Wait',
      tool_calls: [
        { id: 'a', type: 'function', function: { name: 'f', arguments: '{}' } },
        { id: 'b', type: 'function', function: { name: 'f', arguments: '{}' } },
      ],
    },
    { role: 'tool', tool_call_id: 'a', content: 'one' },
    { role: 'tool', tool_call_id: 'b', content: 'two' },
    { role: 'user', content: 'Look' },
  ])
  assert.deepEqual(losses, [{ path: '/turns/1/parts/0', reason: 'order' }])
})

test('a picture in a result follows in a message of the user', () => {
  const { body, losses } = encode({ turns: [assistant(call('a')), user(result('a', text('see'), PICTURE))] })
  const image = { type: 'image_url', image_url: { url: 'data:image/png;base64,AAAA' } }
  assert.deepEqual((body.messages as unknown[]).slice(1), [
    { role: 'tool', tool_call_id: 'a', content: 'see' },
    { role: 'user', content: [{ type: 'text', text: 'Media in the result of tool call a:' }, image] },
  ])
  assert.deepEqual(losses, [{ path: '/turns/1/parts/0/content/1', reason: 'order' }])
})

test('a result without a call is a text of the user, a call without a result has an empty one', () => {
  const { body, losses } = encode({ turns: [assistant(call('a')), user(result('z', text('lost')), text('Hi'))] })
  const told = { type: 'text', text: 'Result of tool call z:\n\nlost' }
  assert.deepEqual((body.messages as unknown[]).slice(1), [
    { role: 'tool', tool_call_id: 'a', content: '' },
    { role: 'user', content: [told, { type: 'text', text: 'Hi' }] },
  ])
  assert.deepEqual(
    losses,
    [{ path: '/turns/0/parts/0/kind', reason: 'no-slot' }].map(loss => ({ ...loss, path: '/turns/1/parts/0/kind' })),
  )
})

test('turns of the assistant in a row that call are one message', () => {
  const messages = messagesOf([
    assistant(text('a')),
    assistant(call('a')),
    assistant(call('b')),
    user(result('a'), result('b')),
  ])
  assert.deepEqual(
    (messages as { role: string }[]).map(({ role }) => role),
    ['assistant', 'tool', 'tool'],
  )
})

test('an id that servers refuse is numbered, for call and result alike', () => {
  const long = 'x'.repeat(60)
  const messages = messagesOf([assistant(call(long), call('a b')), user(result(long), result('a b'))]) as {
    tool_call_id?: string
    tool_calls?: { id: string }[]
  }[]
  assert.deepEqual(
    messages[0]?.tool_calls?.map(({ id }) => id),
    ['call_n0', 'call_n1'],
  )
  assert.deepEqual(
    messages.slice(1).map(({ tool_call_id }) => tool_call_id),
    ['call_n0', 'call_n1'],
  )
})

test('reasoning goes back to its issuer in the member it came in, and to nobody else', () => {
  const seal = { dialect: 'chat', issuer: ISSUER, kind: 'signature', value: 'slot:reasoning' } as const
  const part: Part = { kind: 'reasoning', form: 'full', texts: ['Hm'], seals: [seal] }
  const turns = [assistant(part, text('Hi'))]
  assert.deepEqual(messagesOf(turns), [{ role: 'assistant', content: 'Hi', reasoning: 'Hm' }])
  const { body, losses } = encode({ turns }, { issuer: 'https://other.example' })
  assert.deepEqual(body.messages, [{ role: 'assistant', content: 'Hi' }])
  assert.deepEqual(losses, [
    { path: '/turns/0/parts/0/seals/0', reason: 'foreign-seal' },
    { path: '/turns/0/parts/0', reason: 'no-slot' },
  ])
})

test("a provider's reasoning items come back byte for byte, and thinking parts among the text", () => {
  const details = [{ type: 'reasoning.text', text: 'Hm', signature: 'sig', id: null, index: 0 }]
  const sealed = (value: string): Part => ({
    kind: 'reasoning',
    form: 'full',
    texts: ['Hm'],
    seals: [{ dialect: 'chat', issuer: ISSUER, kind: 'signature', value }],
  })
  const items = sealed(`echo:${JSON.stringify({ members: { reasoning_details: details } })}`)
  assert.deepEqual(messagesOf([assistant(items, text('Hi'))]), [
    { role: 'assistant', content: 'Hi', reasoning_details: details },
  ])
  assert.deepEqual(messagesOf([assistant(sealed('slot:content'), text('Hi'))]), [
    {
      role: 'assistant',
      content: [
        { type: 'thinking', thinking: [{ type: 'text', text: 'Hm' }] },
        { type: 'text', text: 'Hi' },
      ],
    },
  ])
})

test('the limit has the member that the upstream and its model take', () => {
  const limit = (issuer: string, model: string) =>
    Object.keys(encode({ maxOutputTokens: 9 }, { issuer, model }).body).filter(name => name.startsWith('max'))
  assert.deepEqual(limit('https://api.openai.com', 'gpt-4o'), ['max_completion_tokens'])
  assert.deepEqual(limit('https://x.openai.azure.com', 'mine'), ['max_completion_tokens'])
  assert.deepEqual(limit('https://openrouter.ai', 'openai/gpt-5.2'), ['max_completion_tokens'])
  assert.deepEqual(limit('https://api.deepseek.com', 'deepseek-chat'), ['max_tokens'])
  assert.deepEqual(limit('https://notopenai.com.example', 'm'), ['max_tokens'])
})

test('what a model refuses because it reasons is not asked for', () => {
  const wishes = { sampling: { temperature: 0.2, presencePenalty: 1, seed: 7 }, stop: ['###'], logprobs: { top: 2 } }
  const { body, losses } = encode({ ...wishes, reasoning: { effort: 'low' } }, { model: 'openai/gpt-5' })
  assert.deepEqual(body, {
    model: 'openai/gpt-5',
    messages: [{ role: 'user', content: 'Hi' }],
    seed: 7,
    reasoning_effort: 'low',
  })
  assert.deepEqual(
    losses.map(({ path }) => path),
    ['/sampling/temperature', '/logprobs', '/sampling/presencePenalty', '/stop'],
  )
  const plain = encode({ ...wishes, reasoning: { effort: 'low' } }, { model: 'gpt-4o' })
  assert.deepEqual([plain.body.temperature, plain.body.stop, plain.body.reasoning_effort], [0.2, ['###'], undefined])
})

test('the fifth stop sequence is a loss', () => {
  const { body, losses } = encode({ stop: ['a', 'b', 'c', 'd', 'e'] })
  assert.deepEqual(body.stop, ['a', 'b', 'c', 'd'])
  assert.deepEqual(losses, [{ path: '/stop/4', reason: 'no-slot' }])
})

test('what the provider runs elsewhere is lost, and a choice of it refused', () => {
  const native = { dialect: 'messages', members: { type: 'web_search_20250305' } } as const
  const tools = [{ kind: 'provider', name: 'web_search', native }] as const
  assert.deepEqual(
    encode({ tools, toolChoice: { type: 'auto' } }).losses.map(({ path }) => path),
    ['/tools/0', '/toolChoice'],
  )
  const toolChoice = { type: 'tool', name: 'web_search' } as const
  assert.throws(() => encode({ tools, toolChoice }), { code: 'bad-request', message: /`\/toolChoice`/ })
  assert.throws(() => encode({ tools: [{ kind: 'function', name: 'f' }], toolChoice }), { code: 'bad-request' })
})

test('a name that OpenAI refuses is refused with the reason', () => {
  const message = /`\/tools\/0\/name`.*"a\.b"/
  assert.throws(() => encode({ tools: [{ kind: 'function', name: 'a.b' }] }), { code: 'bad-request', message })
})

test('a request that says nothing is refused', () => {
  assert.throws(() => encode({ turns: [] }), { code: 'bad-request', message: /Cannot honour `messages`/ })
})

test('usage is asked for in streams only', () => {
  assert.deepEqual(encode({ stream: true }, { askUsage: true }).body.stream_options, { include_usage: true })
  assert.equal(encode({ stream: true }).body.stream_options, undefined)
  assert.equal(encode({}, { askUsage: true }).body.stream_options, undefined)
})

test('a budget is the nearest effort', () => {
  const effort = (budgetTokens: number) => encode({ reasoning: { enabled: true, budgetTokens } }).body.reasoning_effort
  assert.deepEqual([1024, 10_000, 32_000].map(effort), ['low', 'medium', 'high'])
  const { body } = encode({ reasoning: { enabled: true, budgetTokens: 5 } }, { issuer: 'https://openrouter.ai' })
  assert.deepEqual(body.reasoning, { enabled: true, max_tokens: 5 })
})

test('what only OpenAI knows is sent to OpenAI only', () => {
  const request = { cacheKey: 'k', store: true, metadata: { a: 'b' }, output: { verbosity: 'low' } } as const
  const { body } = encode(request, { issuer: 'https://api.openai.com' })
  assert.deepEqual([body.prompt_cache_key, body.store, body.metadata, body.verbosity], ['k', true, { a: 'b' }, 'low'])
  assert.deepEqual(
    encode(request).losses.map(({ path }) => path),
    ['/output/verbosity', '/metadata', '/cacheKey', '/store'],
  )
})

test('custom tools are such for OpenAI, and functions with one string for all others', () => {
  const grammar = { syntax: 'lark', definition: 'start: "x"' } as const
  const request: Partial<Request> = {
    tools: [{ kind: 'custom', name: 'patch', description: 'Patches', grammar }],
    toolChoice: { type: 'tool', name: 'patch' },
    turns: [
      user(text('Hi')),
      {
        role: 'assistant',
        parts: [{ kind: 'tool-call', callId: 'a', name: 'patch', runBy: 'client', input: 'text', payload: 'x' }],
      },
      { role: 'user', parts: [{ kind: 'tool-result', callId: 'a', failed: false, content: [text('done')] }] },
    ],
  }
  const calls = ({ body }: Encoded) => (body.messages as { tool_calls?: object[] }[])[1]?.tool_calls

  const own = encode(request, { issuer: 'https://api.openai.com' })
  const format = { type: 'grammar', grammar }
  assert.deepEqual(own.body.tools, [{ type: 'custom', custom: { name: 'patch', description: 'Patches', format } }])
  assert.deepEqual(own.body.tool_choice, { type: 'custom', custom: { name: 'patch' } })
  assert.deepEqual(calls(own), [{ id: 'a', type: 'custom', custom: { name: 'patch', input: 'x' } }])
  assert.deepEqual(own.losses, [])

  const other = encode(request)
  const [tool] = other.body.tools as { type: string; function: { description: string; parameters: unknown } }[]
  assert.equal(tool?.type, 'function')
  assert.match(`${tool?.function.description}`, /^Patches\n\nThe `input` must be text of this lark grammar/)
  assert.deepEqual(tool?.function.parameters, TEXT_INPUT)
  assert.deepEqual(other.body.tool_choice, { type: 'function', function: { name: 'patch' } })
  assert.deepEqual(calls(other), [
    { id: 'a', type: 'function', function: { name: 'patch', arguments: '{"input":"x"}' } },
  ])
  assert.deepEqual(
    other.losses.map(({ path, reason }) => `${path} ${reason}`),
    ['/tools/0/description unit', '/tools/0/grammar unit'],
  )
})
