import assert from 'node:assert/strict'
import { test } from 'node:test'
import { checkGrammar, foldEvents, type Part, type StreamEvent } from '../../model/index.ts'
import { decodeMessage } from './message.ts'
import { createStreamDecoder } from './stream-decoder.ts'

interface Wired {
  readonly type: string
  readonly [member: string]: unknown
}

function decode(...events: readonly (Wired | string)[]): StreamEvent[] {
  const decoded: StreamEvent[] = []
  const decoder = createStreamDecoder({ issuer: 'up' }, event => decoded.push(event))
  for (const event of events)
    decoder.push(typeof event === 'string' ? { data: event } : { event: event.type, data: JSON.stringify(event) })
  decoder.end()
  assert.equal(checkGrammar(decoded), undefined)
  return decoded
}

function partsOf(...events: readonly (Wired | string)[]): readonly Part[] {
  return foldEvents(decode(...events)).candidates[0]?.parts ?? []
}

const CREATED = {
  type: 'response.created',
  response: { id: 'resp_1', model: 'mill', created_at: 5, status: 'in_progress' },
}
const completed = (output: readonly object[] = [], more: object = {}) => ({
  type: 'response.completed',
  response: { id: 'resp_1', model: 'mill', created_at: 5, status: 'completed', output, ...more },
})
const added = (item: object, output_index = 0) => ({ type: 'response.output_item.added', output_index, item })
const done = (item: object, output_index = 0) => ({ type: 'response.output_item.done', output_index, item })
const CALL = { id: 'fc_1', type: 'function_call', call_id: 'call_1', name: 'f' }
const call = (payload: string) => ({
  kind: 'tool-call',
  callId: 'call_1',
  name: 'f',
  runBy: 'client',
  input: 'json',
  payload,
  item: 'fc_1',
})

test('arguments come in deltas, in the `done` event only, in the item only, or in the final response only', () => {
  const args = '{"n":1}'
  const whole = { ...CALL, arguments: args }
  const at = { item_id: 'fc_1', output_index: 0 }
  const delta = (text: string) => ({ type: 'response.function_call_arguments.delta', ...at, delta: text })
  const argsDone = { type: 'response.function_call_arguments.done', ...at, arguments: args }
  const ways = [
    [added(CALL), delta('{"n"'), delta(':1}'), argsDone, done(whole), completed([whole])],
    [added(CALL), argsDone, done(whole), completed([whole])],
    [added(CALL), done(whole), completed([whole])],
    [done(whole), completed([whole])],
    [completed([whole])],
    [added(CALL), delta('{"n"'), completed([whole])],
    // A name that comes late.
    [added({ ...CALL, name: undefined }), delta('{"n"'), done(whole), completed([])],
  ]
  for (const way of ways) {
    const { candidates } = foldEvents(decode(CREATED, ...way))
    assert.deepEqual(candidates[0]?.parts, [call(args)])
    assert.deepEqual(candidates[0]?.finish, { reason: 'tool-calls', raw: 'completed' })
  }
})

test('of several tokens of one item only the last one counts', () => {
  const item = (token: string) => ({ id: 'rs_1', type: 'reasoning', summary: [], encrypted_content: token })
  assert.deepEqual(partsOf(CREATED, added(item('one')), done(item('two')), completed([item('three')])), [
    {
      kind: 'reasoning',
      form: 'summary',
      texts: [],
      seals: [{ dialect: 'responses', issuer: 'up', kind: 'encrypted', value: 'two', id: 'rs_1' }],
      item: 'rs_1',
    },
  ])
})

test('a summary of several parts is one block with breaks', () => {
  const at = (summary_index: number) => ({ item_id: 'rs_1', output_index: 0, summary_index })
  const parts = partsOf(
    CREATED,
    added({ id: 'rs_1', type: 'reasoning', summary: [] }),
    { type: 'response.reasoning_summary_part.added', ...at(0), part: { type: 'summary_text', text: '' } },
    { type: 'response.reasoning_summary_text.delta', ...at(0), delta: 'One' },
    { type: 'response.reasoning_summary_text.delta', ...at(1), delta: 'Two' },
    { type: 'response.reasoning_summary_text.done', ...at(1), text: 'Two more' },
    completed(),
  )
  assert.deepEqual(parts[0]?.kind === 'reasoning' && parts[0].texts, ['One', 'Two more'])
})

