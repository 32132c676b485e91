import assert from 'node:assert/strict'
import { test } from 'node:test'
import { clientRequests, requestBodies } from '../../../test/corpus.ts'
import { parseExact } from '../../json/index.ts'
import { Losses, type Request, wrapSeal } from '../../model/index.ts'
import type { Wire } from '../value.ts'
import { decodeRequest, encodeRequest } from './request.ts'

const ISSUER = 'https://up.test'

function encode(
  request: Partial<Request>,
  issuer = ISSUER,
): { readonly body: Wire; readonly losses: readonly string[] } {
  const losses = new Losses()
  const whole: Request = {
    model: undefined,
    stream: false,
    instructions: [],
    turns: [],
    tools: [],
    sampling: {},
    ...request,
  }
  const context = { model: whole.model, stream: whole.stream, askUsage: true, issuer, apiVersion: undefined, losses }
  return { body: encodeRequest(whole, context).body, losses: losses.all.map(({ path, reason }) => `${path} ${reason}`) }
}

const RECORDED: readonly (readonly [name: string, body: Buffer])[] = [
  ...requestBodies().flatMap(({ dialect, file, body }) => (dialect === 'responses' ? [[file, body] as const] : [])),
  ...clientRequests().flatMap(({ path, client, body }) =>
    path.endsWith('/responses') ? [[client, body] as const] : [],
  ),
]

/** Ids are not sent on, and some things are said where they were left to the API. */
function comparable(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(comparable)
  if (typeof value !== 'object' || value === null) return value
  const skipped = new Set(['item', 'id', 'include', 'store'])
  const members = Object.entries(value).filter(([name, member]) => !skipped.has(name) && member !== undefined)
  return Object.fromEntries(members.map(([name, member]) => [name, comparable(member)]))
}

for (const [name, body] of RECORDED)
  test(`${name} keeps its meaning`, () => {
    const request = decodeRequest(parseExact(`${body}`) as Wire)
    // Tokens that a client sends are of an unknown issuer.
    const { body: written, losses } = encode(request, '')
    const again = decodeRequest(written)
    const members = (members: Wire) =>
      Object.fromEntries(Object.entries(members).filter(([name]) => name !== 'include'))
    assert.deepEqual(comparable(again.turns), comparable(request.turns))
    assert.deepEqual(comparable(again.instructions), comparable(request.instructions))
    assert.deepEqual(
      comparable(members(again.native?.members ?? {})),
      comparable(members(request.native?.members ?? {})),
    )
    const { turns: _, instructions: __, native: ___, ...rest } = request
    const { turns: ____, instructions: _____, native: ______, ...restAgain } = again
    assert.deepEqual(comparable(restAgain), comparable(rest))
    assert.deepEqual(
      losses.filter(loss => !loss.endsWith('/item cosmetic')),
      [],
    )
  })

test('the developer who speaks first instructs, later ones are turns', () => {
  const { instructions, turns } = decodeRequest({
    model: 'm',
    instructions: 'Be brief',
    input: [
      { role: 'developer', content: [{ type: 'input_text', text: 'Mill' }] },
      { role: 'user', content: 'Go' },
      { role: 'system', content: 'Stop' },
    ],
  })
  assert.deepEqual(instructions, [
    { kind: 'text', text: 'Be brief' },
    { kind: 'text', text: 'Mill', native: { dialect: 'responses', members: { role: 'developer' } } },
  ])
  assert.deepEqual(
    turns.map(({ role }) => role),
    ['user', 'system'],
  )
})

test('one instruction is `instructions`, several are an item of the developer', () => {
  const turns: Request['turns'] = [{ role: 'user', parts: [{ kind: 'text', text: 'Hi' }] }]
  assert.equal(encode({ instructions: [{ kind: 'text', text: 'Be brief' }], turns }).body.instructions, 'Be brief')
  const two = encode({
    instructions: [
      { kind: 'text', text: 'a' },
      { kind: 'text', text: 'b' },
    ],
  }).body
  assert.deepEqual(two.input, [
    {
      type: 'message',
      role: 'developer',
      content: [
        { type: 'input_text', text: 'a' },
        { type: 'input_text', text: 'b' },
      ],
    },
  ])
})

