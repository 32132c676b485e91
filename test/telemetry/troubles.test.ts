/** A collector that is away, slow or broken harms nobody, and what is lost is counted. */
import assert from 'node:assert/strict'
import { after, before, suite, test } from 'node:test'
import { type Simulator, startSimulator } from '../../src/simulator/index.ts'
import { Metrics, Telemetry } from '../../src/telemetry/index.ts'
import { eventually } from '../eventually.ts'
import { startTestGateway } from '../gateway.ts'
import { Program } from '../process.ts'
import { Collector } from './collector.ts'

const CALLS = 60
const FAST = { spansEveryMs: 10, metricsEveryMs: 100, timeoutMs: 300, closeMs: 300 }

suite('streams go on', () => {
  let simulator: Simulator
  before(async () => {
    simulator = await startSimulator()
  })
  after(() => simulator.close())

  for (const [what, behaviour] of [
    ['is away', undefined],
    ['answers 500', { status: 500 }],
    ['answers 503', { status: 503 }],
    ['never answers', { hangs: true }],
  ] as const)
    test(`while the collector ${what}, and what is lost is counted`, async () => {
      const collector = await Collector.start()
      collector.behaviour = behaviour ?? {}
      const otlp = collector.url
      if (behaviour === undefined) await collector.close()
      const warnings: object[] = []
      const log = { info() {}, warn: (record: object) => void warnings.push(record), error() {} }
      const telemetry = new Telemetry({ otlp, ...FAST, maxWaiting: 20, log })
      const metrics = new Metrics()
      const gateway = await startTestGateway(simulator.url, { telemetry, metrics })
      try {
        for (let at = 0; at < CALLS; at += 10) await Promise.all(Array.from({ length: 10 }, () => call(gateway.url)))
        await eventually(() => (warnings.length > 0 && telemetry.state.dropped > 0 ? true : undefined))
        assert.equal(warnings.length, 1)
        const page = await (await fetch(`${gateway.url}/metrics`)).text()
        assert.match(page, /^millrace_queue_dropped_total\{queue="telemetry"\} [1-9]/m)
        assert.ok(telemetry.state.waiting <= 60, String(telemetry.state.waiting))
      } finally {
        await gateway.close()
        await telemetry.close()
        if (behaviour !== undefined) await collector.close()
      }
      // Two spans each: all of them are gone, and none is counted twice.
      assert.ok(telemetry.state.dropped <= 2 * CALLS, String(telemetry.state.dropped))
    })

  test('a collector that comes back is told what happens then', async () => {
    const away = await Collector.start()
    const { url } = away
    await away.close()
    const log = { info() {}, warn() {}, error() {} }
    const telemetry = new Telemetry({ otlp: url, ...FAST, log })
    const gateway = await startTestGateway(simulator.url, { telemetry })
    try {
      await call(gateway.url)
      await eventually(() => (telemetry.state.dropped > 0 ? true : undefined))
      const collector = await Collector.start(Number(new URL(url).port))
      await eventually(async () => {
        await call(gateway.url)
        return collector.spans.length > 0 ? true : undefined
      })
      await collector.close()
    } finally {
      await gateway.close()
      await telemetry.close()
    }
  })

  test('when the thread dies, and what it was given is counted', async () => {
    const warnings: string[] = []
    const log = { info() {}, warn: (record: object) => void warnings.push(JSON.stringify(record)), error() {} }
    const dies = `throw new Error('dead')`
    const program = `import { parentPort } from 'node:worker_threads'; parentPort.on('message', () => { ${dies} })`
    const worker = new URL(`data:text/javascript,${encodeURIComponent(program)}`)
    const telemetry = new Telemetry({ otlp: 'http://127.0.0.1:9', ...FAST, log, worker })
    const gateway = await startTestGateway(simulator.url, { telemetry })
    try {
      await call(gateway.url)
      await eventually(() => (telemetry.state.dropped === 1 ? true : undefined))
      await call(gateway.url)
      await eventually(() => (telemetry.state.dropped === 2 ? true : undefined))
      assert.match(warnings.join(), /the thread has died: dead/)
    } finally {
      await gateway.close()
      await telemetry.close()
    }
  })

  test('what waits is told when the gateway stops', async () => {
    const collector = await Collector.start()
    const log = { info() {}, warn() {}, error() {} }
    const telemetry = new Telemetry({ otlp: collector.url, spansEveryMs: 60_000, log })
    const gateway = await startTestGateway(simulator.url, { telemetry })
    await call(gateway.url)
    await gateway.close()
    await telemetry.close()
    assert.equal(collector.spans.length, 2)
    assert.ok(collector.points.some(({ metric }) => metric === 'gen_ai.client.inference.duration'))
    assert.deepEqual(telemetry.state, { waiting: 0, dropped: 0 })
    await collector.close()
  })
})

test('the environment alone has nothing sent anywhere; the configuration can name it', async () => {
  const collector = await Collector.start()
  const variables = {
    OTEL_EXPORTER_OTLP_ENDPOINT: collector.url,
    OTEL_TRACES_EXPORTER: 'otlp',
    OTEL_EXPORTER_OTLP_HEADERS: 'x-from=environment',
    OTEL_SERVICE_NAME: 'from-environment',
  }
  const server = { port: 0 }
  for (const [otlp, sent] of [
    [undefined, 0],
    // biome-ignore lint/suspicious/noTemplateCurlyInString: it is a variable of the configuration
    ['${OTEL_EXPORTER_OTLP_ENDPOINT}', 2],
  ] as const) {
    const simulator = await startSimulator()
    const config = {
      ...{ server, ledger: { url: 'off' }, ...(otlp && { telemetry: { otlp, spansEveryMs: 10 } }) },
      upstreams: { sim: { baseUrl: `${simulator.url}/v1`, dialects: ['chat'] } },
    }
    await using program = await Program.start(['serve'], config, [], variables)
    await call(await program.url())
    program.kill('SIGTERM')
    assert.equal((await program.exit)[0], 0)
    await simulator.close()
    assert.equal(collector.spans.length, sent)
    assert.equal(collector.requests.length > 0, sent > 0)
  }
  assert.equal(collector.spans[0]?.resource['service.name'], 'millrace')
  assert.ok(collector.requests.every(({ headers }) => headers['x-from'] === undefined))
  await collector.close()
})

async function call(url: string): Promise<void> {
  const response = await fetch(`${url}/v1/chat/completions`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ model: 'sim/length', stream: true, messages: [{ role: 'user', content: 'Hi' }] }),
  })
  assert.equal(response.status, 200)
  assert.match(await response.text(), /\[DONE\]/)
}
