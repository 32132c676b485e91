/** Pace and pieces of an answer, seen from the other end of the socket. */
import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { brotliDecompressSync, gunzipSync, zstdDecompressSync } from 'node:zlib'
import { RawClient } from '../../test/raw-client.ts'
import { ask, DIALECTS, eventsOf, ManualClock, STREAMS, USER } from '../../test/simulated.ts'
import type { DialectName } from '../dialects/index.ts'
import { startSimulator } from './index.ts'

const simulator = await startSimulator()
after(() => simulator.close())

async function bodyOf(dialect: DialectName, settings: string): Promise<string> {
  return (await (await ask(simulator, dialect, settings)).answered()).body
}

for (const dialect of DIALECTS) {
  test(`${dialect}: the same bytes at every cut`, async () => {
    const uncut = await bodyOf(dialect, '')
    for (const cut of ['1', '7', '4096', 'random', 'all']) assert.equal(await bodyOf(dialect, `cut=${cut}`), uncut, cut)
  })

  test(`${dialect}: only line ends differ between eol=lf, crlf and cr`, async () => {
    const lf = await bodyOf(dialect, 'eol=lf')
    assert.ok(!lf.includes('\r'))
    assert.equal(await bodyOf(dialect, 'eol=crlf'), lf.replaceAll('\n', '\r\n'))
    assert.equal(await bodyOf(dialect, 'eol=cr'), lf.replaceAll('\n', '\r'))
    assert.equal(await bodyOf(dialect, ''), await bodyOf(dialect, dialect === 'gemini' ? 'eol=crlf' : 'eol=lf'))
  })

  test(`${dialect}: lastblank=no takes the last blank line away`, async () => {
    for (const eol of ['lf', 'crlf', 'cr']) {
      const whole = await bodyOf(dialect, `eol=${eol}`)
      assert.equal(await bodyOf(dialect, `eol=${eol},lastblank=no`), whole.slice(0, eol === 'crlf' ? -2 : -1))
    }
  })

  test(`${dialect}: comments and pings stand between events`, async () => {
    const events = eventsOf(await bodyOf(dialect, 'eol=lf'))
    const filled = eventsOf(await bodyOf(dialect, 'eol=lf,comments=yes,pings=yes'))
    assert.equal(filled.length, events.length * 3)
    assert.deepEqual(
      filled.filter((_, at) => at % 3 === 2),
      events,
    )
    assert.equal(filled[0], ': simulated\n\n')
  })
}

test('each event is a write of its own, unless it is cut otherwise', async () => {
  const writes = async (settings: string) => {
    const { chunks } = await (await ask(simulator, 'chat', settings)).answered()
    return chunks.map(chunk => Buffer.from(chunk, 'latin1').toString())
  }
  const events = eventsOf(await bodyOf('chat', ''))
  assert.deepEqual(await writes(''), events)
  assert.ok((await writes('cut=1')).every(({ length }) => length === 1))
  assert.ok((await writes('cut=random')).every(({ length }) => length <= 64))
  assert.deepEqual(await writes('cut=all'), [events.join('')])
})

test('nodone leaves [DONE] out', async () => {
  assert.equal(await bodyOf('chat', 'nodone=yes'), (await bodyOf('chat', '')).replace('data: [DONE]\n\n', ''))
})

test('head, first and delay are times to wait', async () => {
  const clock = new ManualClock()
  const slow = await startSimulator({ clock })
  const client = await ask(slow, 'gemini', 'head=100,first=2000,delay=30')
  const pass = async (ms: number) => {
    while (clock.nextMs === undefined) await new Promise(setImmediate)
    assert.equal(clock.nextMs, ms)
    clock.pass(ms)
  }
  await pass(100)
  await client.until(({ status }) => status === 200)
  assert.equal(client.body, '')
  await pass(2000)
  await client.until(({ body }) => eventsOf(body).length === 1)
  await pass(30)
  await client.until(({ body }) => eventsOf(body).length === 2)
  assert.equal(slow.requests()[0]?.headMs, 100)
  await slow.close()
  assert.equal(clock.nextMs, undefined)
})

test('a fault waits as the next event would', async () => {
  const clock = new ManualClock()
  const slow = await startSimulator({ clock })
  const client = await ask(slow, 'gemini', 'cut=all,first=2000,delay=30,fault=reset,at=first')
  for (const ms of [2000, 30]) {
    while (clock.nextMs === undefined) await new Promise(setImmediate)
    assert.equal(clock.nextMs, ms)
    clock.pass(ms)
  }
  await client.closed()
  assert.deepEqual([eventsOf(client.body).length, client.ending], [1, 'reset'])
  await slow.close()
})

test('words says how long the story is', async () => {
  const [path, body] = STREAMS.chat
  for (const words of [0, 1, 1000]) {
    const model = `sim/story?words=${words}`
    const client = await (await RawClient.post(simulator.port, path, { ...body, model })).answered()
    assert.equal(eventsOf(client.body).length, words + 3)
  }
})

const DECODE = { gzip: gunzipSync, br: brotliDecompressSync, zstd: zstdDecompressSync }

test('a compressed answer that a fault ended keeps nobody waiting', async () => {
  const closing = await startSimulator()
  await (await ask(closing, 'chat', 'encoding=gzip,fault=close')).answered()
  await closing.close()
})

for (const encoding of ['gzip', 'br', 'zstd'] as const) {
  test(`encoding=${encoding} compresses a stream, a whole body and an error`, async () => {
    const stream = await (await ask(simulator, 'messages', `encoding=${encoding},cut=5`)).answered()
    assert.match(stream.head, new RegExp(`^content-encoding: ${encoding}`, 'm'))
    assert.equal(`${DECODE[encoding](stream.bodyBytes)}`, await bodyOf('messages', ''))
    for (const settings of ['shape=whole', 'status=500']) {
      const client = await (await ask(simulator, 'messages', `encoding=${encoding},${settings}`)).answered()
      assert.equal(typeof JSON.parse(`${DECODE[encoding](client.bodyBytes)}`), 'object')
    }
  })
}

test('Gemini streams a JSON array without alt=sse', async () => {
  const [path, body] = STREAMS.gemini
  const client = await (await RawClient.post(simulator.port, path.replace('?alt=sse', ''), body)).answered()
  assert.match(client.head, /^content-type: application\/json; charset=UTF-8/m)
  const datas = eventsOf(await bodyOf('gemini', '')).map(event => JSON.parse(event.slice(6)))
  assert.deepEqual(JSON.parse(client.body), datas)
})

test('shape=whole answers a stream with JSON, shape=stream a whole request with events', async () => {
  const whole = await ask(simulator, 'chat', 'shape=whole')
  await whole.until(({ body }) => body.endsWith('}}}'))
  assert.match(whole.head, /^content-type: application\/json$/m)
  assert.equal(JSON.parse(whole.body).object, 'chat.completion')
  whole.leave()
  const body = { model: 'sim/length', messages: [{ role: 'user', content: USER }] }
  const settings = { 'x-sim': 'shape=stream' }
  const stream = await (await RawClient.post(simulator.port, '/v1/chat/completions', body, settings)).answered()
  assert.equal(stream.body, await bodyOf('chat', ''))
})
