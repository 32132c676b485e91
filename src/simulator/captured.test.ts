import assert from 'node:assert/strict'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { suite, test } from 'node:test'
import { eventually } from '../../test/eventually.ts'
import { RawClient } from '../../test/raw-client.ts'
import { reportOf } from '../../test/reports.ts'
import { ManualClock, STREAMS } from '../../test/simulated.ts'
import { type Capture, decodeCapture } from '../capture/index.ts'
import { startSimulator } from './index.ts'

const SUBJECT = {
  ...{ type: 'capture', version: 1, id: 'x-1', time: '2026-11-03T09:12:55.120Z', key: null },
  ...{ client: { dialect: 'messages' }, upstream: { name: 'up', dialect: 'chat' } },
}
const ASKED = [
  { type: 'request', from: 'client', method: 'POST', url: '/v1/messages', headers: [], text: '{}' },
  { type: 'request', to: 'upstream', method: 'POST', url: 'http://up.test/openai/v1/chat/completions', headers: [] },
]
const HEAD = {
  ...{ type: 'head', at: 100, from: 'upstream', status: 200 },
  headers: ['Content-Type', 'text/event-stream', 'x-own', '1', 'Transfer-Encoding', 'chunked'],
}
const REPORT = { type: 'report', report: reportOf('completed') }

function captureOf(lines: readonly object[], last: object = REPORT): Capture {
  const all = [SUBJECT, ...ASKED, ...lines, last]
  return decodeCapture(Buffer.from(all.map(line => `${JSON.stringify(line)}\n`).join('')))
}

function chunk(at: number, text: string): object {
  return { type: 'chunk', at, from: 'upstream', text }
}

async function replay(capture: Capture, speed = 1, clock = new ManualClock()) {
  const simulator = await startSimulator({ captured: { capture, speed }, clock })
  const ask = (path: string = STREAMS.chat[0]) => RawClient.post(simulator.port, path, {})
  return { simulator, clock, ask, [Symbol.asyncDispose]: () => simulator.close() }
}

/** What the replay waits for next, from the last thing that it did. */
function nextWait(clock: ManualClock): Promise<number> {
  return eventually(() => clock.nextMs)
}

