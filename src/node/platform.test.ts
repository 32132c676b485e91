import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createClient, sharedClient } from './platform.ts'
import { UndiciClient } from './undici-client.ts'

test('on Node a client is one over undici, and the shared one is always the same', () => {
  assert.ok(createClient() instanceof UndiciClient)
  assert.ok(sharedClient() instanceof UndiciClient)
  assert.equal(sharedClient(), sharedClient())
  assert.notEqual(createClient(), sharedClient())
})
