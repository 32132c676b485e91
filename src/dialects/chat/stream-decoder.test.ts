import assert from 'node:assert/strict'
import { test } from 'node:test'
import { checkGrammar, foldEvents, type Message, type Part, type StreamEvent, wrapSeal } from '../../model/index.ts'
import { createStreamDecoder } from './stream-decoder.ts'

const ISSUER = 'https://upstream.example'

function eventsOf(...frames: readonly (object | string)[]): StreamEvent[] {
  const events: StreamEvent[] = []
  const decoder = createStreamDecoder({ issuer: ISSUER }, event => events.push(event))
  for (const frame of frames) decoder.push({ data: typeof frame === 'string' ? frame : JSON.stringify(frame) })
  decoder.end()
  assert.equal(checkGrammar(events), undefined)
  return events
}

function read(...frames: readonly (object | string)[]): Message {
  return foldEvents(eventsOf(...frames))
}

function chunk(delta: object, finish_reason: string | null = null, more: object = {}): object {
  return { id: 'c1', model: 'm', created: 5, choices: [{ index: 0, delta, finish_reason, ...more }] }
}

const STOP = chunk({}, 'stop')

/** The parts of the first candidate, of a stream that ends well. */
function partsOf(...deltas: readonly object[]): readonly Part[] {
  const message = read(...deltas.map(delta => chunk(delta)), STOP, '[DONE]')
  assert.equal(message.failure, undefined)
  return message.candidates[0]?.parts ?? []
}

function slot(member: string) {
  return [{ dialect: 'chat', issuer: ISSUER, kind: 'signature', value: `slot:${member}` }]
}

function text(said: string) {
  return { kind: 'text', text: said }
}

function reasoning(said: string, member: string) {
  return { kind: 'reasoning', form: 'full', texts: [said], seals: slot(member) }
}

function call(callId: string, name: string, payload: string) {
  return { kind: 'tool-call', callId, name, runBy: 'client', input: 'json', payload }
}

function piece(
  index: number | undefined,
  id: string | null | undefined,
  name: string | null | undefined,
  args: unknown,
) {
  return { tool_calls: [{ index, id, type: 'function', function: { name, arguments: args } }] }
}

