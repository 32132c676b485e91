import assert from 'node:assert/strict'
import { test } from 'node:test'
import { failure } from '../errors.ts'
import type { StreamEvent } from '../model/index.ts'
import { withoutSecrets } from './redacted-events.ts'

const redact = (text: string) => text.replaceAll('sk-secret', '[redacted]')

test('errors are told without secrets, in whatever member they stand, and other events as they are', () => {
  const told: StreamEvent[] = []
  const tell = withoutSecrets(event => told.push(event), redact)
  const text: StreamEvent = { type: 'text-delta', index: 0, text: 'sk-secret' }
  const native = { dialect: 'chat', members: { error: { message: 'no sk-secret' } } } as const
  tell?.(text)
  tell?.({ type: 'error', failure: failure('upstream', 'bad sk-secret'), native })
  assert.equal(told[0], text)
  assert.deepEqual(told[1], {
    type: 'error',
    failure: failure('upstream', 'bad [redacted]'),
    native: { dialect: 'chat', members: { error: { message: 'no [redacted]' } } },
  })
})

test('nothing is made where nobody is told, or where there are no secrets', () => {
  const tell = () => {}
  assert.equal(withoutSecrets(undefined, redact), undefined)
  assert.equal(withoutSecrets(tell, undefined), tell)
})