suite('a captured exchange', { concurrency: 4 }, () => {
  test('is answered with its head, its bytes in their writes, each at its time, and its end', async () => {
    const lines = [
      HEAD,
      chunk(140, 'data: {}\n'),
      chunk(150, '\nda'),
      { type: 'chunk', at: 150, from: 'upstream', base64: '/w==' },
    ]
    await using replayed = await replay(captureOf([...lines, { type: 'end', at: 900, from: 'upstream' }]))
    const { clock, ask } = replayed
    const client = await ask()
    for (const [waitMs, chunks] of [
      [100, 0],
      [40, 1],
      [10, 3],
    ] as const) {
      assert.equal(await nextWait(clock), waitMs)
      clock.pass(waitMs)
      await client.until(({ received, chunks: { length } }) => received !== '' && length >= chunks)
      assert.equal(client.chunks.length, chunks)
    }
    assert.deepEqual(client.chunks, ['data: {}\n', '\nda', '\xff'])
    assert.equal(await nextWait(clock), 750)
    clock.pass(750)
    await client.answered()
    assert.match(client.head, /^HTTP\/1\.1 200 OK\r\nContent-Type: text\/event-stream\r\nx-own: 1\r\n/)
  })

  test('is played faster by its speed, and without a wait at 0', async () => {
    const capture = captureOf([HEAD, chunk(300, 'data: {}\n\n'), { type: 'end', at: 300, from: 'upstream' }])
    await using twice = await replay(capture, 2)
    await twice.ask()
    assert.equal(await nextWait(twice.clock), 50)
    twice.clock.pass(50)
    assert.equal(await nextWait(twice.clock), 100)
    await using atOnce = await replay(capture, 0)
    assert.deepEqual((await (await atOnce.ask()).answered()).chunks, ['data: {}\n\n'])
  })

  const RESET = { code: 'upstream', transport: 'ECONNRESET', message: 'Cannot read' }
  const CLOSED = { code: 'upstream', transport: 'UND_ERR_SOCKET', message: 'Cannot read' }
  for (const [name, error, ending] of [
    ['broken', RESET, 'reset'],
    ['closed', CLOSED, 'end'],
  ] as const)
    test(`is ${name} where it was`, async () => {
      const end = { type: 'end', at: 100, from: 'upstream', error }
      await using replayed = await replay(captureOf([HEAD, chunk(100, 'data: '), end]), 0)
      const client = await (await replayed.ask()).closed()
      assert.deepEqual([client.chunks, client.hasLastChunk, client.ending], [['data: '], false, ending])
      // Before any head too.
      await using headless = await replay(captureOf([end]), 0)
      const nothing = await (await headless.ask()).closed()
      assert.deepEqual([nothing.received, nothing.ending], ['', ending])
    })

  test('stays open where it was left open, and is cut where its bytes are missing', async () => {
    await using open = await replay(captureOf([HEAD, chunk(100, 'data: ')]), 0)
    const waiting = await (await open.ask()).until(({ chunks }) => chunks.length === 1)
    assert.equal(waiting.ending, 'open')
    waiting.leave()
    const missing = { type: 'left-out', upstream: 10, client: 0 }
    await using short = await replay(captureOf([HEAD, chunk(100, 'data: '), missing]), 0)
    assert.equal((await (await short.ask()).closed()).hasLastChunk, false)
    await using torn = await replay(captureOf([HEAD, chunk(100, 'data: ')], { type: 'unknown' }), 0)
    assert.equal((await (await torn.ask()).closed()).hasLastChunk, false)
  })

  test('that is whole has its length, as it is sent', async () => {
    const head = { ...HEAD, status: 429, headers: ['content-length', '999', 'retry-after', '3'] }
    const lines = [head, chunk(100, '{"error":'), chunk(100, '"é"}'), { type: 'end', at: 100, from: 'upstream' }]
    await using replayed = await replay(captureOf(lines), 0)
    const client = await (await replayed.ask()).until(({ body }) => body.endsWith('}'))
    assert.match(client.head, /^HTTP\/1\.1 429 .*retry-after: 3\r\ncontent-length: 14/s)
  })

  test('answers every call of its dialect and its own path, and nothing else', async () => {
    await using replayed = await replay(captureOf([HEAD, { type: 'end', at: 100, from: 'upstream' }]), 0)
    for (const path of ['/v1/chat/completions?x=1', '/openai/v1/chat/completions'])
      assert.equal((await (await replayed.ask(path)).answered()).status, 200, path)
    const other = await (await replayed.ask('/v1/messages')).until(({ body }) => body.endsWith('}'))
    assert.equal(other.status, 404)
    assert.match(JSON.parse(other.body).error.message, /captured of chat, at \/openai\/v1\/chat\/completions$/)
  })

  test('of a folder is a model of the simulator, with `speed` as its setting', async () => {
    const replayDir = await mkdtemp(join(tmpdir(), 'millrace-replays-'))
    const lines = [SUBJECT, ...ASKED, HEAD, chunk(200, 'data: [DONE]\n\n'), { type: 'end', at: 200, from: 'upstream' }]
    const text = [...lines, REPORT].map(line => JSON.stringify(line)).join('\n')
    await writeFile(join(replayDir, 'torn-answer.mlr.jsonl'), text)
    const simulator = await startSimulator({ replayDir })
    const body = (model: string) => ({ ...STREAMS.chat[1], model })
    const ask = (path: string, model: string) => RawClient.post(simulator.port, path, body(model))
    const played = await (await ask(STREAMS.chat[0], 'replay/torn-answer?speed=0')).answered()
    assert.deepEqual(played.chunks, ['data: [DONE]\n\n'])
    const wrong = await ask(STREAMS.messages[0], 'replay/torn-answer')
    await wrong.until(({ body }) => body.endsWith('}'))
    assert.match(wrong.body, /captured of chat, this is a request of messages/)
    await simulator.close()
    await rm(replayDir, { recursive: true })
  })

  test('without an upstream cannot be played', async () => {
    const lines = [SUBJECT, ASKED[0], REPORT].map(line => JSON.stringify(line)).join('\n')
    const captured = { capture: decodeCapture(Buffer.from(lines)), speed: 1 }
    await assert.rejects(startSimulator({ captured }), { message: 'Cannot replay the capture: no upstream was asked' })
  })
})