const DELTAS: Readonly<Record<string, readonly [deltas: readonly object[], parts: readonly unknown[]]>> = {
  'text with a role in each delta': [
    [
      { role: 'assistant', content: 'a', refusal: null },
      { role: 'assistant', content: 'b' },
    ],
    [text('ab')],
  ],
  'nulls and empty texts': [[{ role: 'assistant', content: '', tool_calls: null }, { content: null }], []],
  'reasoning_content, then text': [
    [{ content: null, reasoning_content: 'H' }, { reasoning_content: 'm' }, { content: 'Hi' }],
    [reasoning('Hm', 'reasoning_content'), text('Hi')],
  ],
  'reasoning beside text': [[{ reasoning: 'Hm', content: 'Hi' }], [reasoning('Hm', 'reasoning'), text('Hi')]],
  'the same reasoning in two members': [
    [{ reasoning: 'Hm', reasoning_content: 'Hm' }],
    [reasoning('Hm', 'reasoning_content')],
  ],
  'reasoning_text with its opaque token': [
    [{ reasoning_text: 'Hm' }, { reasoning_opaque: 'tok' }, { content: 'Hi' }],
    [
      {
        kind: 'reasoning',
        form: 'full',
        texts: ['Hm'],
        seals: [
          {
            dialect: 'chat',
            issuer: ISSUER,
            kind: 'signature',
            value: 'echo:{"slot":"reasoning_text","members":{"reasoning_opaque":"tok"}}',
          },
        ],
      },
      text('Hi'),
    ],
  ],
  'thinking and text parts in one content': [
    [
      { content: [{ type: 'thinking', thinking: [{ type: 'text', text: 'H' }] }] },
      {
        content: [
          { type: 'thinking', thinking: [{ type: 'text', text: 'm' }] },
          { type: 'text', text: 'Hi' },
        ],
      },
    ],
    [reasoning('Hm', 'content'), text('Hi')],
  ],
  'a content part that nobody knows': [
    [{ content: [{ type: 'reference', reference_ids: [1] }] }],
    [
      {
        kind: 'native',
        native: { dialect: 'chat', members: { content: [{ type: 'reference', reference_ids: [1] }] } },
      },
    ],
  ],
  'text, a call, and text again': [
    [{ content: 'a' }, piece(0, 'c', 'f', '{}'), { content: 'b' }],
    [text('a'), call('c', 'f', '{}'), text('b')],
  ],
  'a refusal': [[{ refusal: 'N' }, { refusal: 'o' }], [{ kind: 'refusal', text: 'No' }]],
  'parallel calls, their arguments interleaved': [
    [
      piece(0, 'a', 'f', ''),
      piece(1, 'b', 'g', ''),
      piece(0, null, null, '{"x":'),
      piece(1, null, null, '{}'),
      piece(0, null, null, '1}'),
    ],
    [call('a', 'f', '{"x":1}'), call('b', 'g', '{}')],
  ],
  'one index for two calls': [
    [piece(0, 'a', 'f', '{}'), piece(0, 'b', 'f', '{"y":2}')],
    [call('a', 'f', '{}'), call('b', 'f', '{"y":2}')],
  ],
  'whole calls without ids, with one index': [
    [piece(0, undefined, 'f', '{}'), piece(0, undefined, 'f', '{"y":2}')],
    [call('', 'f', '{}'), call('', 'f', '{"y":2}')],
  ],
  'calls without an index': [
    [
      piece(undefined, 'a', 'f', '{"x"'),
      piece(undefined, undefined, undefined, ':1}'),
      piece(undefined, 'b', 'g', '{}'),
    ],
    [call('a', 'f', '{"x":1}'), call('b', 'g', '{}')],
  ],
  'id and name in every delta': [
    [piece(0, 'a', 'f', '{"x"'), piece(0, 'a', 'f', ':1}'), piece(0, 'a', 'f', '')],
    [call('a', 'f', '{"x":1}')],
  ],
  'a name that comes after the id': [
    [piece(0, 'a', undefined, ''), piece(0, undefined, undefined, '{'), piece(0, undefined, 'f', '}')],
    [call('a', 'f', '{}')],
  ],
  'a name that never comes': [[piece(0, 'a', undefined, '{}')], [call('a', '', '{}')]],
  'empty arguments, null arguments and an object': [
    [piece(0, 'a', 'f', ''), piece(1, 'b', 'f', null), piece(2, 'c', 'f', { x: 1 })],
    [call('a', 'f', ''), call('b', 'f', ''), call('c', 'f', '{"x":1}')],
  ],
  'an index that jumps': [[piece(6, 'a', 'f', '{'), piece(6, null, null, '}')], [call('a', 'f', '{}')]],
  'a function call of the time before tools': [
    [{ function_call: { name: 'f', arguments: '' } }, { function_call: { arguments: '{}' } }],
    [{ ...call('', 'f', '{}'), native: { dialect: 'chat', members: { function_call: true } } }],
  ],
  'a custom tool': [
    [
      { tool_calls: [{ index: 0, id: 'a', type: 'custom', custom: { name: 'patch', input: '' } }] },
      { tool_calls: [{ index: 0, custom: { input: '*** Begin' } }] },
    ],
    [{ ...call('a', 'patch', '*** Begin'), input: 'text' }],
  ],
  'a picture': [
    [{ images: [{ type: 'image_url', image_url: { url: 'data:image/png;base64,AAAA' } }] }],
    [{ kind: 'media', mediaType: 'image/png', source: { type: 'base64', data: 'AAAA' } }],
  ],
  'sound with its transcript, cut inside a quartet': [
    [
      { audio: { id: 'a1', transcript: 'Hel' } },
      { audio: { data: 'AAAAB' } },
      { audio: { data: 'BBB', transcript: 'lo' } },
      { audio: { expires_at: 9 } },
    ],
    [
      {
        kind: 'media',
        mediaType: 'audio/*',
        source: { type: 'base64', data: 'AAAABBBB' },
        item: 'a1',
        native: { dialect: 'chat', members: { transcript: 'Hello', expires_at: 9 } },
      },
    ],
  ],
}

