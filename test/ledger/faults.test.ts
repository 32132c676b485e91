/** A store that is locked, full, gone or read-only, and a gateway that is killed: no stream is the worse for it. */
import assert from 'node:assert/strict'
import { closeSync, mkdirSync, mkdtempSync, openSync, rmSync, statSync, writeFileSync, writeSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, suite, type TestContext, test } from 'node:test'
import { openDatabase } from '../../src/ledger/open-database.ts'
import { type Simulator, startSimulator } from '../../src/simulator/index.ts'
import { eventually } from '../eventually.ts'
import { SmallDisk } from './full-disk.ts'
import { expectedBody, LedgerGateway, type Streamed } from './loaded.ts'
import { readRows, suiteOverStores } from './stores.ts'

let simulator: Simulator
let expected: string
before(async () => {
  simulator = await startSimulator()
  expected = await expectedBody(simulator.url)
})
after(() => simulator.close())

function assertWhole(streamed: readonly Streamed[], count: number): void {
  assert.equal(streamed.length, count)
  for (const { body } of streamed) assert.equal(body, expected)
}

async function settledIds(url: string): Promise<readonly string[]> {
  const rows = await readRows(url, "SELECT id FROM exchanges WHERE state = 'settled'")
  return rows.map(({ id }) => id as string)
}

/** Waits until these are settled rows, no more and no less. */
async function untilSettled(url: string, streamed: readonly Streamed[]): Promise<void> {
  const ids = streamed.map(({ id }) => id).toSorted()
  await eventually(async () => ((await settledIds(url)).length >= ids.length ? true : undefined), 50)
  assert.deepEqual((await settledIds(url)).toSorted(), ids)
}

/** Rows that are not what they say: an exchange without its report or its attempts, or one of them alone. */
async function torn(url: string): Promise<number> {
  const [row] = await readRows(
    url,
    `SELECT count(*) AS n FROM exchanges
      LEFT JOIN (SELECT exchange_id, count(*) AS found FROM attempts GROUP BY exchange_id) AS a ON exchange_id = id
      WHERE state = 'settled' AND (report IS NULL OR outcome IS NULL OR coalesce(found, 0) <> attempts)`,
  )
  return Number(row?.n)
}

