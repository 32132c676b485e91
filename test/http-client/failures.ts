/** What every client tells as a failure. */
import assert from 'node:assert/strict'
import type { UpstreamRequest } from '../../src/http/index.ts'
import { fetchAll, send } from './recorder.ts'
import type { Check } from './suite.ts'
import { CHUNKED, chunk, Upstream } from './upstream.ts'

export function checkFailures(check: Check): void {
  check('tells a reset in the body as a failure, after what came before', async client => {
    await using upstream = await Upstream.start(socket => socket.write(CHUNKED + chunk('before')))
    const { recorder } = send(client, upstream.url)
    await recorder.until('data')
    upstream.sockets[0]?.resetAndDestroy()
    await recorder.over()
    assert.deepEqual(recorder.events, ['head', 'data', 'error'])
    assert.deepEqual([recorder.text, recorder.failure?.code, recorder.failure?.status], ['before', 'upstream', 502])
  })

  const cuts: readonly (readonly [where: string, answer: string])[] = [
    ['before the status line', ''],
    ['inside the head', 'HTTP/1.1 200 OK\r\nContent-'],
    ['before the length is reached', 'HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nabc'],
    ['before the last chunk', `${CHUNKED}3\r\nabc\r\n`],
    ['inside a chunk', `${CHUNKED}9\r\nabc`],
  ]
  for (const [where, answer] of cuts)
    check(`tells a connection closed ${where} as a failure`, async client => {
      await using upstream = await Upstream.start(socket => socket.end(answer))
      const { events, failure } = await fetchAll(client, upstream.url)
      assert.equal(events.at(-1), 'error')
      assert.deepEqual([failure?.code, failure?.status], ['upstream', 502])
      assert.ok(failure?.message.includes(upstream.url.host))
    })

  const unsendable: readonly (readonly [what: string, request: Partial<UpstreamRequest>])[] = [
    ['header name', { headers: ['x odd', '1'] }],
    ['header value', { headers: ['x-odd', 'a\nb: c'] }],
    ['method', { method: 'NO SUCH' }],
  ]
  for (const [what, request] of unsendable)
    check(`tells a ${what} that cannot be sent as a failure`, async client => {
      await using upstream = await Upstream.start(socket => socket.end('HTTP/1.1 200 OK\r\n\r\n'))
      const { recorder } = send(client, upstream.url, request)
      assert.deepEqual((await recorder.over()).events, ['error'])
      assert.equal(upstream.requests.length, 0)
    })

  check('tells an answer that is not HTTP as a failure', async client => {
    await using upstream = await Upstream.start(socket => socket.end('SSH-2.0-OpenSSH_9.6\r\n'))
    const { events, failure } = await fetchAll(client, upstream.url)
    assert.deepEqual([events, failure?.code], [['error'], 'upstream'])
  })

  check('tells a refused connection as a failure that names the upstream and no key', async client => {
    const upstream = await Upstream.start(() => {})
    await upstream[Symbol.asyncDispose]()
    const { events, failure } = await fetchAll(client, new URL('/v1?key=sk-secret', upstream.url))
    assert.deepEqual(events, ['error'])
    assert.deepEqual(failure, {
      code: 'upstream',
      status: 502,
      message: `Cannot connect to ${upstream.url.host}: connection refused; check that it runs and that its base URL is right`,
      transport: 'ECONNREFUSED',
    })
  })
}
