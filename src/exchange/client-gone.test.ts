import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import { ManualSweep, NotingOutlet, type ScriptedCall, ScriptedClient } from '../../test/scripted.ts'
import { chat } from '../dialects/index.ts'
import { failure } from '../errors.ts'
import { DEFAULT_BUDGETS } from './budgets.ts'
import type { ClientGone } from './client-gone.ts'
import { Exchange } from './exchange.ts'
import { relayAdapter } from './relay.ts'

const DELTA = 'data: {"id":"c1","model":"m-1","choices":[{"index":0,"delta":{"content":"Mehl"}}]}\n\n'
const FINISH = 'data: {"id":"c1","choices":[{"index":0,"delta":{},"finish_reason":"stop"}]}\n\n'
const USAGE = 'data: {"id":"c1","choices":[],"usage":{"prompt_tokens":7,"completion_tokens":3}}\n\n'
const DONE = 'data: [DONE]\n\n'
const COUNTED = 'data: {"id":"c1","choices":[],"usage":{"prompt_tokens":7,"completion_tokens":40}}\n\n'

const adapter = relayAdapter(chat)

function begin(onClientGone: ClientGone, targets = 1) {
  const client = new ScriptedClient()
  const outlet = new NotingOutlet()
  const sweep = new ManualSweep()
  const request = { method: 'POST', url: new URL('http://up.test/v1/chat/completions'), headers: [], body: undefined }
  let left = targets
  const exchange = new Exchange(() => (left-- > 0 ? { upstream: 'up', client, request, adapter } : undefined), outlet, {
    ...{ hold: 'frame', wants: 'stream', fallback: adapter, sweep, onClientGone },
    subject: { id: 'x-1', dialect: 'chat', model: 'm' },
    budgets: { ...DEFAULT_BUDGETS, totalMs: 0, idleMs: 1000 },
  })
  const report = exchange.start()
  return { exchange, outlet, sweep, report, call: (at = 0) => client.calls[at] as ScriptedCall }
}

suite('a client that leaves', () => {
  test('takes its upstream along by default, whatever has come', async () => {
    const { call, outlet, report } = begin({ policy: 'cancel' })
    call().head(200).data(DELTA)
    outlet.leave()
    assert.equal(call().isAborted, true)
    const { outcome, usage } = await report
    assert.deepEqual([outcome, usage.provenance], ['cancelled', 'estimated'])
  })

  test('drain: its answer is read to the end for the usage, and it gets nothing more', async () => {
    const { call, outlet, report } = begin({ policy: 'drain' })
    call().head(200).data(DELTA)
    outlet.isFull = true
    call().data(DELTA)
    assert.equal(call().isPaused, true)
    outlet.leave()
    assert.deepEqual([call().isPaused, call().isAborted], [false, false])
    call()
      .data(DELTA + FINISH + USAGE + DONE)
      .end()
    const { outcome, error, usage, status, finish } = await report
    assert.deepEqual([outcome, error?.code, status, finish?.reason], ['cancelled', 'cancelled', 200, 'stop'])
    assert.deepEqual([usage.input, usage.output, usage.provenance], [7, 3, 'reported'])
    assert.equal(outlet.text, DELTA + DELTA)
  })

  test('drain: an upstream that has not answered yet is aborted, one that has not said anything is not', async () => {
    const early = begin({ policy: 'drain' })
    early.outlet.leave()
    assert.equal(early.call().isAborted, true)
    assert.deepEqual([(await early.report).outcome, (await early.report).status], ['cancelled', null])
    const holding = begin({ policy: 'drain' })
    holding.call().head(200)
    holding.outlet.leave()
    holding
      .call()
      .data(DELTA + FINISH + USAGE + DONE)
      .end()
    const { outcome, usage, status } = await holding.report
    assert.deepEqual([outcome, usage.output, status], ['cancelled', 3, null])
    assert.equal(holding.outlet.isOpen, false)
  })

  test('drain: no longer than its time, nor than its tokens, told or counted', async () => {
    const slow = begin({ policy: 'drain', maxMs: 500 })
    slow.call().head(200).data(DELTA)
    slow.outlet.leave()
    slow.sweep.pass(499)
    assert.equal(slow.call().isAborted, false)
    slow.sweep.pass(1)
    assert.equal(slow.call().isAborted, true)
    assert.equal((await slow.report).outcome, 'cancelled')
    for (const more of [DELTA.repeat(40), COUNTED]) {
      const long = begin({ policy: 'drain', maxOutputTokens: 40 })
      long.call().head(200).data(DELTA)
      long.outlet.leave()
      long.call().data(DELTA)
      assert.equal(long.call().isAborted, false)
      long.call().data(more)
      assert.equal(long.call().isAborted, true)
      assert.equal((await long.report).outcome, 'cancelled')
    }
  })

  test('drain: what its upstream does wrong meanwhile does not change how it ended', async () => {
    for (const fail of [
      (call: ScriptedCall) => call.end(),
      (call: ScriptedCall) => call.error(failure('upstream', 'Reset')),
    ]) {
      const { call, outlet, report } = begin({ policy: 'drain' })
      call().head(200).data(DELTA)
      outlet.leave()
      fail(call())
      const { outcome, error } = await report
      assert.deepEqual([outcome, error?.message], ['cancelled', 'Client left before the end of the answer'])
    }
    const other = begin({ policy: 'drain' }, 2)
    other.call().head(200)
    other.outlet.leave()
    other.call().error(failure('upstream', 'Reset'))
    assert.equal((await other.report).attempts.length, 1, 'nobody else is asked')
    const { call, outlet, report, sweep } = begin({ policy: 'drain' })
    call().head(200).data(DELTA)
    outlet.leave()
    sweep.pass(1000)
    assert.equal(call().isAborted, true)
    assert.equal((await report).outcome, 'cancelled')
  })

  test('detach: the exchange goes on in every phase, and the report says how it ended', async () => {
    const { call, outlet, report } = begin({ policy: 'detach' })
    outlet.leave()
    assert.equal(call().isAborted, false)
    call()
      .head(200)
      .data(DELTA + FINISH + USAGE + DONE)
      .end()
    const { outcome, error, status, usage } = await report
    assert.deepEqual([outcome, error, status, usage.output], ['completed', null, null, 3])
    assert.deepEqual([outlet.isOpen, outlet.text], [false, ''])
  })

  test('detach: failures are what they are, and another target is still tried', async () => {
    const torn = begin({ policy: 'detach' })
    torn.call().head(200).data(DELTA)
    torn.outlet.leave()
    torn.call().end()
    assert.equal((await torn.report).outcome, 'truncated')
    const refused = begin({ policy: 'detach' }, 2)
    refused.outlet.leave()
    refused.call(0).head(503).data('{}').end()
    refused.call(1).head(429).data('{}').end()
    const { outcome, error, attempts, status } = await refused.report
    assert.deepEqual([outcome, error?.code, attempts.length, status], ['failed', 'rate-limited', 2, null])
    assert.equal(refused.outlet.isOpen, false)
  })

  test('detach: an operator, a shutdown and its time end it', async () => {
    const stopped = begin({ policy: 'detach' })
    stopped.call().head(200).data(DELTA)
    stopped.outlet.leave()
    stopped.exchange.cancel('drain')
    assert.equal(stopped.call().isAborted, true)
    assert.match((await stopped.report).error?.message ?? '', /shutting down/)
    const endless = begin({ policy: 'detach', maxMs: 500 })
    endless.outlet.leave()
    endless.sweep.pass(500)
    assert.equal(endless.call().isAborted, true)
    assert.equal((await endless.report).outcome, 'cancelled')
  })
})
