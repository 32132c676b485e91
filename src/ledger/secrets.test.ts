import assert from 'node:assert/strict'
import { test } from 'node:test'
import { secretsOfUrl } from './secrets.ts'

test('the password of a URL is a secret, as it stands there and as it is meant', () => {
  assert.deepEqual(secretsOfUrl('postgres://mill:a%2Fb@db.example/ledger'), ['a%2Fb', 'a/b'])
  assert.deepEqual(secretsOfUrl('postgres://db.example/ledger?password=c%40d'), ['c@d', 'c@d'])
  assert.deepEqual(secretsOfUrl('postgres://mill@db.example/ledger'), [])
  assert.deepEqual(secretsOfUrl('/var/lib/millrace/ledger.sqlite'), [])
})
