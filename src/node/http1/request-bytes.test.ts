import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { UpstreamRequest } from '../../http/index.ts'
import { encodeRequest } from './request-bytes.ts'

function encode(request: Partial<UpstreamRequest>): unknown {
  const url = new URL('http://up.test:8080/v1/x%2Fy?a=b+c')
  const encoded = encodeRequest({ method: 'POST', url, headers: [], body: Buffer.from('{}'), ...request })
  return 'code' in encoded ? encoded : Buffer.concat(encoded).toString('latin1')
}

test('a request is its head and its body in one piece, framed by a length', () => {
  assert.equal(
    encode({ headers: ['B', '1', 'content-length', '9', 'a', 'caf\u00e9', 'B', '2', 'Host', 'evil'] }),
    'POST /v1/x%2Fy?a=b+c HTTP/1.1\r\nhost: up.test:8080\r\nconnection: keep-alive\r\nB: 1\r\na: caf\u00e9\r\nB: 2\r\ncontent-length: 2\r\n\r\n{}',
  )
})

test('a large body is not copied', () => {
  const body = new Uint8Array(70_000)
  const pieces = encodeRequest({ method: 'POST', url: new URL('http://up.test/'), headers: [], body })
  assert.ok(!('code' in pieces) && pieces.length === 2 && pieces[1] === body)
})

test('a request without a body says a length only where its method would have one', () => {
  const hasLength = (method: string) => /content-length: 0\r\n\r\n$/.test(encode({ method, body: undefined }) as string)
  assert.deepEqual(['GET', 'HEAD', 'DELETE', 'POST', 'PUT'].map(hasLength), [false, false, false, true, true])
})

const refusals: readonly (readonly [request: Partial<UpstreamRequest>, state: string])[] = [
  [{ method: 'NO SUCH' }, 'invalid request method'],
  [{ headers: ['x odd', '1'] }, 'invalid header name'],
  [{ headers: ['x', 'sk-secret\r\ny: z'] }, 'invalid x header'],
  [{ headers: ['x', 'sk-secret\u0100'] }, 'invalid x header'],
]
for (const [request, state] of refusals)
  test(`a request with an ${state} is refused, and its value is not quoted`, () => {
    assert.deepEqual(encode(request), {
      code: 'upstream',
      status: 502,
      message: `Cannot talk to up.test:8080: ${state}`,
    })
  })
