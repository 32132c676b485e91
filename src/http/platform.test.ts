import assert from 'node:assert/strict'
import { test } from 'node:test'
import { FetchClient } from './fetch-client.ts'
import { createClient, sharedClient } from './platform.ts'

test('without Node a client is one over fetch, and the shared one is always the same', () => {
  assert.ok(createClient() instanceof FetchClient)
  assert.ok(createClient({ ca: undefined }) instanceof FetchClient)
  assert.equal(sharedClient(), sharedClient())
  assert.notEqual(createClient(), sharedClient())
})

test('an option that fetch cannot honour is refused', () => {
  assert.throws(() => createClient({ connectMs: 5000 }), {
    code: 'bad-request',
    message: 'Cannot set "connectMs" of a client: fetch decides it on this runtime',
  })
})