test('calls run together, and so do their results; item ids and call ids are two things', () => {
  const { turns } = decodeRequest({
    model: 'm',
    input: [
      { type: 'function_call', id: 'fc_1', call_id: 'call_1', name: 'f', arguments: '{"n":12345678901234567890}' },
      { type: 'custom_tool_call', id: 'ctc_1', call_id: 'call_2', name: 'g', input: 'free' },
      { type: 'function_call_output', call_id: 'call_1', output: 'one' },
      {
        type: 'custom_tool_call_output',
        call_id: 'call_2',
        output: [{ type: 'input_image', image_url: 'data:image/png;base64,AAAA' }],
      },
    ],
  })
  assert.deepEqual(turns, [
    {
      role: 'assistant',
      parts: [
        {
          kind: 'tool-call',
          callId: 'call_1',
          name: 'f',
          runBy: 'client',
          input: 'json',
          payload: '{"n":12345678901234567890}',
          item: 'fc_1',
        },
        {
          kind: 'tool-call',
          callId: 'call_2',
          name: 'g',
          runBy: 'client',
          input: 'text',
          payload: 'free',
          item: 'ctc_1',
        },
      ],
    },
    {
      role: 'user',
      parts: [
        { kind: 'tool-result', callId: 'call_1', failed: false, content: [{ kind: 'text', text: 'one' }] },
        {
          kind: 'tool-result',
          callId: 'call_2',
          failed: false,
          content: [{ kind: 'media', mediaType: 'image/png', source: { type: 'base64', data: 'AAAA' } }],
        },
      ],
    },
  ])
  assert.deepEqual(encode({ turns }).body.input, [
    { type: 'function_call', call_id: 'call_1', name: 'f', arguments: '{"n":12345678901234567890}' },
    { type: 'custom_tool_call', call_id: 'call_2', name: 'g', input: 'free' },
    { type: 'function_call_output', call_id: 'call_1', output: 'one' },
    {
      type: 'custom_tool_call_output',
      call_id: 'call_2',
      output: [{ type: 'input_image', image_url: 'data:image/png;base64,AAAA' }],
    },
  ])
})

test('tools in a namespace have one name each, and stand in it again', () => {
  const tools = [
    { type: 'function', name: 'wait', strict: false, parameters: {} },
    {
      type: 'namespace',
      name: 'agents',
      description: 'Sub-agents',
      tools: [
        { type: 'function', name: 'wait', strict: false, parameters: {} },
        { type: 'custom', name: 'tell' },
      ],
    },
    { type: 'web_search' },
  ]
  const input = [{ type: 'function_call', call_id: 'c', name: 'wait', namespace: 'agents', arguments: '{}' }]
  const request = decodeRequest({
    model: 'm',
    input,
    tools,
    tool_choice: { type: 'function', name: 'wait', namespace: 'agents' },
  })
  assert.deepEqual(
    request.tools.map(({ kind, name }) => [kind, name]),
    [
      ['function', 'wait'],
      ['function', 'agents__wait'],
      ['custom', 'agents__tell'],
      ['provider', 'web_search'],
    ],
  )
  assert.deepEqual(request.toolChoice, { type: 'tool', name: 'agents__wait' })
  assert.equal(request.turns[0]?.parts[0]?.kind === 'tool-call' && request.turns[0].parts[0].name, 'agents__wait')
  const { body } = encode(request)
  assert.deepEqual(body.tools, tools)
  assert.deepEqual(body.input, input)
  assert.deepEqual(body.tool_choice, { type: 'function', name: 'wait', namespace: 'agents' })
})

