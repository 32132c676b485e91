/** What `/metrics` tells after real traffic. */
import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { after, before, suite, test } from 'node:test'
import { type Simulator, startSimulator } from '../../src/simulator/index.ts'
import { Metrics } from '../../src/telemetry/index.ts'
import { eventually } from '../eventually.ts'
import { startTestGateway, type TestGateway } from '../gateway.ts'
import { RawClient } from '../raw-client.ts'
import { STREAMS } from '../simulated.ts'
import { type ExposedFamily, parseExposition, type Sample } from './exposition.ts'

const HOSTILE = [
  'new\nline',
  'quo"te',
  'back\\slash',
  'esc\u001b[31m',
  'lone\ud800',
  '\u2028',
  '{le="1"} 9',
  'sk-abcdefghijklmnop',
]

type Families = ReadonlyMap<string, ExposedFamily>

suite('/metrics', () => {
  let simulator: Simulator
  let gateway: TestGateway
  before(async () => {
    simulator = await startSimulator()
    const metrics = new Metrics({ models: 20, process: true })
    const chat = { dialects: { chat: `${simulator.url}/v1` } }
    const models = [{ match: 'converted/*', upstream: 'other', model: 'sim/length' }]
    gateway = await startTestGateway(simulator.url, { metrics, models, upstreams: { other: chat, gone: GONE } })
  })
  after(async () => {
    await gateway.close()
    await simulator.close()
  })

  test('counts what was completed, by client, upstream, lane and model', async () => {
    await stream('chat')
    await stream('messages', 'converted/x')
    const families = await settled(2)
    assert.equal(
      oneOf(families, 'millrace_exchanges_total', {
        ...{ outcome: 'completed', client_dialect: 'messages', upstream_dialect: 'chat' },
        ...{ upstream: 'other', lane: 'convert', model: 'sim/length' },
      }),
      1,
    )
    assert.equal(sumOf(families, 'millrace_exchanges_total', { lane: 'edit', model: 'sim/length' }), 1)
    assert.equal(sumOf(families, 'millrace_upstream_attempts_total', { upstream: 'upstream' }), 1)
  })

  test('counts each token once, with how far it can be trusted', async () => {
    const families = await scrape()
    const tokens = (kind: string) => sumOf(families, 'millrace_tokens_total', { kind, upstream: 'upstream' })
    const { usage } = await lastReport()
    assert.equal(tokens('cache_read'), usage.cacheRead)
    assert.equal(tokens('input') + tokens('cache_read') + tokens('cache_write'), usage.input)
    assert.equal(tokens('output') + tokens('reasoning'), usage.output)
    assert.equal(sumOf(families, 'millrace_tokens_total', { provenance: 'none' }), 0)
    assert.equal(sumOf(families, 'millrace_unpriced_exchanges_total', {}), 2)
    assert.equal(sumOf(families, 'millrace_cost_dollars_total', {}), 0)
  })

  test('measures first byte, first token, the whole and the silences between', async () => {
    await stream('chat', 'sim/length', 'delay=3')
    const families = await settled(3)
    for (const name of ['first_byte', 'first_token', 'exchange_duration'])
      assert.equal(sumOf(families, `millrace_${name}_seconds_count`, { model: 'sim/length' }), 3, name)
    const [count, sum] = ['count', 'sum'].map(part => sumOf(families, `millrace_token_gap_seconds_${part}`, {}))
    assert.ok((count as number) > 0 && (sum as number) > 0, `${count} silences of ${sum} s`)
  })

  test('tells what is open while it is open', async () => {
    const client = await ask('fault=stall,at=first')
    await client.until(({ status }) => status === 200)
    const families = await scrape()
    assert.equal(oneOf(families, 'millrace_open_streams', {}), 1)
    assert.ok(oneOf(families, 'millrace_open_connections', {}) >= 1)
    client.leave()
    const after = await settled(4)
    assert.equal(oneOf(after, 'millrace_open_streams', {}), 0)
    assert.equal(sumOf(after, 'millrace_exchanges_total', { outcome: 'cancelled' }), 1)
    assert.equal(sumOf(after, 'millrace_upstream_errors_total', { code: 'cancelled' }), 0)
  })

  test('counts failures by code, whose fault it was, and what was refused', async () => {
    await stream('chat', 'sim/story', 'status=429')
    await stream('messages', 'sim/story', 'fault=close,at=first')
    await fetch(`${gateway.url}/v1/chat/completions`, { method: 'POST', headers: JSON_TYPE, body: 'not JSON' })
    const families = await settled(7)
    assert.equal(sumOf(families, 'millrace_upstream_errors_total', { upstream: 'upstream', code: 'rate-limited' }), 1)
    assert.equal(sumOf(families, 'millrace_exchanges_total', { outcome: 'failed' }), 1)
    assert.equal(sumOf(families, 'millrace_exchanges_total', { outcome: 'truncated' }), 1)
    assert.equal(sumOf(families, 'millrace_exchanges_total', { outcome: 'refused', upstream: 'none' }), 1)
    assert.equal(sumOf(families, 'millrace_failures_total', { code: 'bad-request', upstream: 'none' }), 1)
  })

  test('names that others chose stay few, and break nothing', async () => {
    const before = await scrape()
    for (const name of HOSTILE) await stream('chat', name)
    const hostile = await settled(7 + HOSTILE.length)
    const names = labelsOf(hostile, 'model')
    assert.ok(names.has('new\\nline') && names.has('quo"te') && names.has('back\\slash'), [...names].join(' '))
    assert.ok(!JSON.stringify([...names]).includes('abcdefghijklmnop'))
    for (let batch = 0; batch < 10; batch++)
      await Promise.all(Array.from({ length: 100 }, (_, at) => stream('chat', `m-${batch}-${at}?words=1,cut=all`)))
    const many = await settled(7 + HOSTILE.length + 1000)
    assert.ok(labelsOf(many, 'model').size <= 22, [...labelsOf(many, 'model')].join(' '))
    assert.ok(sumOf(many, 'millrace_exchanges_total', { model: 'other' }) > 900)
    assertNoFall(before, hostile)
    assertNoFall(hostile, many)
  })

  test('names that no upstream takes get no label', async () => {
    await stream('chat', 'made-up', 'status=404')
    assert.ok(!labelsOf(await settled(8 + HOSTILE.length + 1000), 'model').has('made-up'))
  })

  test('Prometheus itself finds nothing to say', async t => {
    const text = await (await fetch(`${gateway.url}/metrics`)).text()
    const { error, status, stderr, stdout } = spawnSync('promtool', ['check', 'metrics'], {
      input: text,
      timeout: 20_000,
    })
    if (error !== undefined) return t.skip(`promtool is not installed: ${error.message}`)
    // Names of the process's metrics are prom-client's.
    const said = `${stdout}${stderr}`.split('\n').filter(line => line.startsWith('millrace') || line.includes('error'))
    assert.deepEqual(said, [], String(status))
  })

  test('Prometheus itself can read the queries of the dashboard', t => {
    const page = readFileSync(resolve(import.meta.dirname, '../../docs/grafana.json'), 'utf8')
    const queries = [...page.matchAll(/"expr": ("(?:[^"\\]|\\.)*")/g)].map(
      ([, text]) => JSON.parse(text as string) as string,
    )
    const rules = queries.map((query, at) => ({
      record: `query:${at}`,
      expr: query.replaceAll('$__rate_interval', '5m').replaceAll(/\$\w+/g, '.*'),
    }))
    const folder = mkdtempSync(join(tmpdir(), 'millrace-'))
    const file = join(folder, 'rules.yml')
    // JSON is YAML.
    writeFileSync(file, JSON.stringify({ groups: [{ name: 'dashboard', rules }] }))
    const { error, status, stderr, stdout } = spawnSync('promtool', ['check', 'rules', file], { timeout: 20_000 })
    rmSync(folder, { recursive: true })
    if (error !== undefined) return t.skip(`promtool is not installed: ${error.message}`)
    assert.equal(status, 0, `${stdout}${stderr}`)
  })

  test('the dashboard asks for nothing that does not exist', async () => {
    const page = readFileSync(resolve(import.meta.dirname, '../../docs/grafana.json'), 'utf8')
    const known = new Map(new Metrics({ process: true }).catalogue.map(metric => [metric.name, metric]))
    const queries = [...page.matchAll(/"(?:expr|query)": "((?:[^"\\]|\\.)*)"/g)].map(([, query]) => query as string)
    const asked = queries.flatMap(query =>
      [...query.matchAll(/\b(?:millrace|process|nodejs)_\w+/g)].map(([name]) => name),
    )
    const missing = asked.filter(name => !known.has(name) && !known.has(name.replace(/_(?:bucket|sum|count)$/, '')))
    assert.ok(asked.length > 30)
    assert.deepEqual(missing, [])
    const labels = new Set([...known.values()].flatMap(({ labelNames }) => labelNames))
    const sorted = queries
      .flatMap(query => [...query.matchAll(/\bby \(([^)]*)\)/g)])
      .flatMap(([, by]) => (by as string).split(', '))
    assert.deepEqual(
      sorted.filter(label => !labels.has(label) && label !== 'le' && label !== 'instance'),
      [],
    )
  })

  async function stream(dialect: keyof typeof STREAMS, model = 'sim/length', settings = ''): Promise<void> {
    const [path, body] = STREAMS[dialect]
    const response = await fetch(`${gateway.url}${path}`, {
      method: 'POST',
      headers: { ...JSON_TYPE, ...(settings === '' ? {} : { 'x-sim': settings }) },
      body: JSON.stringify({ ...body, model }),
    })
    await response.text().catch(() => {})
  }

  function ask(settings: string): Promise<RawClient> {
    const { host, port } = new URL(gateway.url)
    const [path, body] = STREAMS.chat
    return RawClient.post(Number(port), path, body, { ...JSON_TYPE, host, 'x-sim': settings })
  }

  async function scrape(): Promise<Families> {
    const response = await fetch(`${gateway.url}/metrics`)
    assert.equal(response.headers.get('content-type'), 'text/plain; version=0.0.4; charset=utf-8')
    return parseExposition(await response.text())
  }

  /** Once so many exchanges have ended. */
  function settled(exchanges: number): Promise<Families> {
    return eventually(async () => {
      const families = await scrape()
      return sumOf(families, 'millrace_exchanges_total', {}) >= exchanges ? families : undefined
    })
  }

  async function lastReport() {
    const response = await fetch(`${gateway.url}/api/streams?limit=10`)
    const { streams } = (await response.json()) as { streams: { lane: string; usage: Record<string, number> }[] }
    return streams.find(({ lane }) => lane === 'edit') as { usage: Record<string, number> }
  }
})

