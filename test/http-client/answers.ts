/** What every client sends, and what it gives on of an answer. */
import assert from 'node:assert/strict'
import { fetchAll } from './recorder.ts'
import type { Check } from './suite.ts'
import { answerWith, CHUNKED, headerLines, Upstream } from './upstream.ts'

export function checkAnswers(check: Check): void {
  check('sends method, path, query and body, and says the framing itself', async client => {
    await using upstream = await Upstream.start(socket => socket.write(answerWith('ok')))
    const headers = ['content-length', '99', 'expect', '100-continue', 'host', 'evil', 'X-Kept', 'caf\u00e9']
    await fetchAll(client, new URL('/v1/x%2Fy?beta=true&key=a+b', upstream.url), { headers, method: 'PUT' })
    const [request] = upstream.requests
    assert.equal(request?.split('\r\n')[0], 'PUT /v1/x%2Fy?beta=true&key=a+b HTTP/1.1')
    assert.equal(request?.slice(-2), '{}')
    const lines = headerLines(request).map(line => line.toLowerCase())
    assert.ok(lines.includes('x-kept: caf\u00e9'))
    assert.ok(lines.includes(`host: ${upstream.url.host}`))
    assert.deepEqual(
      lines.filter(line => /^(content-length|expect|transfer-encoding)/.test(line)),
      ['content-length: 2'],
    )
  })

  check('sends a request without a body', async client => {
    await using upstream = await Upstream.start(socket => socket.write(answerWith('ok')))
    const answer = await fetchAll(client, upstream.url, { method: 'GET', body: undefined })
    assert.equal(answer.text, 'ok')
    assert.ok(!headerLines(upstream.requests[0]).some(line => /^content-length/i.test(line)))
  })

  const framings: readonly (readonly [framing: string, answer: string, closes: boolean])[] = [
    ['a length', 'HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\nabcdef', false],
    ['chunks', `${CHUNKED}3\r\nabc\r\n3;x=y\r\ndef\r\n0\r\nTrailer: x\r\n\r\n`, false],
    ['the end of the connection', 'HTTP/1.1 200 OK\r\n\r\nabcdef', true],
    ['the end of an HTTP/1.0 connection', 'HTTP/1.0 200 OK\r\n\r\nabcdef', true],
  ]
  for (const [framing, answer, closes] of framings) {
    check(`reads a body framed by ${framing}`, async client => {
      await using upstream = await Upstream.start(socket => (closes ? socket.end(answer) : socket.write(answer)))
      const { events, text } = await fetchAll(client, upstream.url)
      assert.equal(text, 'abcdef')
      assert.deepEqual([events[0], events.at(-1)], ['head', 'end'])
    })

    check(`reads a body framed by ${framing} that comes byte by byte`, async client => {
      await using upstream = await Upstream.start(async socket => {
        socket.setNoDelay()
        for (const byte of answer) {
          socket.write(byte)
          await new Promise(setImmediate)
        }
        if (closes) socket.end()
      })
      assert.equal((await fetchAll(client, upstream.url)).text, 'abcdef')
    })
  }

  check('gives on an answer without a body', async client => {
    await using upstream = await Upstream.start(socket => socket.write('HTTP/1.1 204 No Content\r\n\r\n'))
    const { events, head } = await fetchAll(client, upstream.url)
    assert.deepEqual(events, ['head', 'end'])
    assert.equal(head?.status, 204)
  })

  check('skips early hints', async client => {
    const hints = 'HTTP/1.1 103 Early Hints\r\nLink: </x>\r\n\r\nHTTP/1.1 102 Processing\r\n\r\n'
    await using upstream = await Upstream.start(socket => socket.write(hints + answerWith('ok')))
    const { events, head, text } = await fetchAll(client, upstream.url)
    assert.deepEqual([events, head?.status, text], [['head', 'data', 'end'], 200, 'ok'])
  })

  check('takes an error status for an answer', async client => {
    const answer = 'HTTP/1.1 529 Overloaded\r\nRetry-After: 3\r\nContent-Length: 4\r\n\r\nbusy'
    await using upstream = await Upstream.start(socket => socket.write(answer))
    const { events, head, text } = await fetchAll(client, upstream.url)
    assert.deepEqual([events, head?.status, text], [['head', 'data', 'end'], 529, 'busy'])
  })

  check('does not follow redirects', async client => {
    await using upstream = await Upstream.start(socket =>
      socket.write('HTTP/1.1 307 Moved\r\nLocation: /other\r\nContent-Length: 0\r\n\r\n'),
    )
    const { head } = await fetchAll(client, upstream.url)
    assert.equal(head?.status, 307)
    assert.equal(upstream.requests.length, 1)
  })

  check('keeps cookies separate', async client => {
    await using upstream = await Upstream.start(socket =>
      socket.write(answerWith('', 'Set-Cookie: a=1, x', 'Set-Cookie: b=2')),
    )
    const { head } = await fetchAll(client, upstream.url)
    const cookies = head?.headers.filter((_, at, headers) => headers[at - 1]?.toLowerCase() === 'set-cookie')
    assert.deepEqual(cookies, ['a=1, x', 'b=2'])
  })
}
