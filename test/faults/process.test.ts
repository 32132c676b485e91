/** The gateway as a process: how it stops, and what it says when it cannot start. */
import assert from 'node:assert/strict'
import { createServer } from 'node:net'
import { after, before, suite, test } from 'node:test'
import type { DialectName } from '../../src/dialects/index.ts'
import { type Simulator, startSimulator } from '../../src/simulator/index.ts'
import { eventually } from '../eventually.ts'
import { Program } from '../process.ts'
import { RawClient } from '../raw-client.ts'
import { DIALECTS } from '../simulated.ts'
import { WORDS } from './endings.ts'
import { ask, heardBy, type Told } from './sdks.ts'

suite('the process', { concurrency: 3 }, () => {
  let simulator: Simulator
  before(async () => {
    simulator = await startSimulator()
  })
  after(() => simulator.close())

  test('lets streams finish after SIGTERM, refuses new ones, and exits with 0', async () => {
    await using gateway = await serve(simulator, 30_000)
    const url = await gateway.url()
    const running = begin(url, 'drained', 'words=120,delay=50')
    const late = await RawClient.send(portOf(url), `POST /v1/messages HTTP/1.1\r\nhost: ${new URL(url).host}\r\n`)
    await streaming(simulator, 'drained')
    // Answered after what came before: the half of a request has been read, and its connection is not idle.
    await (await fetch(`${url}/health`)).text()
    gateway.kill('SIGTERM')
    await eventually(() => isRefusing(url))
    late.write('content-type: application/json\r\ncontent-length: 2\r\n\r\n{}')
    await late.closed()
    assert.equal(late.status, 503)
    assert.match(late.head, /^retry-after: 1$/im)
    assert.equal(JSON.parse(late.body).error.type, 'overloaded_error')

    for (const told of await running) assert.equal(told.error, undefined)
    assert.deepEqual(await gateway.exit, [0, null])
    assert.equal(gateway.stderr.match(/"outcome":"completed"/g)?.length, 4)
  })

  test('ends streams with an error in their dialect when the drain budget is spent', async () => {
    await using gateway = await serve(simulator, 400)
    const running = begin(await gateway.url(), 'cut', 'words=10000,delay=20')
    const asked = begin(await gateway.url(), 'unanswered', 'fault=nohead')
    await streaming(simulator, 'cut')
    await streaming(simulator, 'unanswered', 0)
    gateway.kill('SIGTERM')
    for (const [at, told] of (await running).entries()) assertStopped(DIALECTS[at] as DialectName, told, 200)
    for (const [at, told] of (await asked).entries()) assertStopped(DIALECTS[at] as DialectName, told, 503)
    assert.deepEqual(await gateway.exit, [0, null])
    assert.equal(gateway.stderr.match(/"outcome":"cancelled"/g)?.length, 8)
  })

  for (const signal of ['SIGTERM', 'SIGINT'] as const)
    test(`ends at once at the second ${signal}`, async () => {
      await using gateway = await serve(simulator, 600_000)
      const url = await gateway.url()
      const running = begin(url, signal, 'words=10000,delay=20')
      await streaming(simulator, signal)
      gateway.kill(signal)
      await eventually(() => isRefusing(url))
      const before = performance.now()
      gateway.kill(signal)
      assert.deepEqual(await gateway.exit, [130, null])
      assert.ok(performance.now() - before < 2000)
      for (const { error } of await running) assert.ok(error instanceof Error)
    })

  test('exits with 0 at once when there is nothing to wait for', async () => {
    await using gateway = await serve(simulator, 600_000)
    await gateway.url()
    gateway.kill('SIGTERM')
    assert.deepEqual(await gateway.exit, [0, null])
  })

  test('says that the port is in use, and exits with 1', async () => {
    const holder = createServer().listen(0, '127.0.0.1')
    await eventually(() => holder.listening || undefined)
    const { port } = holder.address() as { port: number }
    await using gateway = await Program.start(['serve', '--port', `${port}`])
    assert.deepEqual(await gateway.exit, [1, null])
    assert.match(gateway.stderr, new RegExp(`^millrace: .*127\\.0\\.0\\.1:${port}: the port is in use: .*\n$`))
    assert.equal(gateway.stdout, '')
    holder.close()
  })

  test('refuses to listen to the network without keys, and exits with 2', async () => {
    await using gateway = await Program.start(['serve', '--host', '0.0.0.0'])
    assert.deepEqual(await gateway.exit, [2, null])
    assert.match(gateway.stderr, /keys/)
  })
})

function serve({ url }: Simulator, drainMs: number): Promise<Program> {
  const dialects = { chat: `${url}/v1`, responses: `${url}/v1`, messages: `${url}/v1`, gemini: `${url}/v1beta` }
  return Program.start(['serve', '--config', 'millrace.yaml', '--port', '0'], {
    upstreams: { simulator: { dialects } },
    models: [{ match: '*', upstream: 'simulator' }],
    timeouts: { drainMs },
  })
}

/** A stream in each dialect. */
function begin(url: string, name: string, settings: string): Promise<readonly Told[]> {
  const headers = { 'x-sim': settings, 'x-case': name }
  return Promise.all(DIALECTS.map(dialect => ask(dialect, { url, model: 'sim/story', headers })))
}

/** Resolves when all streams of that name have come so far. */
async function streaming(simulator: Simulator, name: string, leastFrames = 6): Promise<void> {
  await eventually(() => {
    const named = simulator.requests().filter(({ headers }) => headers.includes(name))
    return named.length === DIALECTS.length && named.every(({ frames }) => frames >= leastFrames) ? true : undefined
  })
}

async function isRefusing(url: string): Promise<true | undefined> {
  return fetch(`${url}/health`).then(
    () => undefined,
    () => true,
  )
}

function assertStopped(dialect: DialectName, told: Told, status: number): void {
  assert.equal(told.status, status)
  assert.equal(heardBy(dialect, told), WORDS.stopped[dialect])
}

function portOf(url: string): number {
  return Number(new URL(url).port)
}