test('deltas of items that were never announced are read, by `output_index` or by `item_id`', () => {
  const delta = (text: string) => ({
    type: 'response.output_text.delta',
    item_id: 'msg_1',
    content_index: 0,
    delta: text,
  })
  for (const place of [{ output_index: 0 }, {}]) {
    const parts = partsOf(CREATED, { ...delta('a'), ...place }, { ...delta('b'), ...place }, completed())
    assert.deepEqual(parts, [{ kind: 'text', text: 'ab', item: 'msg_1' }])
  }
})

test('usage that stands behind the error is told before it', () => {
  const events = decode(
    CREATED,
    { type: 'error', error: { type: 'server_error', code: 'server_error', message: 'Broken' } },
    {
      type: 'response.failed',
      response: { id: 'resp_1', status: 'failed', error: { message: 'Other' }, usage: { input_tokens: 3 } },
    },
  )
  assert.deepEqual(
    events.map(({ type }) => type),
    ['message-start', 'usage', 'error'],
  )
  assert.equal(foldEvents(events).failure?.message, 'Broken')
})

test('what a failed response holds beyond its events is read, and what is half done is no more than it says', () => {
  const half = { id: 'msg_1', type: 'message', status: 'incomplete', role: 'assistant' }
  const token = { id: 'rs_1', type: 'reasoning', summary: [], encrypted_content: 'gAAA' }
  const events = decode(
    CREATED,
    added({ ...half, content: [] }),
    { type: 'response.output_text.delta', item_id: 'msg_1', output_index: 0, content_index: 0, delta: 'Ha' },
    added({ ...token, encrypted_content: undefined }, 1),
    added(CALL, 2),
    { type: 'error', error: { message: 'No' }, sequence_number: 5 },
    {
      type: 'response.failed',
      response: {
        id: 'resp_1',
        status: 'failed',
        error: { message: 'No' },
        output: [{ ...half, content: [{ type: 'output_text', text: 'Half' }] }, token],
      },
    },
  )
  const { candidates, failure } = foldEvents(events)
  assert.equal(failure?.message, 'No')
  const seal = { dialect: 'responses', issuer: 'up', kind: 'encrypted', value: 'gAAA', id: 'rs_1' }
  assert.deepEqual(candidates[0]?.parts, [
    { kind: 'text', text: 'Half', item: 'msg_1' },
    { kind: 'reasoning', form: 'summary', texts: [], item: 'rs_1', seals: [seal] },
    call(''),
  ])
})

test('an error is told when nothing follows it', () => {
  const { failure } = foldEvents(decode(CREATED, { type: 'error', message: 'Slow down', code: 'rate_limit_exceeded' }))
  assert.equal(failure?.code, 'rate-limited')
})

test('the ways to end', () => {
  const end = (status: string, incomplete_details: object | null = null) =>
    foldEvents(decode(CREATED, { type: `response.${status}`, response: { status, incomplete_details } })).candidates[0]
      ?.finish
  assert.deepEqual(end('completed'), { reason: 'stop', raw: 'completed' })
  assert.deepEqual(end('incomplete', { reason: 'max_output_tokens' }), { reason: 'length', raw: 'max_output_tokens' })
  assert.deepEqual(end('incomplete', { reason: 'content_filter' }), { reason: 'filtered', raw: 'content_filter' })
  assert.deepEqual(end('incomplete', { reason: 'max_tool_calls' }), {
    reason: 'other',
    raw: 'max_tool_calls',
    native: { dialect: 'responses', members: { status: 'incomplete' } },
  })
})

test('an item that waits for the client pauses the answer', () => {
  const item = { id: 'mcpr_1', type: 'mcp_approval_request', name: 'f', arguments: '{}', server_label: 's' }
  const { candidates } = foldEvents(decode(CREATED, added(item), done(item), completed([item])))
  assert.deepEqual(candidates[0]?.finish, { reason: 'paused', raw: 'completed' })
  assert.deepEqual(candidates[0]?.parts, [
    { kind: 'native', item: 'mcpr_1', native: { dialect: 'responses', members: { item } } },
  ])
})