for (const [name, [deltas, parts]] of Object.entries(DELTAS))
  test(`${name}`, () => assert.deepEqual(partsOf(...deltas), parts))

test("a provider's reasoning items in pieces become one seal, to come back as they were", () => {
  const [part] = partsOf(
    { reasoning: 'H', reasoning_details: [{ type: 'reasoning.text', text: 'H', index: 0, format: 'a-v1' }] },
    { reasoning: 'm', reasoning_details: [{ type: 'reasoning.text', text: 'm', index: 0, signature: null }] },
    { reasoning_details: [{ type: 'reasoning.text', signature: 'sig', index: 0 }] },
    { reasoning_details: [{ type: 'reasoning.encrypted', data: 'x', id: 'rs_1', index: 1 }] },
    { content: 'Hi' },
  )
  const details = [
    { type: 'reasoning.text', text: 'Hm', index: 0, format: 'a-v1', signature: 'sig' },
    { type: 'reasoning.encrypted', data: 'x', id: 'rs_1', index: 1 },
  ]
  const value = `echo:${JSON.stringify({ members: { reasoning_details: details } })}`
  assert.deepEqual(part, {
    kind: 'reasoning',
    form: 'full',
    texts: ['Hm'],
    seals: [{ dialect: 'chat', issuer: ISSUER, kind: 'signature', value }],
  })
})

test('an encrypted item amid the text does not divide it', () => {
  const parts = partsOf(
    { content: 'Hel' },
    { content: '', reasoning_details: [{ type: 'reasoning.encrypted', data: 'x', index: 0 }] },
    { content: 'lo' },
  )
  assert.deepEqual(
    parts.map(({ kind }) => kind),
    ['text', 'reasoning'],
  )
  assert.equal(parts[0]?.kind === 'text' && parts[0].text, 'Hello')
})

test('the thought signature of a call is a seal, wrapped or not', () => {
  const seal = { dialect: 'gemini', issuer: 'g', kind: 'signature', value: 's' } as const
  const withExtra = (thought_signature: string) => ({
    tool_calls: [
      { index: 0, id: 'a', function: { name: 'f', arguments: '{}' }, extra_content: { google: { thought_signature } } },
    ],
  })
  assert.deepEqual(partsOf(withExtra(wrapSeal(seal)))[0]?.seals, [seal])
  const value = 'echo:{"members":{"extra_content":{"google":{"thought_signature":"own"}}}}'
  assert.deepEqual(partsOf(withExtra('own'))[0]?.seals, [{ dialect: 'chat', issuer: ISSUER, kind: 'signature', value }])
})

test('a call is closed when the next begins and its arguments are complete', () => {
  const types = eventsOf(
    chunk(piece(0, 'a', 'f', '{}')),
    chunk(piece(1, 'b', 'g', '{"x"')),
    chunk({ content: 'Hi' }),
    chunk(piece(1, undefined, undefined, ':1}')),
    STOP,
  ).map(({ type }) => type)
  assert.deepEqual(types, [
    'message-start',
    'block-start',
    'payload-delta',
    'block-end',
    'block-start',
    'payload-delta',
    'block-start',
    'text-delta',
    'block-end',
    'payload-delta',
    'block-end',
    'choice-end',
    'message-end',
  ])
})

test('the whole message at the end of the deltas is not said twice', () => {
  const { candidates } = read(chunk({ content: 'Hi' }), {
    id: 'c1',
    choices: [{ index: 0, message: { role: 'assistant', content: 'Hi', extra: 1 }, finish_reason: 'stop' }],
  })
  assert.deepEqual(candidates[0]?.parts, [text('Hi')])
  assert.deepEqual(candidates[0]?.finish?.native?.members, { message: { extra: 1 } })
})