test('only tokens of the upstream itself go up, with their ids; other reasoning stays out', () => {
  const foreign = wrapSeal({
    dialect: 'messages',
    issuer: 'https://api.anthropic.test',
    kind: 'signature',
    value: 'EqQB',
  })
  const own = wrapSeal({ dialect: 'responses', issuer: ISSUER, kind: 'encrypted', value: 'gAAA', id: 'rs_9' })
  const { turns } = decodeRequest({
    model: 'm',
    input: [
      { type: 'reasoning', id: 'rs_1', summary: [{ type: 'summary_text', text: 'Hm' }], encrypted_content: foreign },
      { type: 'reasoning', id: 'rs_2', summary: [{ type: 'summary_text', text: 'Aha' }], encrypted_content: own },
    ],
  })
  const { body, losses } = encode({ turns })
  assert.deepEqual(body.input, [
    { type: 'reasoning', id: 'rs_9', summary: [{ type: 'summary_text', text: 'Aha' }], encrypted_content: 'gAAA' },
  ])
  assert.deepEqual(losses, [
    '/turns/0/parts/0/item cosmetic',
    '/turns/0/parts/0/seals/0 foreign-seal',
    '/turns/0/parts/0 no-slot',
    '/turns/0/parts/1/item cosmetic',
  ])
})

test('the tokens of reasoning are asked for where there is reasoning, and nothing is to be stored', () => {
  assert.deepEqual(encode({ model: 'gpt-5.1' }).body.include, ['reasoning.encrypted_content'])
  assert.deepEqual(encode({ model: 'my-deployment', reasoning: { effort: 'low' } }).body.include, [
    'reasoning.encrypted_content',
  ])
  assert.equal(encode({ model: 'gpt-4o' }).body.include, undefined)
  assert.equal(encode({ model: 'gpt-5-chat-latest' }).body.include, undefined)
  assert.equal(encode({}).body.store, false)
  assert.equal(encode({ store: true }).body.store, true)
})

test('wishes are said in the words of this API, or told as losses', () => {
  const { body, losses } = encode({
    sampling: { temperature: 1, topK: 4, seed: 1 },
    stop: ['END'],
    reasoning: { enabled: true, budgetTokens: 9000 },
    output: { format: 'schema', name: 'a b', schema: { type: 'object' }, verbosity: 'low' },
    logprobs: { top: 2 },
    cacheKey: 'k',
  })
  assert.deepEqual(body.reasoning, { effort: 'medium', summary: 'auto' })
  assert.deepEqual(body.text, {
    format: { type: 'json_schema', name: 'a_b', schema: { type: 'object' } },
    verbosity: 'low',
  })
  assert.deepEqual(body.include, ['reasoning.encrypted_content', 'message.output_text.logprobs'])
  assert.equal(body.top_logprobs, 2)
  assert.equal(body.prompt_cache_key, 'k')
  assert.deepEqual(losses, [
    '/sampling/topK no-slot',
    '/sampling/seed no-slot',
    '/stop no-slot',
    '/reasoning/budgetTokens unit',
    '/reasoning/enabled cosmetic',
  ])
})

test('what the API would refuse is said as far as it takes it', () => {
  const tierOf = (serviceTier: string) => {
    const { body, losses } = encode({ serviceTier })
    return [body.service_tier, losses]
  }
  assert.deepEqual(tierOf('priority'), ['priority', []])
  assert.deepEqual(tierOf('standard_only'), ['default', ['/serviceTier unit']])
  assert.deepEqual(tierOf('odd'), [undefined, ['/serviceTier no-slot']])
  const limitOf = (maxOutputTokens: number) => {
    const { body, losses } = encode({ maxOutputTokens })
    return [body.max_output_tokens, losses]
  }
  assert.deepEqual(limitOf(1), [16, ['/maxOutputTokens unit']])
  assert.deepEqual(limitOf(17), [17, []])
  const { body } = encode({ instructions: [{ kind: 'text', text: 'Greet' }] })
  assert.deepEqual(
    [body.instructions, body.input],
    [undefined, [{ type: 'message', role: 'developer', content: [{ type: 'input_text', text: 'Greet' }] }]],
  )
})

