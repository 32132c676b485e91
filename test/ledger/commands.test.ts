/** The commands that read the ledger, as people and programs run them. */
import assert from 'node:assert/strict'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, suite, test } from 'node:test'
import { openLedger } from '../../src/ledger/index.ts'
import { eventually } from '../eventually.ts'
import { Program } from '../process.ts'
import { reports } from '../reports.ts'
import { made, SILENT } from './exchanges.ts'

const DAY_MS = 86_400_000

suite('the commands of the ledger', { concurrency: 4 }, () => {
  let folder: string
  let config: object
  const time = new Date(Date.now() - DAY_MS).toISOString()
  const evil = made({
    time,
    id: 'evil0000-0000',
    model: { requested: '\u001b[2Jwiped\r\nforged', sent: '\u001b[2Jwiped\r\nforged', reported: null },
  })
  before(async () => {
    folder = mkdtempSync(join(tmpdir(), 'millrace-commands-'))
    const url = join(folder, 'ledger.sqlite')
    config = { ledger: { url } }
    const ledger = openLedger({ url, log: SILENT })
    for (const report of reports) ledger.settled({ ...report, time })
    ledger.settled(evil)
    await eventually(() => ledger.state.waiting === 0 || undefined)
    await ledger.close()
  })
  after(() => rmSync(folder, { recursive: true }))

  const run = (...args: string[]) => Program.run(args, config)

  test('streams lists JSON lines to programs and a table to people', async () => {
    const { stdout, code } = await run('streams', '--limit', '3', '--since', '2d')
    const rows = stdout
      .trimEnd()
      .split('\n')
      .map(line => JSON.parse(line))
    assert.deepEqual([code, rows.length, rows[0].state], [0, 3, 'settled'])
    const table = await run('streams', '--no-json')
    const lines = table.stdout.trimEnd().split('\n')
    assert.match(lines[0] as string, /^TIME +ID +MODEL +UPSTREAM +OUTCOME +STATUS +INPUT +OUTPUT +COST +FIRST +TOTAL$/)
    assert.equal(lines.length, reports.length + 2)
    assert.match(
      table.stdout,
      /req_5f0c2a9be +claude-sonnet-5 +anthropic +completed +200 +21,874 +412 +\$0\.0145 +2\.2 s +6\.8 s/,
    )
    assert.match(table.stdout, /failed \(rate-limited\) +429/)
    assert.ok(!/[\u001b\r]/.test(table.stdout))
  })

  test('streams picks by model and failure', async () => {
    const ids = async (...flags: string[]) =>
      (await run('streams', ...flags)).stdout.match(/"id":"[^"]{8}/g)?.length ?? 0
    assert.equal(await ids('--model', 'claude-*'), 2)
    assert.equal(await ids('--failed'), 4)
    assert.equal(await ids('--since', '1h'), 0)
    assert.equal((await run('streams', '--since', '1h', '--no-json')).stdout, 'no such exchanges\n')
  })

  test('show tells all of one exchange, found by the beginning of its id', async () => {
    const { stdout } = await run('show', 'req_5f0c', '--no-json')
    for (const line of [
      /^req_5f0c2a9be1d84c2f9a3f6a1d7b0e4c11$/m,
      /^outcome +completed, status 200, finish tool-calls$/m,
      /^model +claude-sonnet-5 → claude-sonnet-5-20260915$/m,
      /^usage +21,874 input \(19,200 read from cache, 2,400 written to it\), 412 output; reported$/m,
      /^cost +\$0\.0145 \(genai-prices 0\.1\.8\)$/m,
      /^first token +2\.2 s +━+$/m,
      /^1 +anthropic +messages +claude-sonnet-5 +200 +0 ms +612 ms +6\.8 s$/m,
    ])
      assert.match(stdout, line)
    const { row, report } = JSON.parse((await run('show', 'req_5f0c')).stdout)
    assert.deepEqual([row.state, report.events], ['settled', 331])
    assert.ok(!/[\u001b\r]/.test((await run('show', 'evil', '--no-json')).stdout))
  })

  test('show says when there is none or are several', async () => {
    const none = await run('show', 'nothing')
    assert.deepEqual(none, {
      code: 1,
      stdout: '',
      stderr: 'millrace: Cannot show "nothing": the ledger has no such exchange\n',
    })
    const several = await run('show', 'req_')
    assert.equal(several.code, 2)
    assert.match(several.stderr, /^millrace: Cannot show "req_": several ids begin so:\n {2}req_/)
  })

  test('usage sums up', async () => {
    const table = (await run('usage', '--by', 'upstream', '--no-json')).stdout
    assert.match(table, /^UPSTREAM +REQUESTS +FAILED +INPUT +CACHE READ +OUTPUT +COST +UNPRICED\n/)
    assert.match(table, /^total +7 +4 /m)
    const rows = (await run('usage', '--by', 'day')).stdout
      .trimEnd()
      .split('\n')
      .map(line => JSON.parse(line))
    assert.deepEqual(
      rows.map(({ group, requests }) => [group, requests]),
      [[time.slice(0, 10), reports.length + 1]],
    )
    assert.equal((await run('usage', '--by', 'moon')).code, 2)
  })

  test('say what to do when there is no ledger', async () => {
    const absent = { ledger: { url: join(folder, 'absent.sqlite') } }
    const none = await Program.run(['usage'], absent)
    assert.equal(none.code, 1)
    assert.match(
      none.stderr,
      /^millrace: Cannot read the ledger: there is none yet, at .*absent\.sqlite; a gateway makes it/,
    )
    const off = await Program.run(['streams'], { ledger: { url: 'off' } })
    assert.equal(off.stderr, 'millrace: Cannot read the ledger: `ledger.url` is off, so none is kept\n')
    const secret = await Program.run(['streams'], { ledger: { url: 'postgres://mill:pass-word-1@127.0.0.1:1/x' } })
    assert.equal(secret.code, 1)
    assert.match(secret.stderr, /^millrace: Cannot read the ledger: connect ECONNREFUSED/)
    assert.ok(!secret.stderr.includes('pass-word-1'))
  })
})