test('a message instead of deltas is read', () => {
  const { candidates } = read({
    choices: [{ message: { content: 'Hi', reasoning_content: 'Hm' }, finish_reason: 'stop' }],
  })
  assert.deepEqual(candidates[0]?.parts, [reasoning('Hm', 'reasoning_content'), text('Hi')])
})

test('the first chunk of Azure says nothing of the answer but its natives', () => {
  const { id, model, native } = read(
    { id: '', model: '', object: '', choices: [], prompt_filter_results: [{ prompt_index: 0 }] },
    chunk({ content: 'Hi' }),
    STOP,
  )
  assert.deepEqual([id, model], ['c1', 'm'])
  assert.deepEqual(native?.members, { prompt_filter_results: [{ prompt_index: 0 }] })
})

test('natives of the envelope stand at the start; what is new or other later, at the end', () => {
  const events = eventsOf(
    {
      ...chunk({ content: 'Hi' }),
      system_fingerprint: 'a',
      x_groq: { id: 'r', seed: 1 },
      obfuscation: 'zz',
      provider: null,
    },
    { ...chunk({}), system_fingerprint: 'a', citations: ['u'] },
    { ...STOP, system_fingerprint: 'b', x_groq: { id: 'r', usage: { prompt_tokens: 1 } } },
  )
  const start = events.find(event => event.type === 'message-start')
  const end = events.find(event => event.type === 'message-end')
  assert.deepEqual(start?.native?.members, { system_fingerprint: 'a', x_groq: { id: 'r', seed: 1 } })
  assert.deepEqual(end?.native?.members, { system_fingerprint: 'b', citations: ['u'] })
})

test('natives of a candidate join its finish', () => {
  const { candidates } = read(
    chunk({ content: 'Hi', channel: 'final' }, null, { content_filter_results: { hate: { filtered: false } } }),
    chunk({}, 'odd', { content_filter_results: { sexual: { filtered: false } }, native_finish_reason: 'ODD' }),
  )
  assert.deepEqual(candidates[0]?.finish, {
    reason: 'other',
    raw: 'odd',
    native: {
      dialect: 'chat',
      members: {
        content_filter_results: { hate: { filtered: false }, sexual: { filtered: false } },
        native_finish_reason: 'ODD',
        message: { channel: 'final' },
        finish_reason: 'odd',
      },
    },
  })
})

test('the finish comes twice, and usage after it, twice', () => {
  const message = read(
    chunk({ content: 'Hi' }),
    STOP,
    chunk({}, 'length'),
    { id: 'c1', choices: [], usage: { prompt_tokens: 1, completion_tokens: 2, total_tokens: 3 } },
    { id: 'c1', choices: [], usage: { prompt_tokens: 1, completion_tokens: 0, total_tokens: 9, queue_time: 0.1 } },
  )
  assert.deepEqual(message.candidates[0]?.finish, { reason: 'length', raw: 'length' })
  assert.deepEqual(message.usage, {
    input: 1,
    output: 0,
    native: { dialect: 'chat', members: { queue_time: 0.1, total_tokens: 9 } },
  })
})

test('usage of a choice and of x_groq is read', () => {
  const usage = { prompt_tokens: 3, completion_tokens: 1 }
  assert.deepEqual(read(chunk({ content: 'a' }, 'stop', { usage })).usage, { input: 3, output: 1 })
  assert.deepEqual(read({ ...STOP, x_groq: { usage } }).usage, { input: 3, output: 1 })
})

test('a turn with calls has called, whatever the upstream says', () => {
  const { candidates } = read(chunk(piece(0, 'a', 'f', '{}')), STOP)
  assert.deepEqual(candidates[0]?.finish, { reason: 'tool-calls', raw: 'stop' })
})