await suiteOverStores('a ledger in trouble', store => {
  test('is whole after a kill -9 in mid-load, and what was open is interrupted at the next start', async () => {
    const url = await store.make()
    await using killed = await LedgerGateway.start(simulator.url, { url })
    const before = await killed.streams(60)
    await untilSettled(url, before)
    const rest = Promise.allSettled(Array.from({ length: 200 }, () => killed.stream()))
    const hanging = Promise.allSettled(Array.from({ length: 5 }, () => killed.stream('fault=stall,at=middle')))
    await eventually(async () => {
      const [row] = await readRows(url, "SELECT count(*) AS n FROM exchanges WHERE state = 'open'")
      return Number(row?.n) >= 5 || undefined
    }, 20)
    killed.program.kill('SIGKILL')
    const answers = await rest
    await hanging
    assert.ok(answers.some(({ status }) => status === 'rejected'))
    const left = new Set(await settledIds(url))
    assert.ok(before.every(({ id }) => left.has(id)))
    assert.equal(await torn(url), 0)

    await using next = await LedgerGateway.start(simulator.url, { url })
    await eventually(async () => {
      const rows = await readRows(url, 'SELECT state, count(*) AS n FROM exchanges GROUP BY state')
      const states = new Map(rows.map(({ state, n }) => [state, Number(n)]))
      return (!states.has('open') && (states.get('interrupted') ?? 0) >= 5) || undefined
    }, 50)
    const after = await next.streams(20)
    assertWhole(after, 20)
    await eventually(async () => {
      const ids = new Set(await settledIds(url))
      return after.every(({ id }) => ids.has(id)) || undefined
    }, 50)
  })

  test('keeps no stream waiting while it is locked, and has all rows afterwards', async () => {
    const url = await store.make()
    await using gateway = await LedgerGateway.start(simulator.url, { url })
    const first = await gateway.streams(1)
    await untilSettled(url, first)
    const lock = await lockedBy(url)
    const streamed = await gateway.streams(150)
    // The last has ended, and the lock is still held: none has waited for it.
    assertWhole(streamed, 150)
    const { error } = await gateway.until(({ status }) => status === 'degraded')
    assert.match(error ?? '', /lock/)
    assert.equal((await gateway.ready()).httpStatus, 200)
    await lock.release()
    await gateway.until(({ status, waiting }) => status === 'ok' && waiting === 0)
    await untilSettled(url, [...first, ...streamed])
    assert.equal(await torn(url), 0)
  })

  test('counts every exchange that it has no room for while it is locked', async () => {
    const url = await store.make()
    await using gateway = await LedgerGateway.start(simulator.url, { url, queueRows: 40 })
    const first = await gateway.streams(1)
    await untilSettled(url, first)
    const lock = await lockedBy(url)
    const streamed = await gateway.streams(300)
    assertWhole(streamed, 300)
    await gateway.until(({ dropped }) => dropped > 0)
    await lock.release()
    const { dropped } = await gateway.until(({ status, waiting }) => status === 'ok' && waiting === 0)
    const written = await settledIds(url)
    assert.equal(written.length + dropped, 301)
    const known = new Set([...first, ...streamed].map(({ id }) => id))
    assert.ok(written.every(id => known.has(id)))
  })

  test('is closed within a bound while it is locked', async () => {
    const url = await store.make()
    await using gateway = await LedgerGateway.start(simulator.url, { url })
    const first = await gateway.streams(1)
    await untilSettled(url, first)
    const lock = await lockedBy(url)
    assertWhole(await gateway.streams(5), 5)
    await gateway.stop()
    assert.match(gateway.program.stderr, /"waiting":\d+.*ledger was closed before all rows were written/)
    await lock.release()
  })

  test('is shared by two gateways', async () => {
    const url = await store.make()
    await using one = await LedgerGateway.start(simulator.url, { url })
    await using other = await LedgerGateway.start(simulator.url, { url })
    const streamed = (await Promise.all([one.streams(100), other.streams(100)])).flat()
    assertWhole(streamed, 200)
    await untilSettled(url, streamed)
    assert.equal(await torn(url), 0)
    await one.stop()
    const later = await other.streams(10)
    await untilSettled(url, [...streamed, ...later])
    await other.stop()
    assert.equal((await readRows(url, 'SELECT id FROM instances')).length, 0)
  })

  const { server } = store
  if (server !== undefined)
    test('goes away and comes back, also before the gateway starts', async () => {
      const url = await store.make()
      await using gateway = await LedgerGateway.start(simulator.url, { url })
      const first = await gateway.streams(50)
      await untilSettled(url, first)
      await server.stop()
      const meanwhile = await gateway.streams(100)
      assertWhole(meanwhile, 100)
      const { error } = await gateway.until(({ status }) => status === 'degraded')
      assert.ok(!error?.includes('not-asked-for'))
      await using late = await LedgerGateway.start(simulator.url, { url })
      const others = await late.streams(20)
      assertWhole(others, 20)
      await late.until(({ status }) => status === 'degraded')
      await eventually(() => late.program.stderr.includes('"msg":"ledger cannot be written, rows wait"') || undefined)
      await server.resume()
      for (const each of [gateway, late]) await each.until(({ status, waiting }) => status === 'ok' && waiting === 0)
      await untilSettled(url, [...first, ...meanwhile, ...others])
      assert.equal(await torn(url), 0)
    })
})

