/** What a gateway captures of its exchanges, over real sockets. */
import assert from 'node:assert/strict'
import { hash } from 'node:crypto'
import { mkdtemp, readFile, rm, stat } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, suite, test } from 'node:test'
import { decodeCapture } from '../../src/capture/index.ts'
import type { ToldReport } from '../../src/gateway/capture-api.ts'
import { type Simulator, startSimulator } from '../../src/simulator/index.ts'
import type { GatewaySetup } from '../gateway.ts'
import { Program } from '../process.ts'
import { RawClient } from '../raw-client.ts'
import { DIALECTS, STREAMS } from '../simulated.ts'
import { chunksOf, filesIn, headOf, saidBy, startCapturing } from './captured.ts'

suite('a gateway captures', { concurrency: 2 }, () => {
  let simulator: Simulator
  before(async () => {
    simulator = await startSimulator()
  })
  after(() => simulator.close())

  test('nothing while it is off, and makes no folder', async () => {
    await using gateway = await startCapturing(simulator.url, { mode: 'off', folder: '/nowhere/millrace' })
    for (const settings of ['', 'fault=reset']) {
      const { id } = await gateway.ask('chat', settings, { headers: { 'x-millrace-capture': 'on' } })
      assert.equal(await gateway.file(id), 404)
    }
    assert.deepEqual(await filesIn('/nowhere'), [])
  })

  for (const dialect of DIALECTS)
    test(`what a client of ${dialect} asked and was answered, and what the upstream was asked and answered`, async () => {
      await using gateway = await startCapturing(simulator.url)
      const { id, text } = await gateway.ask(dialect)
      const capture = await gateway.capture(id)
      const [path, body] = STREAMS[dialect]
      assert.deepEqual([capture.id, capture.key, capture.upstreamName], [id, null, 'upstream'])
      assert.deepEqual(capture.dialects, { client: dialect, upstream: dialect })
      assert.deepEqual([capture.client?.method, capture.client?.url], ['POST', path])
      assert.equal(Buffer.from(capture.client?.body ?? []).toString(), JSON.stringify(body))
      assert.equal(capture.upstream?.url.replace('/v1beta', '/v1'), `${simulator.url}${path}`.replace('/v1beta', '/v1'))
      assert.equal(headOf(capture, 'upstream')?.status, 200)
      assert.ok(headOf(capture, 'client')?.headers.includes('x-millrace-request-id'))
      assert.equal(saidBy(capture, 'client').toString(), text)
      assert.equal(capture.report?.outcome, 'completed')
      assert.deepEqual(capture.steps.at(-1)?.type, 'end')
      const times = capture.steps.map(({ at }) => at)
      assert.deepEqual(
        times,
        times.toSorted((a, b) => a - b),
      )
    })

  test('both sides of a conversion, each in its own dialect', async () => {
    await using gateway = await startCapturing(simulator.url, { mode: 'all' }, converting(simulator.url))
    const { id, text } = await gateway.ask('messages')
    const capture = await gateway.capture(id)
    assert.deepEqual(capture.dialects, { client: 'messages', upstream: 'chat' })
    assert.equal(saidBy(capture, 'client').toString(), text)
    assert.match(text, /^event: message_start/)
    assert.match(saidBy(capture, 'upstream').toString(), /^data: .*chat\.completion\.chunk.*\[DONE\]\n\n$/s)
    assert.match(Buffer.from(capture.upstream?.body ?? []).toString(), /^\{.*"messages":/)
  })

  test('the reads of the upstream as they came', async () => {
    await using gateway = await startCapturing(simulator.url)
    const { id } = await gateway.ask('chat', 'delay=5,cut=7')
    const chunks = chunksOf(await gateway.capture(id), 'upstream')
    // A turn of the loop may join writes of the same moment, and does not join those of two.
    assert.ok(chunks.length > 10, `${chunks.length} reads`)
  })

  test('only what failed with `errors`, and of all else nothing stays in memory', async () => {
    await using gateway = await startCapturing(simulator.url, { mode: 'errors' })
    const good = await gateway.ask('chat')
    const bad = await gateway.ask('chat', 'fault=close')
    assert.equal((await gateway.capture(bad.id)).report?.outcome, 'truncated')
    assert.equal(await gateway.file(good.id), 404)
    assert.deepEqual(await filesIn(gateway.folder), [`${bad.id}.mlr.jsonl`])
  })

  test('what a client asks to have captured, and what it refuses to', async () => {
    await using gateway = await startCapturing(simulator.url, { mode: 'errors', onRequest: true })
    const wanted = await gateway.ask('chat', '', { headers: { 'x-millrace-capture': 'on' } })
    const refused = await gateway.ask('chat', 'fault=close', { headers: { 'x-millrace-capture': 'off' } })
    assert.equal((await gateway.capture(wanted.id)).report?.outcome, 'completed')
    assert.equal(await gateway.file(refused.id), 404)
    const [asked] = simulator.requests().filter(({ headers }) => headers.includes('x-millrace-capture'))
    assert.equal(asked, undefined)
  })

  test('only exchanges of the keys that are named, and shows each to its own key', async () => {
    const [ours, theirs] = ['a-client-key-of-ours', 'another-key-of-theirs']
    const capture = { mode: 'all', keys: [nameOf(ours), nameOf(theirs)] }
    await using gateway = await startCapturing(simulator.url, capture, {
      server: { keys: [ours, theirs, 'a-third-key-for-all'] },
    })
    const as = (key: string) => ({ headers: { authorization: `Bearer ${key}` } })
    const one = await gateway.ask('chat', '', as(ours))
    const third = await gateway.ask('chat', '', as('a-third-key-for-all'))
    assert.equal(await gateway.file(one.id), 401)
    assert.equal(await gateway.file(one.id, as(theirs).headers), 404)
    assert.equal(typeof (await gateway.file(one.id, as(ours).headers)), 'object')
    assert.equal(await gateway.file(third.id, as('a-third-key-for-all').headers), 404)
    assert.equal(await gateway.delete(one.id, as(theirs).headers), 404)
    assert.equal(await gateway.delete(one.id, as(ours).headers), 204)
    assert.equal(await gateway.file(one.id, as(ours).headers), 404)
  })

  test('in files that nobody else can read, and tells of them in reports', async () => {
    await using gateway = await startCapturing(simulator.url)
    const { id } = await gateway.ask('chat')
    await gateway.capture(id)
    const { mode } = await stat(join(gateway.folder, `${id}.mlr.jsonl`))
    assert.equal(mode & 0o777, 0o600)
    const list = async () => {
      const { streams } = (await (await fetch(`${gateway.url}/api/streams`)).json()) as { streams: ToldReport[] }
      return streams.map(({ hasCapture }) => hasCapture)
    }
    assert.deepEqual(await list(), [true])
    assert.equal(await gateway.delete(id), 204)
    assert.equal(await gateway.delete(id), 404)
    assert.deepEqual(await list(), [false])
    assert.deepEqual(await filesIn(gateway.folder), [])
  })

  test('nothing of an exchange whose capture is deleted while it runs', async () => {
    await using gateway = await startCapturing(simulator.url)
    const [path, body] = STREAMS.chat
    const client = await RawClient.post(portOf(gateway.url), path, body, stalling(gateway.url))
    await client.until(({ body }) => body.includes('data: '))
    const id = /x-millrace-request-id: (\S+)/.exec(client.head)?.[1] as string
    assert.equal(await gateway.delete(id), 204)
    client.leave()
    await gateway.report(id)
    assert.equal(await gateway.file(id), 404)
    assert.deepEqual(await filesIn(gateway.folder), [])
  })

  test('a client that leaves, up to where it left', async () => {
    await using gateway = await startCapturing(simulator.url)
    const [path, body] = STREAMS.messages
    const client = await RawClient.post(portOf(gateway.url), path, body, stalling(gateway.url))
    await client.until(({ body }) => body.includes('content_block_delta'))
    const id = /x-millrace-request-id: (\S+)/.exec(client.head)?.[1] as string
    client.leave()
    await gateway.report(id)
    const capture = await gateway.capture(id)
    assert.equal(capture.report?.outcome, 'cancelled')
    assert.match(saidBy(capture, 'upstream').toString(), /content_block_delta/)
    // We ended the upstream, not it: a replay stays open there.
    assert.equal(capture.steps.at(-1)?.type, 'chunk')
  })

  test('two exchanges at once, each in its own file', async () => {
    await using gateway = await startCapturing(simulator.url)
    const asked = DIALECTS.map(dialect => gateway.ask(dialect, 'delay=3'))
    for (const [at, { id, text }] of (await Promise.all(asked)).entries()) {
      const capture = await gateway.capture(id)
      assert.equal(capture.dialects.client, DIALECTS[at])
      assert.equal(saidBy(capture, 'client').toString(), text)
    }
  })

  test('as much as `maxBytes` allows, and tells what is left out', async () => {
    await using gateway = await startCapturing(simulator.url, { mode: 'all', maxBytes: 2000 })
    const padding = 'x'.repeat(5000)
    const { id, text } = await gateway.ask('chat', '', { body: { user: padding } })
    const capture = await gateway.capture(id)
    assert.equal(capture.client?.body.length, 1000)
    assert.ok((capture.client?.leftOut ?? 0) > 4000)
    const kept = saidBy(capture, 'upstream').length + saidBy(capture, 'client').length
    assert.equal(kept, 1000)
    assert.equal(saidBy(capture, 'client').length + capture.leftOut.client, Buffer.byteLength(text))
    assert.equal(saidBy(capture, 'upstream').length + capture.leftOut.upstream, capture.report?.bytesIn)
  })

  test('errors that an upstream answers with, whatever bytes they are', async () => {
    await using gateway = await startCapturing(simulator.url)
    const { id, status } = await gateway.ask('chat', 'status=500,body=binary')
    const capture = await gateway.capture(id)
    assert.equal(status, 500)
    assert.equal(headOf(capture, 'upstream')?.status, 500)
    assert.equal(saidBy(capture, 'upstream').toString('hex'), 'fffe00c32880')
    assert.match(await readFile(join(gateway.folder, `${id}.mlr.jsonl`), 'utf8'), /"base64":"\/\/4AwyiA"/)
  })

  test('all that has ended when its process is told to stop', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'millrace-stopped-'))
    const upstreams = { up: { dialects: { chat: `${simulator.url}/v1` } } }
    await using gateway = await Program.start(['serve', '--port', '0'], {
      ...{ upstreams, capture: { mode: 'all', folder } },
      ...{ ledger: { url: 'off' }, log: { level: 'silent' } },
    })
    const url = await gateway.url()
    const [path, body] = STREAMS.chat
    const headers = { 'content-type': 'application/json' }
    for (let n = 0; n < 20; n++)
      await (await fetch(`${url}${path}`, { method: 'POST', headers, body: JSON.stringify(body) })).text()
    gateway.kill('SIGTERM')
    assert.deepEqual(await gateway.exit, [0, null])
    const files = await filesIn(folder)
    assert.equal(files.length, 20)
    for (const file of files) {
      const { report } = decodeCapture(await readFile(join(folder, file)))
      assert.equal(report?.outcome, 'completed')
    }
    await rm(folder, { recursive: true })
  })
})

/** An upstream that speaks chat only. */
function converting(url: string): GatewaySetup {
  return { upstream: { dialects: { chat: `${url}/v1` } } }
}

/** Headers for a call whose answer stops after its first event with content. */
function stalling(url: string): Readonly<Record<string, string>> {
  return { host: new URL(url).host, 'content-type': 'application/json', 'x-sim': 'fault=stall,at=first' }
}

function portOf(url: string): number {
  return Number(new URL(url).port)
}

function nameOf(key: string): string {
  return hash('sha256', key).slice(0, 8)
}
