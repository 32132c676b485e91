import assert from 'node:assert/strict'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { suite, test } from 'node:test'
import { eventually } from '../../test/eventually.ts'
import { made, opening } from '../../test/ledger/exchanges.ts'
import type { LogRecord } from '../observe/index.ts'
import { type LedgerOptions, openLedger } from './ledger.ts'

/**
 * A thread that does as the reports say that it gets: their key is the word. It notes when it was started, and
 * dies but the first time.
 */
const FAKE = new URL(
  `data:text/javascript,${encodeURIComponent(`
    import { appendFileSync, readFileSync } from 'node:fs'
    import { parentPort, workerData } from 'node:worker_threads'
    let isFirst = true
    if (!workerData.url.includes('://')) {
      appendFileSync(workerData.url, Date.now() + ' ')
      isFirst = readFileSync(workerData.url, 'utf8').split(' ').length === 2
    }
    let failures = 0
    parentPort.on('message', ({ kind, settled }) => {
      if (kind === 'close') process.exit(0)
      if (isFirst && settled.includes('"key":"die"')) process.exit(1)
      if (isFirst && settled.includes('"key":"throw"')) throw new Error('No')
      if (settled.includes('"key":"hang"')) return
      if (settled.includes('"key":"fail"') && failures++ < 3)
        return parentPort.postMessage({ kind: 'failed', isOfBatch: true, message: 'at pass-word-1' })
      parentPort.postMessage({ kind: 'written', refused: settled.includes('"key":"refuse"') ? 1 : 0 })
    })`)}`,
)

function fake(options: Partial<LedgerOptions> = {}) {
  const told: string[] = []
  const note = (record: LogRecord, message: string) => told.push(`${message} ${JSON.stringify(record)}`)
  const log = { info: note, warn: note, error: note }
  const ledger = openLedger({ url: 'postgres://mill:pass-word-1@db.example/x', log, worker: FAKE, ...options })
  return Object.assign(ledger, { told, [Symbol.asyncDispose]: () => ledger.close() })
}

suite('a ledger on the loop', () => {
  test('tries what failed again, and tells once that it failed and once that it works', async () => {
    await using ledger = fake()
    ledger.settled(made({ key: 'fail' }))
    await eventually(() => ledger.state.status === 'degraded' || undefined)
    assert.deepEqual([ledger.state.error, ledger.state.waiting], ['at [redacted]', 1])
    await eventually(() => ledger.state.waiting === 0 || undefined)
    assert.deepEqual([ledger.state.status, ledger.state.dropped], ['ok', 0])
    assert.deepEqual(
      ledger.told.map(line => line.slice(0, 20)),
      ['ledger cannot be wri', 'ledger is written ag'],
    )
    assert.ok(!ledger.told.join().includes('pass-word-1'))
  })

  for (const end of ['die', 'throw'])
    test(`gives what it had to write to another thread when it ends (${end}), a second later`, async t => {
      const folder = mkdtempSync(join(tmpdir(), 'millrace-thread-'))
      t.after(() => rmSync(folder, { recursive: true }))
      const starts = join(folder, 'starts')
      await using ledger = fake({ url: starts })
      ledger.settled(made({ key: end }))
      await eventually(() => ledger.state.status === 'degraded' || undefined)
      assert.equal(ledger.state.waiting, 1)
      await eventually(() => ledger.state.waiting === 0 || undefined)
      assert.deepEqual([ledger.state.status, ledger.state.dropped], ['ok', 0])
      const [first = 0, second = 0] = readFileSync(starts, 'utf8').split(' ').map(Number)
      assert.ok(second - first >= 900, `after ${second - first} ms`)
    })

  test('counts what the store refuses', async () => {
    await using ledger = fake()
    ledger.settled(made({ key: 'refuse' }))
    await eventually(() => ledger.state.dropped === 1 || undefined)
    assert.deepEqual([ledger.state.status, ledger.state.waiting], ['ok', 0])
  })

  test('says so when nothing is heard of a batch', async () => {
    await using ledger = fake({ closeMs: 100 })
    ledger.settled(made({ key: 'hang' }))
    const error = await eventually(() => ledger.state.error ?? undefined, 100)
    assert.match(error, /^no answer for \d+ ms$/)
    assert.equal(ledger.state.status, 'degraded')
  })

  test('holds no more than its measure while nothing is written, and closes within its bound', async () => {
    const ledger = fake({ queueRows: 50, closeMs: 200 })
    for (let count = 0; count < 500; count++) {
      const report = made({ key: 'hang' })
      const row = opening(report)
      ledger.opened(row)
      ledger.settled(report, row)
    }
    const { waiting, dropped } = ledger.state
    assert.equal(waiting + dropped, 500)
    assert.ok(waiting <= 150, `${waiting} wait`)
    await ledger.close()
    assert.match(ledger.told.at(-1) ?? '', /^ledger was closed before all rows were written/)
  })
})
