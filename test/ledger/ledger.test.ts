/** What a ledger keeps and tells, on both stores. */
import assert from 'node:assert/strict'
import { statSync } from 'node:fs'
import { dirname } from 'node:path'
import { test } from 'node:test'
import postgres from 'postgres'
import { type Ledger, type LedgerOptions, openLedger } from '../../src/ledger/index.ts'
import { type Instance, sweepLeftovers } from '../../src/ledger/instances.ts'
import { openDatabase } from '../../src/ledger/open-database.ts'
import { stepRetention } from '../../src/ledger/retention.ts'
import { migrate } from '../../src/ledger/schema.ts'
import { writeRows } from '../../src/ledger/writer.ts'
import { eventually } from '../eventually.ts'
import { made, opening, SILENT } from './exchanges.ts'
import { readRows, suiteOverStores } from './stores.ts'

const HOUR_MS = 3_600_000
const T0 = Date.parse('2026-11-03T09:00:00.000Z')
const at = (ms: number) => new Date(T0 + ms).toISOString()

function open(url: string, options: Partial<LedgerOptions> = {}): Ledger & AsyncDisposable {
  const ledger = openLedger({ url, log: SILENT, maxAgeMs: 100 * 365 * 24 * HOUR_MS, ...options })
  return Object.assign(ledger, { [Symbol.asyncDispose]: () => ledger.close() })
}

async function written(ledger: Ledger): Promise<void> {
  await eventually(() => ledger.state.waiting === 0 || undefined)
}

