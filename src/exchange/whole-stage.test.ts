import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ManualSweep, NotingOutlet, type ScriptedCall, ScriptedClient } from '../../test/scripted.ts'
import { DIALECTS } from '../dialects/index.ts'
import { DEFAULT_BUDGETS } from './budgets.ts'
import { Exchange } from './exchange.ts'
import type { ExchangeOptions } from './options.ts'
import { passAdapter, relayAdapter } from './relay.ts'

const BODY =
  '{"id":"msg_1","type":"message","model":"m-1","content":[],"stop_reason":"end_turn","usage":{"input_tokens":7,"output_tokens":3}}'
const ERROR = '{"type":"error","error":{"type":"overloaded_error","message":"Overloaded"}}'
const JSON_TYPE = ['content-type', 'application/json']

function begin(options: Pick<ExchangeOptions, 'wants' | 'budgets'>, adapter = relayAdapter(DIALECTS.messages)) {
  const client = new ScriptedClient()
  const outlet = new NotingOutlet()
  const sweep = new ManualSweep()
  const request = { method: 'POST', url: new URL('http://up.test/'), headers: [], body: undefined }
  const next = (failed: unknown) => (failed ? undefined : { upstream: 'up', client, request, adapter })
  const settings = { hold: 'frame', subject: { id: 'x-1' }, fallback: adapter, sweep } as const
  const report = new Exchange(next, outlet, { ...settings, ...options }).start()
  return { outlet, sweep, report, call: client.calls[0] as ScriptedCall }
}

test('a whole body leaves at every cut as it came, and is read', async () => {
  for (let at = 1; at < BODY.length; at++) {
    const { call, outlet, report } = begin({ wants: 'whole' })
    call.head(200, JSON_TYPE).data(BODY.slice(0, at)).data(BODY.slice(at)).end()
    assert.equal(outlet.text, BODY)
    const { outcome, finish, usage, shape } = await report
    assert.deepEqual([outcome, shape, finish?.raw, usage.output], ['completed', 'whole', 'end_turn', 3])
  }
})

test('an error in a whole body of a good status becomes its status', async () => {
  const { call, outlet, report } = begin({ wants: 'whole' })
  call.head(200, JSON_TYPE).data(ERROR).end()
  assert.equal(outlet.head?.status, 529)
  assert.deepEqual(JSON.parse(outlet.text).error, { type: 'overloaded_error', message: 'Overloaded' })
  assert.equal((await report).outcome, 'failed')
})

test('a whole body where a stream was asked for is expanded, however slowly it comes', async () => {
  const { call, outlet, sweep, report } = begin({ wants: 'stream' })
  call.head(200, JSON_TYPE).data(BODY.slice(0, 50))
  sweep.pass(1000)
  assert.equal(outlet.isOpen, false)
  call.data(BODY.slice(50)).end()
  assert.equal(outlet.head?.status, 200)
  const { outcome, usage, lane, shape } = await report
  assert.deepEqual([outcome, usage.output, lane, shape], ['completed', 3, 'convert', 'expand'])
})

test('an error of a whole body where a stream was asked for keeps its meaning', async () => {
  const { call, outlet, report } = begin({ wants: 'stream' })
  call.head(200, JSON_TYPE).data(ERROR).end()
  assert.equal(outlet.head?.status, 529)
  assert.equal((await report).error?.code, 'overloaded')
})

test('a whole body of no API after an early head ends as an error in the stream', async () => {
  const { call, outlet, sweep, report } = begin({
    wants: 'stream',
    budgets: { ...DEFAULT_BUDGETS, earlyHeadMs: 1000 },
  })
  sweep.pass(1000)
  call.head(200, JSON_TYPE).data('{"ok":true}').end()
  assert.match(outlet.text, /^event: ping\n.*\n\nevent: error\ndata: .*no answer of its API.*\n\n$/)
  assert.equal(outlet.ending, 'cut')
  assert.equal((await report).outcome, 'failed')
})

test('bytes that nobody reads pass as they come, whatever they are', async () => {
  for (const wants of ['stream', 'whole'] as const) {
    const { call, outlet, report } = begin({ wants }, passAdapter())
    call.head(201, ['content-type', 'audio/mpeg', 'content-length', '6']).data('abc')
    assert.equal(outlet.text, 'abc')
    call.data('def').end()
    assert.equal(outlet.text, 'abcdef')
    assert.equal(outlet.head?.status, 201)
    const { outcome, bytesIn, bytesOut } = await report
    assert.deepEqual([outcome, bytesIn, bytesOut], ['completed', 6, 6])
  }
})

test('bytes that nobody reads and that break off are cut', async () => {
  const { call, outlet, report } = begin({ wants: 'whole' }, passAdapter())
  call.head(200, ['content-type', 'audio/mpeg']).data('abc').error({ code: 'upstream', status: 502, message: 'reset' })
  assert.deepEqual([outlet.text, outlet.ending], ['abc', 'cut'])
  assert.equal((await report).outcome, 'failed')
})
