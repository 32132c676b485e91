import assert from 'node:assert/strict'
import { test } from 'node:test'
import { parseConfig } from './parse.ts'
import { secretsOf } from './secrets.ts'

test('secretsOf gives every key and the headers with a secret name, with and without their scheme, and the password of the ledger', () => {
  const config = parseConfig(
    `
server: { keys: [client-key-1, client-key-2] }
upstreams:
  openai: { apiKey: upstream-key }
  own: { baseUrl: "http://own.example", dialects: [chat], headers: { Authorization: "Bearer header-key", x-title: Mill } }
ledger: { url: "postgres://mill:pass%2Fword@db.example/ledger" }
`,
    { env: {} },
  )
  assert.deepEqual(secretsOf(config), [
    'client-key-1',
    'client-key-2',
    'upstream-key',
    'Bearer header-key',
    'header-key',
    'pass%2Fword',
    'pass/word',
  ])
})
