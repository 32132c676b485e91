import assert from 'node:assert/strict'
import { subscribe, unsubscribe } from 'node:diagnostics_channel'
import { test } from 'node:test'
import { reportOf } from '../../test/reports.ts'
import { publish } from './channels.ts'

test('publish gives messages to the subscribers of a channel, as long as there are any', () => {
  const seen: unknown[] = []
  const listen = (message: unknown) => void seen.push(message)
  publish('millrace:exchange.end', () => reportOf('failed'))
  subscribe('millrace:exchange.end', listen)
  publish('millrace:exchange.end', () => reportOf('completed'))
  publish('millrace:exchange.start', () => ({ id: 'req_1', time: '2026-11-03T09:12:44.108Z' }))
  unsubscribe('millrace:exchange.end', listen)
  publish('millrace:exchange.end', () => reportOf('failed'))
  assert.deepEqual(seen, [reportOf('completed')])
})

test('publish does nothing where the runtime has no channels', async t => {
  t.mock.method(process, 'getBuiltinModule', () => undefined)
  const listen = () => assert.fail('published')
  subscribe('millrace:error', listen)
  publish('millrace:error', () => ({
    id: 'req_1',
    failure: { code: 'upstream', status: 502, message: 'Cannot connect' },
  }))
  unsubscribe('millrace:error', listen)
})