test('what a model refuses because it reasons, or because it does not, is not asked for', () => {
  const wishes = {
    sampling: { temperature: 0.2, topP: 0.9 },
    logprobs: { top: 2 },
    native: { dialect: 'responses', members: { include: ['message.output_text.logprobs', 'web_search_call.results'] } },
  } as const
  const reasoner = encode({ ...wishes, model: 'gpt-5', reasoning: { effort: 'low' } })
  assert.deepEqual(Object.keys(reasoner.body), ['model', 'input', 'include', 'reasoning', 'store'])
  assert.deepEqual(reasoner.body.include, ['web_search_call.results', 'reasoning.encrypted_content'])
  assert.deepEqual(reasoner.losses, ['/sampling/temperature no-slot', '/sampling/topP no-slot', '/logprobs no-slot'])
  const resting = encode({ ...wishes, model: 'gpt-5.1', reasoning: { enabled: false } })
  assert.deepEqual([resting.body.temperature, resting.body.top_logprobs, resting.losses], [0.2, 2, []])
  const plain = encode({ ...wishes, model: 'gpt-4o', reasoning: { effort: 'high' } })
  assert.deepEqual([plain.body.temperature, plain.body.reasoning], [0.2, undefined])
  assert.deepEqual(plain.losses, ['/reasoning/effort no-slot'])
})

test('what cannot be honoured or read is refused by its name', () => {
  const refused: readonly (readonly [attempt: () => unknown, member: RegExp])[] = [
    [() => decodeRequest({ model: 'm', input: 'x', background: true }), /Cannot honour `background`/],
    [() => decodeRequest({ model: 'm', input: 7 }), /Cannot read `input`/],
    [() => decodeRequest({ model: 'm', input: [{ role: 'tool', content: 'x' }] }), /Cannot read `input\[0\]\.role`/],
    [() => decodeRequest({ model: 'm', input: 'x', tools: [{ type: 'function' }] }), /Cannot read `tools\[0\]\.name`/],
    [
      () => decodeRequest({ model: 'm', input: 'x', text: { format: { type: 'xml' } } }),
      /Cannot read `text\.format\.type`/,
    ],
    [() => encode({ choices: 2 }), /Cannot honour `\/choices`/],
    [() => encode({ output: { modalities: ['audio'] } }), /Cannot honour `\/output\/modalities`/],
    [() => encode({ toolChoice: { type: 'tool', name: 'f' } }), /Cannot honour `tool_choice`/],
  ]
  for (const [attempt, message] of refused) assert.throws(attempt, message)
})

test('tools that an item of the input offers are tools like the others, and the item is no turn', () => {
  const exec = { type: 'custom', name: 'exec', description: 'Runs' }
  const request = decodeRequest({
    model: 'm',
    tools: [{ type: 'function', name: 'wait' }],
    input: [
      {
        type: 'additional_tools',
        id: 'at_1',
        role: 'developer',
        tools: [{ type: 'namespace', name: 'functions', description: '', tools: [exec] }],
      },
      { role: 'developer', content: 'Be brief' },
      { role: 'user', content: 'Hi' },
      { type: 'custom_tool_call', call_id: 'c', name: 'exec', namespace: 'functions', input: 'x' },
      { type: 'custom_tool_call_output', call_id: 'c', output: 'done' },
    ],
  })
  assert.deepEqual(
    request.tools.map(({ kind, name }) => [kind, name]),
    [
      ['function', 'wait'],
      ['custom', 'functions__exec'],
    ],
  )
  assert.equal(request.instructions.length, 1)
  assert.deepEqual(
    request.turns.map(({ role }) => role),
    ['user', 'assistant', 'user'],
  )
  const [call] = request.turns[1]?.parts ?? []
  assert.equal(call?.kind === 'tool-call' && call.name, 'functions__exec')
  assert.throws(
    () => decodeRequest({ model: 'm', input: [{ type: 'additional_tools', tools: [{}] }] }),
    /input\[0\]\.tools\[0\]\.type/,
  )
})
