import assert from 'node:assert/strict'
import { test } from 'node:test'
import { isLoopback, isWildcard, toUrlHost } from './address.ts'

const ADDRESSES: readonly (readonly [host: string, isLoopback: boolean, isWildcard: boolean, urlHost: string])[] = [
  ['127.0.0.1', true, false, '127.0.0.1'],
  ['127.1.2.3', true, false, '127.1.2.3'],
  ['localhost', true, false, 'localhost'],
  ['LocalHost', true, false, 'localhost'],
  ['::1', true, false, '[::1]'],
  ['[::1]', true, false, '[::1]'],
  ['::ffff:127.0.0.1', true, false, '[::ffff:127.0.0.1]'],
  ['0.0.0.0', false, true, '0.0.0.0'],
  ['::', false, true, '[::]'],
  ['', false, true, ''],
  ['192.168.1.5', false, false, '192.168.1.5'],
  ['gateway.lan', false, false, 'gateway.lan'],
  ['127.0.0.1.example', false, false, '127.0.0.1.example'],
  ['localhost.example', false, false, 'localhost.example'],
  ['127.0.0', false, false, '127.0.0'],
]

for (const [host, loopback, wildcard, urlHost] of ADDRESSES)
  test(`${JSON.stringify(host)} is ${loopback ? 'loopback' : wildcard ? 'every address' : 'open to others'}`, () => {
    assert.equal(isLoopback(host), loopback)
    assert.equal(isWildcard(host), wildcard)
    assert.equal(toUrlHost(host), urlHost)
  })