test('a call that the provider runs is a call and its result', () => {
  const item = { id: 'fs_1', type: 'file_search_call', status: 'completed', queries: ['Mehl'], results: null }
  assert.deepEqual(
    partsOf(CREATED, added({ ...item, status: 'in_progress', queries: [] }), done(item), completed([item])),
    [
      {
        kind: 'tool-call',
        callId: 'fs_1',
        name: 'file_search',
        runBy: 'provider',
        input: 'json',
        payload: '{"queries":["Mehl"]}',
        item: 'fs_1',
        native: { dialect: 'responses', members: { item: { type: 'file_search_call', status: 'completed' } } },
      },
      { kind: 'tool-result', callId: 'fs_1', failed: false, content: [], payload: '{"results":null}', item: 'fs_1' },
    ],
  )
})

test('of the pictures that replace each other the last one is the answer’s', () => {
  const item = { id: 'ig_1', type: 'image_generation_call', status: 'completed', output_format: 'webp', result: 'BBBB' }
  const partial = {
    type: 'response.image_generation_call.partial_image',
    item_id: 'ig_1',
    output_index: 0,
    partial_image_b64: 'AAAA',
    output_format: 'webp',
  }
  assert.deepEqual(partsOf(CREATED, added({ id: 'ig_1', type: item.type }), partial, done(item), completed([item])), [
    { kind: 'media', mediaType: 'image/webp', source: { type: 'base64', data: 'BBBB' }, item: 'ig_1' },
  ])
})

test('annotations are placed in the visible text of the whole answer, and read once', () => {
  const annotation = { type: 'url_citation', url: 'https://mill.test', title: 'Mill', start_index: 1, end_index: 2 }
  const part = (text: string, annotations: readonly object[] = []) => ({ type: 'output_text', text, annotations })
  const message = (content: readonly object[]) => ({ id: 'msg_1', type: 'message', role: 'assistant', content })
  const whole = message([part('abc'), part('def', [annotation])])
  const event = {
    type: 'response.output_text.annotation.added',
    item_id: 'msg_1',
    output_index: 0,
    content_index: 1,
    annotation_index: 0,
    annotation,
  }
  const parts = partsOf(
    CREATED,
    added(message([])),
    { type: 'response.output_text.delta', item_id: 'msg_1', output_index: 0, content_index: 0, delta: 'abc' },
    { type: 'response.output_text.delta', item_id: 'msg_1', output_index: 0, content_index: 1, delta: 'def' },
    event,
    done(whole),
    completed([whole]),
  )
  const expected = [{ kind: 'url', url: 'https://mill.test', title: 'Mill', start: 4, end: 5 }]
  assert.deepEqual(parts[1]?.kind === 'text' && parts[1].annotations, expected)
})

test('unknown events are passed on, and what is no JSON is not fatal', () => {
  const events = decode(
    CREATED,
    { type: 'codex.rate_limits', left: 3, sequence_number: 1 },
    '{"type":',
    '[DONE]',
    { type: 'keepalive' },
    completed(),
    '[DONE]',
  )
  assert.deepEqual(
    events.flatMap((event): unknown[] =>
      event.type === 'native' ? [event.native.members] : event.type === 'ping' ? ['ping'] : [],
    ),
    [{ type: 'codex.rate_limits', left: 3 }, { data: '{"type":' }, 'ping'],
  )
})

test('what comes before the answer begins does not take its id', () => {
  const events = decode({ type: 'codex.rate_limits', left: 3 }, { type: 'keepalive' }, '{"type":', CREATED, completed())
  assert.deepEqual(
    events.slice(0, 3).map(event => (event.type === 'message-start' ? event.id : event.type)),
    ['resp_1', 'native', 'native'],
  )
})

test('the tier that served it is known at the end', () => {
  const auto = { ...CREATED, response: { ...CREATED.response, service_tier: 'auto' } }
  assert.equal(foldEvents(decode(auto, completed([], { service_tier: 'default' }))).serviceTier, 'default')
})

test('a whole body that failed, or never ended, is no success', () => {
  assert.equal(
    decodeMessage({ error: { message: 'No', type: 'invalid_request_error' } }, { issuer: '' }).failure?.message,
    'No',
  )
  assert.equal(
    decodeMessage({ status: 'failed', error: { message: 'No', code: 'server_error' } }, { issuer: '' }).failure
      ?.message,
    'No',
  )
  assert.equal(decodeMessage({ status: 'queued', output: [] }, { issuer: '' }).failure?.code, 'truncated')
})
