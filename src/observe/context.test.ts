import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Redactor } from '../redact.ts'
import { RequestContext } from './context.ts'

test('RequestContext measures durations with a clock that never goes back', () => {
  let [wallMs, monotonicMs] = [Date.UTC(2026, 10, 3), 500]
  const context = new RequestContext({ clock: { wallMs: () => wallMs, monotonicMs: () => monotonicMs } })
  wallMs -= 60_000
  monotonicMs += 250
  assert.equal(context.elapsedMs(), 250)
  assert.equal(context.startTime.toISOString(), '2026-11-03T00:00:00.000Z')
})

test('RequestContext has an id of its own unless it is given one', () => {
  const [one, other] = [new RequestContext(), new RequestContext()]
  assert.match(one.requestId, /^req_[0-9a-f]{32}$/)
  assert.notEqual(one.requestId, other.requestId)
  assert.equal(new RequestContext({ requestId: 'req_1' }).requestId, 'req_1')
  assert.ok(one.elapsedMs() >= 0)
})

test('RequestContext as JSON holds no secret', () => {
  const clock = { wallMs: () => 0, monotonicMs: () => 0 }
  const context = new RequestContext({ requestId: 'req_1', clock, redactor: new Redactor(['told-secret']) })
  context.metadata.set('note', 'with told-secret inside')
  context.metadata.set('apiKey', 'abc')
  context.metadata.set('nested', { authorization: 'Basic abc', plain: ['sk-0123456789', 1] })
  context.metrics.tokensInput = 12
  context.metrics.streamChunks = null
  assert.equal(
    JSON.stringify(context),
    '{"requestId":"req_1","startTime":"1970-01-01T00:00:00.000Z","elapsedMs":0,' +
      '"metrics":{"tokensInput":12,"streamChunks":null},' +
      '"metadata":{"note":"with [redacted] inside","apiKey":"[redacted]",' +
      '"nested":{"authorization":"[redacted]","plain":["[redacted]",1]}}}',
  )
})
