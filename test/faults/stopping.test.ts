/** Answers on their way through the hub that are stopped from this side, and clients that ask again after an error. */
import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { buffer } from 'node:stream/consumers'
import { after, before, suite, test } from 'node:test'
import type { StreamReport } from '../../src/observe/index.ts'
import { DeferredStreaming } from '../../src/streaming/index.ts'
import { eventually } from '../eventually.ts'
import { pathOf } from '../sdk/raw.ts'
import { WORDS } from './endings.ts'
import { type House, startHouse } from './house.ts'
import { ask, heardBy, type Told } from './sdks.ts'
import { CONVERTED, CROSSING, isStreamed, modelOf, rulesFor, titleOf, type Way, wantsOf } from './ways.ts'

const WAYS = [...CONVERTED.stream, ...CONVERTED.whole]

const models = rulesFor({ mill: {} })

function tell({ url }: House, way: Way, settings: string, wants = wantsOf(way)): Promise<Told> {
  const headers = { 'x-sim': settings, 'x-case': titleOf(way) }
  return ask(way.client, { url, model: modelOf(way, 'mill'), headers }, wants)
}

test('the end of the gateway is told in the dialect of the client, in the stream or by a status', async () => {
  const house = await startHouse({ models, timeouts: { drainMs: 200, headHoldMs: 20 } })
  const telling = WAYS.map(way => tell(house, way, isStreamed(way) ? 'words=10000,delay=20' : 'fault=stall,at=middle'))
  await underway(house, WAYS, 6)
  await house.stop()
  for (const [at, told] of (await Promise.all(telling)).entries()) {
    const way = WAYS[at] as Way
    assert.equal(told.status, way.shape === 'stream' ? 200 : 503, titleOf(way))
    assert.equal(heardBy(way.client, told), WORDS.stopped[way.client], titleOf(way))
  }
  assert.deepEqual(outcomes(house), new Set(['cancelled']))
  await eventually(() => house.simulator.requests().every(({ hungUp }) => hungUp) || undefined)
  await house.close()
})

test('an answer that has its finish is told to its end when the gateway ends', async () => {
  const ways = WAYS.filter(isStreamed)
  const house = await startHouse({ models, timeouts: { drainMs: 200, trailerMs: 60_000 } })
  const telling = ways.map(way => tell(house, way, 'words=6,fault=stall,at=finish'))
  await underway(house, ways, 7)
  await house.stop()
  for (const [at, { status, error }] of (await Promise.all(telling)).entries())
    assert.deepEqual([status, error], [200, undefined], titleOf(ways[at] as Way))
  assert.deepEqual(outcomes(house), new Set(['completed']))
  await house.close()
})

/** Resolves when so much of every streamed answer, and a half of every whole one, is on its way. */
async function underway({ simulator }: House, ways: readonly Way[], events: number): Promise<void> {
  await eventually(() => {
    const seen = simulator.requests()
    const isUnderway = seen.every(({ frames, body }) => frames >= (/"stream": ?true/.test(body) ? events : 1))
    return (seen.length === ways.length && isUnderway) || undefined
  })
}

function outcomes({ log }: House): Set<string> {
  const exchanges = log.map(line => JSON.parse(line) as { exchange?: StreamReport })
  return new Set(exchanges.flatMap(({ exchange }) => exchange?.outcome ?? []))
}

suite('an answer that passes through the hub', { concurrency: 16 }, () => {
  let house: House
  before(async () => {
    house = await startHouse({ models })
  })
  after(() => house.close())

  for (const way of CROSSING) {
    test(`${titleOf(way)}: is stopped by an operator, in the words of the client`, async () => {
      await using stage = await Stage.open(house, way)
      const telling = ask(way.client, { url: stage.url, model: 'sim-story', headers: { 'x-case': stage.name } })
      await eventually(async () => (await house.seen(stage.name)).frames > 6 || undefined)
      stage.deferred?.cancel('operator')
      const told = await telling
      assert.equal(told.status, 200)
      assert.equal(heardBy(way.client, told), WORDS.stopped[way.client])
      const report = await stage.deferred?.report
      assert.partialDeepStrictEqual(report, { lane: 'convert', outcome: 'cancelled', error: { code: 'cancelled' } })
      await eventually(async () => (await house.seen(stage.name)).hungUp || undefined)
    })

    // As Claude Code does.
    test(`${titleOf(way)}: fails in the stream, and is asked for again as a whole`, async () => {
      const first = await tell(house, way, 'fault=error,at=middle')
      heardBy(way.client, first)
      const second = await tell(house, way, 'words=12', 'whole')
      assert.equal(second.error, undefined)
      assert.match(second.text, /Löwenbrück/)
      const report = await house.report(second.headers.get('x-millrace-request-id'))
      assert.partialDeepStrictEqual(report, { shape: 'whole', outcome: 'completed' })
    })
  }
})

function belowVersion(url = ''): string {
  return url.replace(/^\/v1(?:beta)?(?=\/)/, '')
}

/** A server of the engine alone, without the gateway: whoever has made it can stop its answer. */
class Stage implements AsyncDisposable {
  readonly url: string
  readonly name: string
  deferred: DeferredStreaming | undefined
  readonly #server: Server

  static async open(house: House, way: Way): Promise<Stage> {
    const server = createServer().listen(0, '127.0.0.1')
    await once(server, 'listening')
    return new Stage(server, house, way)
  }

  private constructor(server: Server, { simulator }: House, { client, upstream }: Way) {
    this.#server = server
    this.url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
    this.name = `operator ${client} ${upstream}`
    server.on('request', async (request, response) => {
      this.deferred = new DeferredStreaming({
        method: 'POST',
        url: simulator.url + pathOf(upstream, 'sim-story', true),
        headers: { 'content-type': 'application/json', 'x-case': this.name, 'x-sim': 'words=10000,delay=20' },
        body: await buffer(request),
        // By its path a Gemini client asks for a stream.
        handlerConfig: { formatContext: { source: client, target: upstream, path: belowVersion(request.url) } },
      })
      await this.deferred.sendTo(response)
    })
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#server.close()
    this.#server.closeAllConnections()
  }
}