suite('who may scrape', () => {
  const KEY = 'a-client-key-of-some-length'
  const TOKEN = 'a-token-for-the-scraper'

  for (const [what, setup, answers] of [
    ['without keys, everybody', {}, { none: 200, key: 200, token: 200 }],
    ['with keys, who has one', { server: { keys: [KEY] } }, { none: 401, key: 200, token: 401 }],
    [
      'with a token, who has that',
      { server: { keys: [KEY] }, metricsConfig: { token: TOKEN } },
      { none: 401, key: 401, token: 200 },
    ],
    [
      'with a token and no keys, who has that',
      { metricsConfig: { token: TOKEN } },
      { none: 401, key: 401, token: 200 },
    ],
  ] as const)
    test(`${what}`, async () => {
      const gateway = await startTestGateway('http://127.0.0.1:9', { ...setup, metrics: new Metrics() })
      try {
        const status = async (word: string | undefined) => {
          const headers = word === undefined ? {} : { authorization: `Bearer ${word}` }
          return (await fetch(`${gateway.url}/metrics`, { headers })).status
        }
        assert.deepEqual({ none: await status(undefined), key: await status(KEY), token: await status(TOKEN) }, answers)
      } finally {
        await gateway.close()
      }
    })

  test('the token opens nothing else', async () => {
    const setup = { server: { keys: [KEY] }, metricsConfig: { token: TOKEN }, metrics: new Metrics() }
    const gateway = await startTestGateway('http://127.0.0.1:9', setup)
    try {
      const headers = { authorization: `Bearer ${TOKEN}` }
      assert.equal((await fetch(`${gateway.url}/api/streams`, { headers })).status, 401)
    } finally {
      await gateway.close()
    }
  })

  test('where nothing is counted there is no such path', async () => {
    const gateway = await startTestGateway('http://127.0.0.1:9')
    try {
      assert.equal((await fetch(`${gateway.url}/metrics`)).status, 404)
    } finally {
      await gateway.close()
    }
  })
})