suite('a ledger in a file', () => {
  let folder: string
  before(() => {
    folder = mkdtempSync(join(tmpdir(), 'millrace-faults-'))
  })
  after(() => rmSync(folder, { recursive: true }))

  test('is made with its folders', async () => {
    const url = join(folder, 'a', 'b', 'ledger.sqlite')
    await using gateway = await LedgerGateway.start(simulator.url, { url })
    const streamed = await gateway.streams(3)
    assertWhole(streamed, 3)
    await untilSettled(url, streamed)
    assert.equal(statSync(url).mode & 0o777, 0o600)
  })

  for (const [what, make] of [
    ['where no file can be', (path: string) => mkdirSync(path)],
    ['in the place of something else', (path: string) => writeFileSync(path, 'No database. '.repeat(1000))],
  ] as const)
    test(`${what} stops no gateway, and is made when it can be`, async () => {
      const url = join(folder, `${what.length}.sqlite`)
      make(url)
      await using gateway = await LedgerGateway.start(simulator.url, { url })
      const streamed = await gateway.streams(5)
      assertWhole(streamed, 5)
      const state = await gateway.until(({ status }) => status === 'degraded')
      assert.deepEqual([state.waiting > 0, state.dropped], [true, 0])
      rmSync(url, { recursive: true })
      await gateway.until(({ status, waiting }) => status === 'ok' && waiting === 0)
      await untilSettled(url, streamed)
    })

  test('that is deleted under a running gateway is made anew', async () => {
    const url = join(folder, 'deleted.sqlite')
    await using gateway = await LedgerGateway.start(simulator.url, { url })
    const first = await gateway.streams(3)
    await untilSettled(url, first)
    for (const path of [url, `${url}-wal`, `${url}-shm`]) rmSync(path)
    const streamed = await gateway.streams(3)
    await untilSettled(url, streamed)
  })

  test('on a full disk has all rows when there is room again', async t => {
    using disk = smallDisk(t)
    if (disk === undefined) return
    const url = join(disk.folder, 'ledger.sqlite')
    await using gateway = await LedgerGateway.start(simulator.url, { url })
    const first = await gateway.streams(20)
    await untilSettled(url, first)
    fill(join(disk.folder, 'ballast'))
    const streamed = await gateway.streams(400)
    assertWhole(streamed, 400)
    const { error } = await gateway.until(({ status }) => status === 'degraded')
    assert.match(error ?? '', /full|disk/)
    disk.remount('size=64m')
    await gateway.until(({ status, waiting }) => status === 'ok' && waiting === 0)
    await untilSettled(url, [...first, ...streamed])
    assert.equal(await torn(url), 0)
  })

  test('that can only be read is written when it can be', async t => {
    using disk = smallDisk(t)
    if (disk === undefined) return
    const url = join(disk.folder, 'ledger.sqlite')
    await using before = await LedgerGateway.start(simulator.url, { url })
    const first = await before.streams(5)
    await untilSettled(url, first)
    await before.stop()
    disk.remount('ro')
    await using gateway = await LedgerGateway.start(simulator.url, { url })
    const streamed = await gateway.streams(5)
    assertWhole(streamed, 5)
    await gateway.until(({ status, waiting }) => status === 'degraded' && waiting > 0)
    disk.remount('rw')
    await gateway.until(({ status, waiting }) => status === 'ok' && waiting === 0)
    await untilSettled(url, [...first, ...streamed])
  })
})

/** Undefined where there can be none; it is told why. */
function smallDisk(t: TestContext): SmallDisk | undefined {
  const disk = SmallDisk.mount(1024 * 1024)
  if (typeof disk !== 'string') return disk
  process.stderr.write(`skipped: ${t.name}: ${disk}\n`)
  t.skip(disk)
  return undefined
}

/** Takes all the room that there is. */
function fill(path: string): void {
  const file = openSync(path, 'w')
  try {
    for (;;) writeSync(file, Buffer.alloc(4096))
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOSPC') throw error
  } finally {
    closeSync(file)
  }
}

/** Another who holds the ledger for itself. */
async function lockedBy(url: string): Promise<{ release(): Promise<void> }> {
  const database = await openDatabase(url)
  const { promise: released, resolve } = Promise.withResolvers<void>()
  const { promise: isHeld, resolve: held } = Promise.withResolvers<void>()
  const done = database.transaction(async queries => {
    // A transaction of SQLite holds the whole file.
    if (url.includes('://')) await queries.run('LOCK TABLE exchanges IN ACCESS EXCLUSIVE MODE')
    held()
    await released
  })
  await isHeld
  return {
    async release() {
      resolve()
      await done
      await database.close()
    },
  }
}
