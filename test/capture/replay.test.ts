/** What was captured can be played again, and becomes a test. */
import assert from 'node:assert/strict'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { after, before, suite, test } from 'node:test'
import { type Capture, decodeCapture } from '../../src/capture/index.ts'
import { type Simulator, startSimulator } from '../../src/simulator/index.ts'
import { eventually } from '../eventually.ts'
import { type GatewaySetup, startTestGateway } from '../gateway.ts'
import { blocksOf } from '../package/markdown.ts'
import { runProgram } from '../package/program.ts'
import { Program } from '../process.ts'
import { RawClient } from '../raw-client.ts'
import { DIALECTS, ManualClock, STREAMS } from '../simulated.ts'
import { type CapturingGateway, chunksOf, headOf, saidBy, startCapturing } from './captured.ts'
import { startScriptedUpstream } from './scripted-upstream.ts'

const MAIN = resolve(import.meta.dirname, '../../src/cli/main.ts')

const VERSIONS = { chat: '/v1', responses: '/v1', messages: '/v1', gemini: '/v1beta' }

/** Ways of an upstream to end, and how a client of it sees that. */
const ENDS = [
  ['', 'whole'],
  ['status=429', 'whole'],
  ['shape=whole', 'whole'],
  ['fault=close', 'whole'],
  ['fault=torn', 'whole'],
  ['fault=error', 'whole'],
  ['fault=fin', 'end'],
  ['fault=badchunk', 'end'],
  ['fault=reset', 'reset'],
  ['fault=fin,at=accept', 'end'],
] as const

suite('a captured exchange', { concurrency: 2 }, () => {
  let simulator: Simulator
  let gateway: CapturingGateway
  before(async () => {
    simulator = await startSimulator()
    gateway = await startCapturing(simulator.url)
  })
  after(async () => {
    await gateway[Symbol.asyncDispose]()
    await simulator.close()
  })

  for (const dialect of DIALECTS)
    for (const [settings, ending] of ENDS)
      test(`of ${dialect} with "${settings}" is played as it was, and comes to the same report`, async () => {
        const { id } = await gateway.ask(dialect, settings)
        const capture = await gateway.capture(id)
        const replayed = await startSimulator({ captured: { capture, speed: 0 } })

        const client = await askRaw(replayed, dialect)
        await client.until(({ ending, body, hasLastChunk }) => {
          return ending !== 'open' || hasLastChunk || (body !== '' && body.length >= lengthIn(client))
        })
        assert.deepEqual(client.bodyBytes, saidBy(capture, 'upstream'))
        if (/^transfer-encoding/im.test(client.head)) {
          const reads = chunksOf(capture, 'upstream').map(bytes => Buffer.from(bytes).toString('latin1'))
          assert.deepEqual(client.chunks, reads)
        }
        if (ending !== 'whole') assert.equal((await client.closed()).ending, ending)
        assert.equal(client.status, headOf(capture, 'upstream')?.status ?? Number.NaN)
        client.leave()

        assertSameEnd(await throughGateway(replayed, dialect), capture)
        await replayed.close()
      })

  for (const [client, upstream] of [
    ['messages', 'chat'],
    ['responses', 'messages'],
    ['chat', 'gemini'],
    ['gemini', 'responses'],
  ] as const)
    test(`of an upstream of ${upstream} comes to a client of ${client} as it did`, async () => {
      const setup = (url: string) => ({ upstream: { dialects: { [upstream]: `${url}${VERSIONS[upstream]}` } } })
      await using converting = await startCapturing(simulator.url, { mode: 'errors' }, setup(simulator.url))
      for (const settings of ['fault=close', 'fault=error', 'status=529']) {
        const capture = await converting.capture((await converting.ask(client, settings)).id)
        assert.deepEqual(capture.dialects, { client, upstream })
        const replayed = await startSimulator({ captured: { capture, speed: 0 } })
        assertSameEnd(await throughGateway(replayed, client, setup(replayed.url)), capture)
        await replayed.close()
      }
    })

  test('is played with the times that it had, twice as fast', async () => {
    const { id } = await gateway.ask('messages', 'head=20,first=30,delay=7,fault=reset')
    const capture = await gateway.capture(id)
    const clock = new ManualClock()
    const replayed = await startSimulator({ captured: { capture, speed: 2 }, clock })
    const client = await askRaw(replayed, 'messages')
    const times: number[] = []
    while (client.ending === 'open') {
      const waitMs = await eventually(() => (client.ending === 'open' ? clock.nextMs : 0))
      if (waitMs > 0) times.push(clock.now() + waitMs)
      clock.pass(waitMs)
    }
    const ofUpstream = capture.steps.filter(step => step.type === 'end' || step.side === 'upstream')
    const expected = [...new Set(ofUpstream.map(({ at }) => at / 2))]
    assert.ok(expected.length > 5 && (expected[0] as number) >= 10, expected.join())
    assert.deepEqual([...new Set(times.map(toTenths))], [...new Set(expected.map(toTenths))])
    assert.deepEqual(client.bodyBytes, saidBy(capture, 'upstream'))
    await replayed.close()
  })

  test('of bytes that are no UTF-8, cut inside of characters, is played byte for byte', async () => {
    const pieces = ['646174613a207bf0', '9fa7', 'aac3a97d0a0a', 'fffe800a0a', '646174613a205b444f4e455d0a0a']
    await using upstream = await startScriptedUpstream([
      { head: { status: 200, headers: ['content-type', 'text/event-stream'] } },
      ...pieces.map(hex => ({ write: Buffer.from(hex, 'hex'), pauseMs: 20 })),
      { end: 'end' },
    ])
    await using gateway = await startCapturing(upstream.url)
    const { id } = await gateway.ask('chat')
    const capture = await gateway.capture(id)
    assert.deepEqual(
      chunksOf(capture, 'upstream').map(bytes => Buffer.from(bytes).toString('hex')),
      pieces,
    )
    const replayed = await startSimulator({ captured: { capture, speed: 0 } })
    const client = await (await askRaw(replayed, 'chat')).answered()
    assert.deepEqual(
      client.chunks.map(chunk => Buffer.from(chunk, 'latin1').toString('hex')),
      pieces,
    )
    client.leave()
    await replayed.close()
  })

  test('of a process is exported by the command, and becomes a test that passes', async () => {
    await using folder = await temporaryFolder()
    const captures = join(folder.path, 'captures')
    const dialects = { chat: `${simulator.url}/v1` }
    const ledger = { url: join(folder.path, 'ledger.sqlite') }
    const config = { upstreams: { up: { dialects } }, capture: { mode: 'errors', folder: captures }, ledger }
    await using process = await Program.start(['serve', '--port', '0'], config)
    const url = await process.url()
    const torn = await idOf(url, 'fault=close')
    const record = () => Program.run(['record', torn.slice(0, 8)], config)
    const { stdout: file } = await eventually(async () => {
      const run = await record()
      return run.code === 0 ? run : undefined
    })
    assert.equal(decodeCapture(Buffer.from(file)).report?.outcome, 'truncated')
    const shown = await Program.run(['show', torn, '--no-json'], config)
    assert.match(shown.stdout, /^outcome +truncated.*^captured: `millrace record [0-9a-f-]{36}` prints the file/ms)

    await writeFile(join(folder.path, 'torn.mlr.jsonl'), file)
    assert.deepEqual(await runRecipe(folder.path), 0)
    // A recipe that cannot fail proves nothing: the same answer, with its end.
    await writeFile(join(folder.path, 'torn.mlr.jsonl'), mended(file))
    assert.deepEqual(await runRecipe(folder.path), 1)
  })
})

