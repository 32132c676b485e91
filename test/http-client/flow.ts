/** How every client is paused, resumed, aborted and closed. */
import assert from 'node:assert/strict'
import { once } from 'node:events'
import { setTimeout as sleep } from 'node:timers/promises'
import { gzipSync } from 'node:zlib'
import { fetchAll, send } from './recorder.ts'
import type { Check } from './suite.ts'
import { answerWith, CHUNKED, chunk, Pour, Upstream } from './upstream.ts'

export function checkFlow(check: Check): void {
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
