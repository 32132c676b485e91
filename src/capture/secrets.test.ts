import assert from 'node:assert/strict'
import { test } from 'node:test'
import { reportOf } from '../../test/reports.ts'
import type { Recorded, RecordedRequest } from './recorded.ts'
import { secretsIn } from './secrets.ts'

function recorded(client: Partial<RecordedRequest>, answered: readonly string[] = []): Recorded {
  const request = { method: 'POST', url: '/', headers: [], body: new Uint8Array(0), leftOut: 0 }
  return {
    ...{ id: 'x', time: '', key: null, upstreamName: 'up', dialects: { client: 'chat', upstream: 'chat' } },
    ...{ client: { ...request, ...client }, upstream: { ...request, url: 'http://up/v1?key=up-key-1' } },
    ...{ bytes: { client: request.body, upstream: request.body }, chunks: [], leftOut: { client: 0, upstream: 0 } },
    marks: [{ type: 'head', at: 0, after: 0, side: 'upstream', head: { status: 200, headers: answered } }],
    report: reportOf('completed'),
  }
}

test('the credentials of an exchange stand in headers and queries, with and without their scheme', () => {
  const headers = ['Authorization', 'Bearer a-key-1', 'x-api-key', 'a-key-2', 'x-title', 'a-title-1']
  const found = secretsIn(recorded({ url: '/v1?key=a-key%203&alt=sse', headers }))
  assert.deepEqual(found, ['Bearer a-key-1', 'a-key-1', 'a-key-2', 'a-key 3', 'up-key-1'])
})

test('of cookies the values are secrets, and nothing that stands beside', () => {
  const set = ['Set-Cookie', 'id=c-1==; Path=/; Expires=Tue, 19 Nov 2026 15:30:00 GMT; HttpOnly']
  const found = secretsIn(recorded({ headers: ['cookie', 'a=c-2; b=c-3'] }, set))
  assert.deepEqual(found, ['c-2', 'c-3', 'c-1==', 'up-key-1'])
})

test('a word is no secret: who wants no key is sent any', () => {
  assert.deepEqual(secretsIn(recorded({ headers: ['x-api-key', 'Whatever'] })), ['up-key-1'])
})