function askRaw({ port }: Simulator, dialect: (typeof DIALECTS)[number]): Promise<RawClient> {
  const [path, body] = STREAMS[dialect]
  return RawClient.post(port, path, body)
}

/** What the head says of the body's length. */
function lengthIn({ head }: RawClient): number {
  return Number(/^content-length: (\d+)/im.exec(head)?.[1] ?? Number.POSITIVE_INFINITY)
}

async function throughGateway(replayed: Simulator, dialect: (typeof DIALECTS)[number], setup?: GatewaySetup) {
  const gateway = await startTestGateway(replayed.url, setup)
  const [path, body] = STREAMS[dialect]
  const headers = { 'content-type': 'application/json' }
  const response = await fetch(`${gateway.url}${path}`, { method: 'POST', headers, body: JSON.stringify(body) })
  const text = await response.text().catch(() => '')
  const report = await gateway.report(response.headers.get('x-millrace-request-id'))
  await gateway.close()
  return { text, report }
}

function assertSameEnd({ report }: Awaited<ReturnType<typeof throughGateway>>, { report: captured }: Capture): void {
  const told = ({ outcome, status, finish, error, usage, bytesIn }: NonNullable<Capture['report']>) => {
    return { outcome, status, finish, code: error?.code, usage, bytesIn }
  }
  assert.deepEqual(told(report), told(captured as NonNullable<Capture['report']>))
}

/** Asks, and gives the exchange's id. */
async function idOf(url: string, settings: string): Promise<string> {
  const headers = { 'content-type': 'application/json', 'x-sim': settings }
  const [path, body] = STREAMS.chat
  const response = await fetch(`${url}${path}`, { method: 'POST', headers, body: JSON.stringify(body) })
  await response.text().catch(() => '')
  return response.headers.get('x-millrace-request-id') as string
}

/** The file with the end that the answer lacked. */
function mended(file: string): string {
  const lines = file.split('\n')
  const at = lines.findIndex(line => line.startsWith('{"type":"end"'))
  const end = { type: 'chunk', at: 1, from: 'upstream', text: 'data: [DONE]\n\n' }
  return lines.toSpliced(at, 0, JSON.stringify(end)).join('\n')
}

/** Runs the test of docs/capture.md beside the file; its exit code. */
async function runRecipe(folder: string): Promise<number | string> {
  const [recipe] = blocksOf('docs/capture.md', 'ts')
  await writeFile(join(folder, 'torn.test.ts'), recipe as string)
  await writeFile(join(folder, 'package.json'), '{"type":"module"}')
  // The command as a package's scripts find it.
  const bin = join(folder, 'millrace')
  await writeFile(bin, `#!/bin/sh\nexec "${process.execPath}" "${MAIN}" "$@"\n`, { mode: 0o755 })
  const line = `unset NODE_TEST_CONTEXT; PATH="${folder}:$PATH" exec "${process.execPath}" torn.test.ts`
  return (await runProgram('sh', ['-c', line], folder)).code
}

/** Sums of fractions differ in their last digits. */
function toTenths(ms: number): number {
  return Math.round(ms * 10)
}

async function temporaryFolder() {
  const path = await mkdtemp(join(tmpdir(), 'millrace-recipe-'))
  return { path, [Symbol.asyncDispose]: () => rm(path, { recursive: true }) }
}