test('`[DONE]` without a finish is complete, the end of the bytes is not', () => {
  assert.deepEqual(read(chunk({ content: 'a' }), '[DONE]').candidates[0]?.finish, { reason: 'other', raw: undefined })
  assert.equal(read(chunk({ content: 'a' })).failure?.code, 'truncated')
  assert.equal(read().failure?.code, 'truncated')
  const second = { id: 'c1', choices: [{ index: 1, delta: { content: 'b' }, finish_reason: null }] }
  assert.equal(read(chunk({ content: 'a' }), second, STOP).failure?.code, 'truncated')
})

test('finished and terminal are told apart', () => {
  const decoder = createStreamDecoder({ issuer: ISSUER }, () => {})
  const seen = [chunk({ content: 'a' }), STOP, '[DONE]'].map(frame => {
    decoder.push({ data: typeof frame === 'string' ? frame : JSON.stringify(frame) })
    return [decoder.isFinished, decoder.isTerminal]
  })
  assert.deepEqual(seen, [
    [false, false],
    [true, false],
    [true, true],
  ])
})

const ERRORS: readonly object[] = [
  { error: { message: 'Broken' } },
  { error: 'Broken', choices: [] },
  { id: 'c1', choices: [{ index: 0, delta: {}, finish_reason: 'error', error: { message: 'Broken' } }] },
  { object: 'error', message: 'Broken' },
]

for (const error of ERRORS)
  test(`an error is told with the usage before it, and nothing after it: ${JSON.stringify(error)}`, () => {
    const usage = { prompt_tokens: 1, completion_tokens: 1 }
    const events = eventsOf(chunk({ content: 'a' }), { ...error, usage }, STOP, '[DONE]')
    const types = events.map(({ type }) => type)
    assert.deepEqual(types, ['message-start', 'block-start', 'text-delta', 'usage', 'block-end', 'error'])
    const last = events.at(-1)
    assert.equal(last?.type === 'error' && last.failure.message, 'Broken')
  })

test('what is no chunk is surfaced and changes nothing', () => {
  const events = eventsOf('<html>', '[1]', 'null', { type: 'keepalive' }, chunk({ content: 'Hi' }), '"x"', STOP)
  const natives = events.flatMap(event => (event.type === 'native' ? [event.native.members] : []))
  assert.deepEqual(natives, [
    { data: '<html>' },
    { data: '[1]' },
    { data: 'null' },
    { type: 'keepalive' },
    { data: '"x"' },
  ])
  assert.equal(foldEvents(events).id, 'c1')
})

test('log probabilities are kept, with a text or without', () => {
  const token = (name: string) => ({ token: name, logprob: -1, bytes: [97], top_logprobs: [] })
  const { candidates } = read(
    chunk({ content: 'a' }, null, { logprobs: { content: [token('a')], refusal: null } }),
    chunk({ content: '' }, null, { logprobs: { content: [token('b')] } }),
    chunk({ refusal: 'No' }, null, { logprobs: { content: null, refusal: [token('No')] } }),
    STOP,
  )
  const said = (name: string) => ({ token: name, logprob: -1, bytes: [97] })
  assert.deepEqual(candidates[0]?.parts, [
    { kind: 'text', text: 'a', logprobs: [said('a'), said('b')] },
    { kind: 'refusal', text: 'No', logprobs: [said('No')] },
  ])
})

test('annotations are about the candidate', () => {
  const cited = { type: 'url_citation', url_citation: { url: 'u', title: 't', start_index: 0, end_index: 2 } }
  const other = { type: 'file', file: { hash: 'h' } }
  const { candidates } = read(chunk({ content: 'Hi' }), chunk({ annotations: [cited, other] }), STOP)
  assert.deepEqual(candidates[0]?.annotations, [
    { kind: 'url', url: 'u', title: 't', start: 0, end: 2 },
    { kind: 'other', native: { dialect: 'chat', members: { annotation: other } } },
  ])
})

test('members named __proto__ stay members', () => {
  const { native } = read(
    '{"id":"c","__proto__":{"polluted":1},"choices":[{"index":0,"delta":{},"finish_reason":"stop"}]}',
  )
  assert.deepEqual(Object.keys(native?.members ?? {}), ['__proto__'])
  assert.equal(({} as { polluted?: number }).polluted, undefined)
})
