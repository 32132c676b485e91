import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Failure } from '../errors.ts'
import { MillraceError } from '../errors.ts'
import { transportFailure } from './failures.ts'

const URL_WITH_SECRETS = new URL('https://user:pass@api.example.com/v1/x?key=sk-secret')

const rows: readonly (readonly [code: string, failure: Failure['code'], status: number, message: string])[] = [
  [
    'ECONNREFUSED',
    'upstream',
    502,
    'Cannot connect to api.example.com:443: connection refused; check that it runs and that its base URL is right',
  ],
  ['ENOTFOUND', 'upstream', 502, 'Cannot connect to api.example.com:443: no such host; check the name in its base URL'],
  [
    'EAI_AGAIN',
    'upstream',
    502,
    'Cannot connect to api.example.com:443: the name server does not answer; check the network',
  ],
  [
    'UND_ERR_CONNECT_TIMEOUT',
    'timeout',
    504,
    'Cannot connect to api.example.com:443: nothing came in time; check the network, or raise `connectMs`',
  ],
  [
    'ECONNRESET',
    'upstream',
    502,
    'Cannot read from api.example.com:443: it closed the connection before the end of its answer',
  ],
  [
    'DEPTH_ZERO_SELF_SIGNED_CERT',
    'upstream',
    502,
    'Cannot trust api.example.com:443: its certificate is not trusted; set `ca` to the authority that signed it',
  ],
  ['HPE_INVALID_CONSTANT', 'upstream', 502, 'Cannot read from api.example.com:443: its answer is not HTTP/1.1'],
  [
    'ERR_SSL_WRONG_VERSION_NUMBER',
    'upstream',
    502,
    'Cannot connect to api.example.com:443: no TLS could be agreed on; check `https` in its base URL',
  ],
  ['UND_ERR_CLOSED', 'cancelled', 499, 'Cannot send to api.example.com:443: the HTTP client has been closed'],
  ['UND_ERR_ABORTED', 'upstream', 502, 'Cannot talk to api.example.com:443: text of the error'],
  ['EWHATEVER', 'upstream', 502, 'Cannot talk to api.example.com:443: EWHATEVER'],
  ['toString', 'upstream', 502, 'Cannot talk to api.example.com:443: toString'],
]

for (const [code, kind, status, message] of rows)
  test(`${code} is a ${kind} failure that names the upstream and no secret`, () => {
    const error = Object.assign(new Error('text of the error'), { code })
    assert.deepEqual(transportFailure(error, URL_WITH_SECRETS), { code: kind, status, message, transport: code })
  })

test('the code is found below the error that fetch throws', () => {
  const cause = Object.assign(new Error('refused'), { code: 'ECONNREFUSED' })
  const { code, transport } = transportFailure(new TypeError('fetch failed', { cause }), URL_WITH_SECRETS)
  assert.deepEqual({ code, transport }, { code: 'upstream', transport: 'ECONNREFUSED' })
})

test('an error without a code is told by its name, not by its text', () => {
  assert.deepEqual(transportFailure(new TypeError('bad header: sk-secret'), new URL('http://[::1]:8080/')), {
    code: 'upstream',
    status: 502,
    message: 'Cannot talk to [::1]:8080: TypeError',
  })
  assert.equal(transportFailure('thrown', new URL('http://a/')).message, 'Cannot talk to a:80: unknown error')
})

test('an error of ours keeps its code and message', () => {
  assert.deepEqual(transportFailure(new MillraceError('forbidden', 'Cannot dial: no'), URL_WITH_SECRETS), {
    code: 'forbidden',
    status: 403,
    message: 'Cannot dial: no',
  })
})
