import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { KeyRing } from './keys.ts'

const KEY = 'client-key-0123456789'
const OTHER = 'another+key/with=signs'
const ring = new KeyRing([KEY, OTHER])
const NONE = { headers: [], query: '' }

/** The first 8 digits of `printf %s client-key-0123456789 | sha256sum`. */
const NAME = 'cbabecbd'

const OURS: readonly (readonly [headers: readonly string[], query: string])[] = [
  [['Authorization', `Bearer ${KEY}`], ''],
  [['authorization', `bearer   ${KEY} `], ''],
  [['X-Api-Key', KEY], ''],
  [['x-goog-api-key', KEY], ''],
  [['api-key', KEY], ''],
  [[], `key=${KEY}`],
  [[], `k%65y=client%2Dkey-0123456789`],
]

for (const [headers, query] of OURS)
  test(`a client key is found and taken out of ${JSON.stringify(headers)} ${query}`, () => {
    const credentials = ring.read(['Accept', '*/*', ...headers, 'X-Other', KEY.slice(1)], query)
    assert.deepEqual(credentials, {
      key: NAME,
      headers: ['Accept', '*/*', 'X-Other', KEY.slice(1)],
      query: '',
      rest: NONE,
    })
    assert.equal(ring.check(credentials), undefined)
  })

test('what else stands in a slot is kept apart, as it came', () => {
  const headers = ['Authorization', 'Bearer sk-own', 'X-Goog-Api-Key', 'goog', 'x-api-key', KEY]
  assert.deepEqual(ring.read(headers, 'alt=sse&key=a%2Bb&x=1'), {
    key: NAME,
    headers: [],
    query: 'alt=sse&x=1',
    rest: { headers: ['Authorization', 'Bearer sk-own', 'X-Goog-Api-Key', 'goog'], query: 'key=a%2Bb' },
  })
})

for (const value of ['Basic dXNlcjpwYXNz', KEY, 'Bearer', 'Bearer ', 'Bearer a b', `Bearer a,${KEY}`, ''])
  test(`Authorization ${JSON.stringify(value)} is dropped: it is no one word after Bearer`, () => {
    const credentials = ring.read(['authorization', value], '')
    assert.deepEqual(credentials, { key: null, headers: [], query: '', rest: NONE })
  })

test('a plus sign in a key of the query is a plus sign, escaped or not', () => {
  assert.notEqual(ring.read([], `key=${OTHER}`).key, null)
  assert.notEqual(ring.read([], `key=${encodeURIComponent(OTHER)}`).key, null)
})

test('other parameters of the query cross byte for byte', () => {
  const query = 'beta=true&empty=&flag&bad=%zz&plus=a+b&monkey=1'
  assert.equal(ring.read([], query).query, query)
})

test('a request without a client key gets a 401 that holds nothing of it', () => {
  const refused = ring.check(ring.read(['authorization', 'Bearer sk-wrong'], ''))
  assert.deepEqual(refused, {
    code: 'unauthorized',
    status: 401,
    message:
      'Cannot serve the request: it holds no key of this gateway; send one of `server.keys` as `Authorization: Bearer`',
  })
})

test('without client keys nobody is refused, and credentials are still kept apart', () => {
  const open = new KeyRing([])
  const credentials = open.read(['x-api-key', 'own'], '')
  assert.deepEqual(credentials, {
    key: null,
    headers: [],
    query: '',
    rest: { headers: ['x-api-key', 'own'], query: '' },
  })
  assert.equal(open.check(credentials), undefined)
})

test('a client key in any slot, in any spelling, is in nothing that may go up', () => {
  const spelling = fc.constantFrom(KEY, encodeURIComponent(KEY), KEY.replace('-', '%2D'), KEY.replace('c', '%63'))
  const pair = fc.tuple(fc.constantFrom('key', 'k%65y', '%6Bey'), spelling).map(parts => parts.join('='))
  const field = fc.constantFrom(
    ['Authorization', `Bearer ${KEY}`],
    ['AUTHORIZATION', `BEARER  ${KEY}`],
    ['x-api-key', ` ${KEY}`],
    ['X-Goog-Api-Key', KEY],
    ['api-key', `${KEY}, ${KEY}`],
    ['authorization', `Basic ${KEY}`],
    ['accept', '*/*'],
  )
  fc.assert(
    fc.property(fc.array(field), fc.array(fc.oneof(pair, fc.constantFrom('alt=sse', '', 'key'))), (fields, pairs) => {
      const { headers, query, rest } = ring.read(fields.flat(), pairs.join('&'))
      const up = [...headers, ...rest.headers, decodeURIComponent(query), decodeURIComponent(rest.query)].join('\n')
      assert.ok(!up.includes(KEY))
    }),
  )
})