await suiteOverStores('a ledger', store => {
  test('has an open row before the end and a whole one after it', async () => {
    await using ledger = open(await store.make())
    const report = made()
    const row = opening(report)
    ledger.opened(row)
    await written(ledger)
    const [{ row: before, report: none } = assert.fail()] = await ledger.reader.find(report.id)
    assert.deepEqual(
      [before.state, before.modelRequested, before.upstream, before.outcome, none],
      ['open', 'claude-sonnet-5', 'anthropic', null, null],
    )
    ledger.settled(report, row)
    await written(ledger)
    const found = await ledger.reader.find(report.id.slice(0, 13))
    assert.equal(found.length, 1)
    const [{ row: after, report: kept, attempts } = assert.fail()] = found
    assert.deepEqual(
      {
        ...{ state: after.state, startedAt: after.startedAt, outcome: after.outcome, key: after.key },
        ...{ input: after.inputTokens, cost: after.costUsd, first: after.firstTokenMs, end: after.endedAt },
      },
      {
        ...{ state: 'settled', startedAt: Date.parse(report.time), outcome: 'completed', key: '2c26b46b' },
        ...{ input: 21_874, cost: 0.014508, first: 2210.7, end: Date.parse(report.time) + 6841 },
      },
    )
    assert.deepEqual(kept, report)
    assert.deepEqual(attempts, report.attempts)
  })

  test('gives a whole row to a report without an open one, and writes none for what has ended already', async () => {
    const url = await store.make()
    await using ledger = open(url)
    const reports = Array.from({ length: 250 }, () => made())
    for (const [index, report] of reports.entries()) {
      const row = opening(report)
      if (index % 2 === 0) ledger.opened(row)
      ledger.settled(report, row)
    }
    await written(ledger)
    const rows = await readRows(url, 'SELECT state, count(*) AS n FROM exchanges GROUP BY state')
    assert.deepEqual(
      rows.map(({ state, n }) => [state, Number(n)]),
      [['settled', 250]],
    )
  })

  test('has no row twice when a batch comes twice, in whichever order', async () => {
    const database = await openDatabase(await store.make())
    await migrate(database)
    const report = made()
    const [open, settled] = [[JSON.stringify(opening(report))], [JSON.stringify(report)]]
    for (const [rows, reports] of [
      [open, []],
      [open, settled],
      [[], settled],
      [open, []],
      [[], [...settled, ...settled]],
    ] as const)
      assert.deepEqual(await writeRows(database, 'an-instance', rows, reports), { refused: 0 })
    const rows = await database.all('SELECT id, state, attempts FROM exchanges')
    const attempts = await database.all('SELECT exchange_id, number FROM attempts')
    await database.close()
    assert.deepEqual([rows.length, rows[0]?.state, rows[0]?.attempts, attempts.length], [1, 'settled', 1, 1])
  })

  test('keeps the others when the store refuses one', async () => {
    const database = await openDatabase(await store.make())
    await migrate(database)
    const reports = Array.from({ length: 20 }, () => made())
    // No column of whole numbers takes it.
    const bad = made({ events: 'many' as unknown as number, time: 'no time' })
    const lines = [...reports.slice(0, 7), bad, ...reports.slice(7)].map(report => JSON.stringify(report))
    const { refused } = await writeRows(database, 'an-instance', [], lines)
    const [row] = await database.all('SELECT count(*) AS n FROM exchanges')
    await database.close()
    assert.deepEqual([refused, Number(row?.n)], [1, 20])
  })

  test('takes whatever others write: NUL, half characters, quotes, long names', async () => {
    await using ledger = open(await store.make())
    const name = `a'b"c\u0000\ud800\n\u001b[31m💧 \\u0000 ? $1`
    const model = { requested: name, sent: 'x'.repeat(100_000), reported: null }
    const report = made({ model, error: { code: 'upstream', message: name } })
    ledger.opened(opening(report))
    ledger.settled(report)
    await written(ledger)
    assert.equal(ledger.state.dropped, 0)
    const [{ row, report: kept } = assert.fail()] = await ledger.reader.find(report.id)
    assert.equal(row.modelRequested, `a'b"c\ufffd\ufffd\n\u001b[31m💧 \\u0000 ? $1`)
    assert.equal(row.modelSent, 'x'.repeat(200))
    assert.equal(kept?.model.sent, 'x'.repeat(500))
  })

  test('may be made by several at once', async () => {
    const url = await store.make()
    const ledgers = Array.from({ length: 4 }, () => open(url))
    for (const ledger of ledgers) for (let count = 0; count < 50; count++) ledger.settled(made())
    for (const ledger of ledgers) await written(ledger)
    for (const ledger of ledgers) await ledger.close()
    const [row] = await readRows(url, 'SELECT count(*) AS n FROM exchanges')
    const versions = await readRows(url, 'SELECT version FROM migrations')
    assert.deepEqual([Number(row?.n), versions.length], [200, 1])
  })

  test('leaves alone what a living neighbour has open, and marks what those left who are gone', async () => {
    const url = await store.make()
    await using neighbour = open(url)
    const theirs = made()
    neighbour.opened(opening(theirs))
    await written(neighbour)
    const database = await openDatabase(url)
    const gone = made()
    await writeRows(database, 'gone', [JSON.stringify(opening(gone))], [])
    // No process has this number.
    const dead: Instance = { id: 'dead', host: 'here', pid: 2 ** 22 + 1 }
    const own: Instance = { id: 'own', host: 'here', pid: process.pid }
    const silent: Instance = { id: 'silent', host: 'elsewhere', pid: 1 }
    const heard: Instance = { id: 'heard', host: 'elsewhere', pid: 1 }
    const now = Date.now()
    for (const [{ id, host, pid }, seen] of [
      [dead, now],
      [own, now],
      [silent, now - 61_000],
      [heard, now - 30_000],
    ] as const)
      await database.run('INSERT INTO instances (id, host, pid, started_at, seen_at) VALUES (?, ?, ?, ?, ?)', [
        ...[id, host, pid, now, seen],
      ])
    for (const { id } of [dead, own, silent, heard])
      await writeRows(database, id, [JSON.stringify({ ...opening(made()), id })], [])
    await sweepLeftovers(database, own)
    const rows = await database.all('SELECT id, state FROM exchanges')
    const states = Object.fromEntries(rows.map(({ id, state }) => [id, state]))
    assert.deepEqual(states, {
      ...{ [theirs.id]: 'open', [gone.id]: 'interrupted' },
      ...{ dead: 'interrupted', own: 'open', silent: 'interrupted', heard: 'open' },
    })
    // Who comes back after all has the last word.
    await writeRows(database, 'gone', [], [JSON.stringify(gone)])
    const [late] = await database.all('SELECT state, outcome FROM exchanges WHERE id = ?', [gone.id])
    await database.close()
    assert.deepEqual({ ...late }, { state: 'settled', outcome: 'completed' })
  })

  test('marks what it leaves open itself when it closes', async () => {
    const url = await store.make()
    const ledger = open(url)
    ledger.opened(opening(made()))
    await ledger.close()
    await ledger.close()
    const rows = await readRows(url, 'SELECT state FROM exchanges')
    const instances = await readRows(url, 'SELECT id FROM instances')
    assert.deepEqual([rows.map(({ state }) => state), instances.length], [['interrupted'], 0])
  })

  test('finds exchanges by time, model, upstream, key and failure', async () => {
    await using ledger = open(await store.make())
    const model = (requested: string) => ({ requested, sent: requested, reported: `${requested}-20260101` })
    const upstream = { name: 'b', dialect: 'chat' } as const
    const [first, second, third, fourth] = [
      made({ time: at(0), model: model('claude-a') }),
      made({ time: at(1000), model: model('gpt_b'), upstream, key: 'cafe0001' }),
      made({ time: at(2000), model: model('gptXb'), upstream, outcome: 'truncated', key: 'cafe0001' }),
      made({ time: at(3000), model: model('claude-a'), outcome: 'cancelled' }),
    ]
    for (const report of [first, second, third, fourth]) ledger.settled(report)
    await written(ledger)
    const ids = async (question: Parameters<typeof ledger.reader.recent>[0]) =>
      (await ledger.reader.recent(question)).map(({ id }) =>
        [first, second, third, fourth].findIndex(one => one.id === id),
      )
    assert.deepEqual(await ids({}), [3, 2, 1, 0])
    assert.deepEqual(await ids({ limit: 1 }), [3])
    assert.deepEqual(await ids({ since: T0 + 1000, until: T0 + 3000 }), [2, 1])
    assert.deepEqual(await ids({ model: 'claude*' }), [3, 0])
    assert.deepEqual(await ids({ model: 'GPT_b' }), [1])
    assert.deepEqual(await ids({ model: '*-20260101' }), [3, 2, 1, 0])
    assert.deepEqual(await ids({ upstream: 'b' }), [2, 1])
    assert.deepEqual(await ids({ key: 'cafe0001', isFailed: true }), [2])
    assert.deepEqual(await ids({ isFailed: true }), [2])
  })

  test('sums up by model, key, upstream and day, and takes no unknown cost for nothing', async () => {
    await using ledger = open(await store.make())
    const model = { requested: 'm', sent: 'm', reported: 'm' }
    const other = { requested: 'o', sent: 'o', reported: null }
    const tokens = { input: 100, cacheRead: 10, cacheWrite: 1, output: 20, reasoning: 5 }
    for (const report of [
      made({ time: at(0), model, usage: tokens, cost: { usd: 0.25, source: 'config' } }),
      made({ time: at(0), model, usage: tokens, cost: null }),
      made({ time: at(20 * HOUR_MS), model: other, usage: tokens, cost: { usd: 0.5, source: 'config' } }),
      made({ time: at(20 * HOUR_MS), outcome: 'refused' }),
    ])
      ledger.settled(report)
    await written(ledger)
    const usage = await ledger.reader.usage({ by: 'model' })
    const sums = { cacheWriteTokens: 1, reasoningTokens: 5, failed: 0, ended: 1, requests: 1, unpriced: 0 }
    const one = { inputTokens: 100, cacheReadTokens: 10, outputTokens: 20, ...sums }
    const none = { inputTokens: 0, cacheReadTokens: 0, cacheWriteTokens: 0, outputTokens: 0, reasoningTokens: 0 }
    assert.deepEqual(usage, [
      { group: 'o', ...one, costUsd: 0.5 },
      {
        ...{ group: 'm', requests: 2, ended: 2, failed: 0, inputTokens: 200, cacheReadTokens: 20 },
        ...{ cacheWriteTokens: 2, outputTokens: 40, reasoningTokens: 10, costUsd: 0.25, unpriced: 1 },
      },
      { group: null, requests: 1, ended: 1, failed: 1, ...none, costUsd: null, unpriced: 0 },
    ])
    const groups = async (by: 'key' | 'upstream' | 'day') =>
      (await ledger.reader.usage({ by })).map(({ group, requests }) => [group, requests])
    assert.deepEqual(await groups('day'), [
      ['2026-11-03', 2],
      ['2026-11-04', 2],
    ])
    assert.deepEqual(await groups('key'), [
      ['2c26b46b', 3],
      [null, 1],
    ])
    assert.deepEqual(await groups('upstream'), [
      ['anthropic', 3],
      [null, 1],
    ])
  })

  test('takes no claim of an upstream that no sum could hold', async () => {
    await using ledger = open(await store.make())
    const counts = [1e300, 9_007_199_254_740_992, -5, 1e12, 1e12, 0.6]
    for (const input of counts) ledger.settled(made({ usage: { input, output: 1e12 } }))
    await written(ledger)
    assert.equal(ledger.state.dropped, 0)
    const [sums] = await ledger.reader.usage({ by: 'model' })
    assert.deepEqual([sums?.requests, sums?.inputTokens, sums?.outputTokens], [6, 2_000_000_000_001, 6e12])
  })

  test('tells by time how many there were and how quick they were', async () => {
    await using ledger = open(await store.make())
    const model = { requested: 'm', sent: 'm', reported: null }
    for (let count = 1; count <= 100; count++) {
      const times = { firstTokenMs: count * 10, totalMs: count * 10 + 1000 }
      ledger.settled(made({ time: at(count), model, usage: { output: 50 }, times }))
    }
    const slow = { ...model, sent: 'n' }
    ledger.settled(made({ time: at(HOUR_MS), model: slow, outcome: 'timeout' }))
    ledger.opened(opening(made({ time: at(HOUR_MS), model })))
    await written(ledger)
    const range = { since: T0, until: T0 + 2 * HOUR_MS, bucketMs: HOUR_MS }
    const points = await ledger.reader.series(range)
    assert.deepEqual(
      points.map(point => ({
        ...{ at: point.at, group: point.group, requests: point.requests, ended: point.ended, failed: point.failed },
        ...{ p50: point.firstTokenP50Ms, p95: point.firstTokenP95Ms, p99: point.firstTokenP99Ms },
        speed: point.tokensPerSecond,
      })),
      [
        {
          ...{ at: T0, group: null, requests: 100, ended: 100, failed: 0 },
          ...{ p50: 500, p95: 950, p99: 990, speed: 50 },
        },
        {
          ...{ at: T0 + HOUR_MS, group: null, requests: 2, ended: 1, failed: 1 },
          ...{ p50: null, p95: null, p99: null, speed: null },
        },
      ],
    )
    const byModel = await ledger.reader.series({ ...range, by: 'model', since: T0 + HOUR_MS })
    assert.deepEqual(
      byModel.map(({ group, requests }) => [group, requests]),
      [
        ['m', 1],
        ['n', 1],
      ],
    )
  })

  test('forgets what is too old and what is too much, the oldest first, in small steps', async () => {
    const database = await openDatabase(await store.make())
    await migrate(database)
    const old = Array.from({ length: 300 }, (_, index) => made({ time: at(index) }))
    const now = Date.now()
    const fresh = Array.from({ length: 1000 }, (_, index) => made({ time: new Date(now - 1000 + index).toISOString() }))
    await writeRows(
      database,
      'an-instance',
      [],
      [...old, ...fresh].map(report => JSON.stringify(report)),
    )
    const count = async () => Number((await database.all('SELECT count(*) AS n FROM exchanges'))[0]?.n)

    const maxAgeMs = now - T0 - HOUR_MS
    assert.equal(await stepRetention(database, { maxAgeMs, maxBytes: 1e12 }), true)
    assert.equal(await count(), 1100)
    while (await stepRetention(database, { maxAgeMs, maxBytes: 1e12 }));
    assert.equal(await count(), 1000)

    const maxBytes = Math.round((await database.usedBytes()) / 2)
    while (await stepRetention(database, { maxAgeMs, maxBytes }));
    const left = await count()
    assert.ok(left > 200 && left < 800, `${left} are left`)
    assert.ok((await database.usedBytes()) <= maxBytes)
    const [newest] = await database.all('SELECT id FROM exchanges ORDER BY started_at DESC LIMIT 1')
    assert.equal(newest?.id, fresh.at(-1)?.id)
    const [attempts] = await database.all('SELECT count(*) AS n FROM attempts')
    assert.equal(Number(attempts?.n), left)
    if (store.name === 'sqlite') {
      const [free] = await database.all('PRAGMA freelist_count')
      assert.equal(free?.freelist_count, 0)
    }
    await database.close()
  })

  test('remembers when keys were seen', async () => {
    const url = await store.make()
    await using ledger = open(url)
    for (const [time, key] of [
      [2000, 'cafe0001'],
      [1000, 'cafe0001'],
      [3000, 'cafe0002'],
    ] as const)
      ledger.settled(made({ time: at(time), key }))
    await written(ledger)
    ledger.settled(made({ time: at(5000), key: 'cafe0001' }))
    await written(ledger)
    const rows = await readRows(url, 'SELECT id, first_seen, last_seen FROM keys ORDER BY id')
    assert.deepEqual(
      rows.map(({ id, first_seen, last_seen }) => [id, Number(first_seen) - T0, Number(last_seen) - T0]),
      [
        ['cafe0001', 1000, 5000],
        ['cafe0002', 3000, 3000],
      ],
    )
  })

  test('is read by others, and says so when there is none', async () => {
    const url = await store.make()
    const before = open(url)
    await before.close()
    await using empty = open(url)
    assert.deepEqual(await empty.reader.recent(), [])
    const { openReader } = await import('../../src/ledger/index.ts')
    const reader = openReader({ url: await store.make() })
    await assert.rejects(reader.recent(), { code: 'not-found', message: 'Cannot read the ledger: there is none yet' })
    await reader.close()
  })

  if (store.name === 'postgres')
    test('has tables of its own in a database that others use', async () => {
      const url = await store.make()
      const sql = postgres(url, { max: 1 })
      await sql.unsafe('CREATE TABLE migrations (version TEXT)')
      await sql.unsafe("INSERT INTO migrations VALUES ('of somebody else')")
      await using ledger = open(url)
      ledger.settled(made())
      await written(ledger)
      const tables = await sql`SELECT schemaname || '.' || tablename AS name FROM pg_tables
        WHERE schemaname IN ('public', 'millrace') ORDER BY 1`
      const kept = await sql`SELECT version FROM public.migrations`
      await sql.end()
      const own = ['attempts', 'exchanges', 'instances', 'keys', 'migrations'].map(name => `millrace.${name}`)
      assert.deepEqual(
        tables.map(({ name }) => name),
        [...own, 'public.migrations'],
      )
      assert.deepEqual([...kept], [{ version: 'of somebody else' }])
    })

  if (store.name === 'sqlite')
    test("is its user's alone", async () => {
      const url = await store.make()
      await using ledger = open(url)
      ledger.settled(made())
      await written(ledger)
      const modes = [dirname(url), url, `${url}-wal`, `${url}-shm`].map(path =>
        (statSync(path).mode & 0o777).toString(8),
      )
      assert.deepEqual(modes, ['700', '600', '600', '600'])
    })
})
