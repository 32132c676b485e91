import assert from 'node:assert/strict'
import { test } from 'node:test'
import { beginTrace, randomHex, readTraceContext, traceHeaders } from './trace-context.ts'

const TRACE = '4bf92f3577b34da6a3ce929d0e0e4736'
const PARENT = '00f067aa0ba902b7'
const GOOD = `00-${TRACE}-${PARENT}-01`

function read(...headers: readonly string[]) {
  return readTraceContext(headers)
}

test('a context is read with its parent, its flag and its state', () => {
  assert.deepEqual(read('Traceparent', GOOD, 'tracestate', 'b=2 , a=1'), {
    ...{ traceId: TRACE, parentId: PARENT, isSampled: true, state: 'b=2,a=1' },
  })
  assert.equal(read('traceparent', `00-${TRACE}-${PARENT}-02`)?.isSampled, false)
  assert.equal(read('traceparent', GOOD, 'tracestate', 'a=1', 'tracestate', 'b=2')?.state, 'a=1,b=2')
})

const BAD = [
  '',
  'x',
  `00-${TRACE.toUpperCase()}-${PARENT}-01`,
  `00-${TRACE}-${PARENT}`,
  `00-${TRACE}-${PARENT}-1`,
  `00-${TRACE}-${PARENT}-01-`,
  `00-${TRACE}-${PARENT}-01-more`,
  `ff-${TRACE}-${PARENT}-01`,
  `0-${TRACE}-${PARENT}-01`,
  `00-${'0'.repeat(32)}-${PARENT}-01`,
  `00-${TRACE}-${'0'.repeat(16)}-01`,
  `00-${TRACE.slice(1)}-${PARENT}-01`,
  `00_${TRACE}_${PARENT}_01`,
  `${GOOD},${GOOD}`,
]

for (const value of BAD)
  test(`"${value}" is no parent`, () => {
    assert.equal(read('traceparent', value, 'tracestate', 'a=1'), undefined)
  })

test('two parents are none', () => assert.equal(read('traceparent', GOOD, 'traceparent', GOOD), undefined))

test('a later version may say more', () => {
  assert.equal(read('traceparent', `01-${TRACE}-${PARENT}-01-more`)?.traceId, TRACE)
})

for (const state of [
  'a',
  'a=',
  '=1',
  'A=1',
  'a=1,a=2',
  'a=1\u007f',
  'a=b=c',
  `${'a=1,'.repeat(33)}`,
  `a=${'x'.repeat(257)}`,
])
  test(`"${state.slice(0, 20)}" is no state, and the trace goes on without it`, () => {
    const context = read('traceparent', GOOD, 'tracestate', state)
    assert.deepEqual([context?.traceId, context?.state], [TRACE, ''])
  })

test('keys of vendors with tenants are legal', () => {
  assert.equal(
    read('traceparent', GOOD, 'tracestate', 'fw529a3039@dt=FfAA,x/y*z-1_=t:1 2')?.state,
    'fw529a3039@dt=FfAA,x/y*z-1_=t:1 2',
  )
})

test('what goes on names the span, the flag and the state', () => {
  const context = { traceId: TRACE, parentId: null, isSampled: false, state: 'a=1' }
  assert.deepEqual(traceHeaders(context, PARENT), ['traceparent', `00-${TRACE}-${PARENT}-00`, 'tracestate', 'a=1'])
})

test('a ratio decides by the id', () => {
  const traces = Array.from({ length: 2000 }, () => beginTrace(0.25))
  const sampled = traces.filter(({ isSampled }) => isSampled)
  assert.ok(sampled.length > 350 && sampled.length < 650, String(sampled.length))
  assert.ok(sampled.every(({ traceId }) => traceId.slice(-13) < '4'))
  assert.ok(traces.every(({ isSampled }, at) => at >= 0 && typeof isSampled === 'boolean'))
  assert.equal(beginTrace(1).isSampled, true)
  assert.equal(beginTrace(0).isSampled, false)
})

test('ids are of their length, and none comes twice', () => {
  const ids = new Set(Array.from({ length: 5000 }, (_, at) => randomHex(at % 2 === 0 ? 8 : 16)))
  assert.equal(ids.size, 5000)
  for (const id of ids) assert.match(id, /^(?:[\da-f]{16}|[\da-f]{32})$/)
})