const JSON_TYPE = { 'content-type': 'application/json' }
/** Nobody listens there. */
const GONE = { dialects: { chat: 'http://127.0.0.1:9/v1' } }

function samplesOf(families: Families, name: string, labels: Readonly<Record<string, string>>): readonly Sample[] {
  const family = families.get(name) ?? families.get(name.replace(/_(?:bucket|sum|count)$/, ''))
  assert.ok(family, name)
  return family.samples.filter(
    sample => sample.name === name && Object.entries(labels).every(([label, value]) => sample.labels[label] === value),
  )
}

function sumOf(families: Families, name: string, labels: Readonly<Record<string, string>>): number {
  return samplesOf(families, name, labels).reduce((sum, { value }) => sum + value, 0)
}

function oneOf(families: Families, name: string, labels: Readonly<Record<string, string>>): number {
  const [sample, ...others] = samplesOf(families, name, labels)
  assert.ok(sample !== undefined && others.length === 0, `${name} ${JSON.stringify(labels)}`)
  return sample.value
}

function labelsOf(families: Families, label: string): ReadonlySet<string> {
  const values = [...families.values()].flatMap(({ samples }) => samples.flatMap(({ labels }) => labels[label] ?? []))
  return new Set(values)
}

/** What only ever grows has not fallen from one scrape to the next, and no series of it is gone. */
function assertNoFall(earlier: Families, later: Families): void {
  for (const [name, { type, samples }] of earlier) {
    if (type !== 'counter' && type !== 'histogram') continue
    for (const { name: sample, labels, value } of samples) {
      const now = samplesOf(later, sample, labels).find(other => other.labels.le === labels.le)
      assert.ok(now !== undefined && now.value >= value, `${name} ${JSON.stringify(labels)}`)
    }
  }
}
