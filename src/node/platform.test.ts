import assert from 'node:assert/strict'
import { test } from 'node:test'
import { NodeClient } from './node-client.ts'
import { createClient, sharedClient } from './platform.ts'

test('on Node a client is the one of Node, and the shared one is always the same', () => {
  assert.ok(createClient() instanceof NodeClient)
  assert.ok(sharedClient() instanceof NodeClient)
  assert.equal(sharedClient(), sharedClient())
  assert.notEqual(createClient(), sharedClient())
})
