/** What every `HttpClient` does, over real sockets. */
import assert from 'node:assert/strict'
import { once } from 'node:events'
import { test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { brotliCompressSync, deflateSync, gzipSync, zstdCompressSync } from 'node:zlib'
import type { HttpClient } from '../../src/http/index.ts'
import { fetchAll, send } from './recorder.ts'
import { answerWith, CHUNKED, chunk, headerLines, Pour, Upstream } from './upstream.ts'

export function behavesAsHttpClient(name: string, createClient: () => HttpClient): void {
  const check = (behaviour: string, run: (client: HttpClient) => Promise<void>): void => {
    test(`${name} ${behaviour}`, { timeout: 5000 }, async () => {
      const client = createClient()
      await run(client)
      await client.close()
    })
  }

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
      raw: { code: 'ECONNREFUSED' },
    })
  })

  const phases: readonly (readonly [phase: string, answer: string, event: string | undefined])[] = [
    ['before the head', '', undefined],
    ['after the head', CHUNKED, 'head'],
    ['inside the body', CHUNKED + chunk('abc'), 'data'],
  ]
  for (const [phase, answer, event] of phases)
    for (const isPaused of [false, true])
      check(`closes the upstream at once when aborted ${phase}${isPaused ? ', paused' : ''}`, async client => {
        const asked = Promise.withResolvers<void>()
        await using upstream = await Upstream.start(socket => {
          socket.write(answer)
          asked.resolve()
        })
        const { call, recorder } = send(client, upstream.url)
        await asked.promise
        if (event !== undefined) await recorder.until(event)
        if (isPaused) call.pause()
        const before = [...recorder.events]
        const closed = once(upstream.sockets[0] as NodeJS.EventEmitter, 'close')
        const abortedAt = performance.now()
        call.abort()
        await closed
        const tookMs = performance.now() - abortedAt
        assert.ok(tookMs < 250, `${tookMs} ms`)
        call.abort()
        call.resume()
        await new Promise(setImmediate)
        assert.deepEqual(recorder.events, before)
      })

  check('says nothing after an abort from inside of the handler', async client => {
    await using upstream = await Upstream.start(socket => socket.write(answerWith('abc')))
    for (const event of ['head', 'data']) {
      const { call, recorder } = send(client, upstream.url)
      recorder.onEvent = () => recorder.events.at(-1) === event && call.abort()
      await recorder.until(event)
      await sleep(20)
      assert.equal(recorder.events.at(-1), event)
    }
  })

  check('is not harmed by an abort, a pause and a resume after the end', async client => {
    await using upstream = await Upstream.start(socket => socket.write(answerWith('ok')))
    const { call, recorder } = send(client, upstream.url)
    await recorder.over()
    call.pause()
    call.resume()
    call.abort()
    assert.equal((await fetchAll(client, upstream.url)).text, 'ok')
    assert.deepEqual(recorder.events, ['head', 'data', 'end'])
  })

  check('holds body and end while paused from the head on', async client => {
    await using upstream = await Upstream.start(socket => socket.write(answerWith('abc')))
    const { call, recorder } = send(client, upstream.url)
    recorder.onEvent = event => event === 'head' && call.pause()
    await recorder.until('head')
    await sleep(20)
    assert.deepEqual(recorder.events, ['head'])
    call.resume()
    await recorder.over()
    assert.deepEqual([recorder.events, recorder.text], [['head', 'data', 'end'], 'abc'])
  })

  const stored = gzipSync(Buffer.alloc(32 * 1024 * 1024, 'x'), { level: 0 })
  const large: readonly (readonly [kind: string, header: string, body: Buffer])[] = [
    ['plain', 'X-Kind: plain', Buffer.alloc(32 * 1024 * 1024, 'x')],
    ['coded', 'Content-Encoding: gzip', stored],
  ]
  for (const [kind, header, body] of large)
    check(
      `stops reading a ${kind} body while paused, so that the upstream has to wait, and loses nothing`,
      async client => {
        const pour = new Pour(`HTTP/1.1 200 OK\r\n${header}\r\nContent-Length: ${body.length}\r\n\r\n`, body)
        await using upstream = await Upstream.start(socket => pour.into(socket))
        const { call, recorder } = send(client, upstream.url)
        await recorder.until('data')
        call.pause()
        await pour.stall()
        assert.ok(pour.written < body.length / 2, `${pour.written} of ${body.length} bytes written`)
        const held = recorder.chunks.length
        await sleep(20)
        assert.equal(recorder.chunks.length, held)
        call.resume()
        await recorder.over()
        assert.equal(recorder.events.at(-1), 'end')
        assert.equal(recorder.bytes, 32 * 1024 * 1024)
      },
    )

  const codings = { gzip: gzipSync, deflate: deflateSync, br: brotliCompressSync, zstd: zstdCompressSync }
  for (const [coding, encode] of Object.entries(codings))
    check(`takes ${coding} off a body that comes coded all the same`, async client => {
      const body = encode('data: hello\n\n')
      await using upstream = await Upstream.start(socket => {
        socket.write(`HTTP/1.1 200 OK\r\nA: 1\r\nContent-Encoding: ${coding}\r\nContent-Length: ${body.length}\r\n\r\n`)
        socket.write(body)
      })
      const { head, text, events } = await fetchAll(client, upstream.url)
      assert.equal(text, 'data: hello\n\n')
      assert.equal(head?.decoded, coding)
      assert.deepEqual(
        head?.headers.map(field => field.toLowerCase()),
        ['a', '1'],
      )
      assert.equal(events.at(-1), 'end')
    })

  for (const codings of ['gzip, br', 'compress'])
    check(`tells a body in ${codings} as a failure`, async client => {
      await using upstream = await Upstream.start(socket =>
        socket.write(answerWith('x', `Content-Encoding: ${codings}`)),
      )
      const { events, failure } = await fetchAll(client, upstream.url)
      assert.deepEqual(events, ['error'])
      assert.equal(failure?.message, `Cannot decode the answer: its content coding is "${codings}"`)
    })

  check('tells a damaged coded body as a failure', async client => {
    await using upstream = await Upstream.start(socket =>
      socket.write(answerWith('nonsense', 'Content-Encoding: gzip')),
    )
    const { events, failure } = await fetchAll(client, upstream.url)
    assert.deepEqual([events, failure?.code], [['head', 'error'], 'upstream'])
  })

  check('takes a coding without any body for an empty body', async client => {
    await using upstream = await Upstream.start(socket => socket.write(answerWith('', 'Content-Encoding: gzip')))
    assert.deepEqual((await fetchAll(client, upstream.url)).events, ['head', 'end'])
  })

  check('lets running calls end when it is closed, and takes no new ones', async client => {
    const asked = Promise.withResolvers<void>()
    await using upstream = await Upstream.start(() => asked.resolve())
    const { recorder } = send(client, upstream.url)
    await asked.promise
    const closed = client.close()
    const late = await fetchAll(client, upstream.url)
    assert.deepEqual([late.events, late.failure?.code], [['error'], 'cancelled'])
    upstream.sockets[0]?.write(answerWith('ok'))
    await recorder.over()
    await closed
    assert.equal(recorder.text, 'ok')
  })
}
