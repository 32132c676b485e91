/** Whatever becomes of a request, it leaves one row. */
import assert from 'node:assert/strict'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, suite, test } from 'node:test'
import { type Ledger, openLedger } from '../../src/ledger/index.ts'
import { type Simulator, startSimulator } from '../../src/simulator/index.ts'
import { eventually } from '../eventually.ts'
import { startTestGateway, type TestGateway } from '../gateway.ts'
import { SILENT } from './exchanges.ts'

const KEY = 'a-key-of-a-client-0001'
const ASK = { model: 'sim/story', stream: true, max_tokens: 100, messages: [{ role: 'user', content: 'Hi' }] }

suite('the ledger of a gateway', () => {
  let folder: string
  let simulator: Simulator
  let ledger: Ledger
  let gateway: TestGateway
  before(async () => {
    folder = mkdtempSync(join(tmpdir(), 'millrace-gateway-'))
    simulator = await startSimulator()
    ledger = openLedger({ url: join(folder, 'ledger.sqlite'), log: SILENT })
    // It is made in a moment.
    await eventually(() => ledger.reader.recent().catch(() => undefined))
    const chatOnly = { dialects: { chat: `${simulator.url}/v1` } }
    gateway = await startTestGateway(simulator.url, {
      ...{ ledger, server: { keys: [KEY] }, upstreams: { other: chatOnly } },
      models: [{ match: 'gpt-*', upstream: 'other' }],
    })
  })
  after(async () => {
    await gateway.close()
    await ledger.close()
    await simulator.close()
    rmSync(folder, { recursive: true })
  })

  function ask(path: string, body: unknown, settings = '', signal?: AbortSignal): Promise<Response> {
    return fetch(gateway.url + path, {
      method: 'POST',
      headers: { 'content-type': 'application/json', 'x-api-key': KEY, 'x-sim': settings },
      body: typeof body === 'string' ? body : JSON.stringify(body),
      ...(signal && { signal }),
    })
  }

  /** The row of an exchange, once it has ended. */
  async function rowOf(response: Response) {
    const id = response.headers.get('x-millrace-request-id') as string
    return eventually(async () => {
      const [found] = await ledger.reader.find(id)
      return found?.row.state === 'settled' ? found : undefined
    })
  }

  test('tells what was answered, relayed and converted', async () => {
    const relayed = await ask('/v1/messages', ASK)
    await relayed.text()
    const { row } = await rowOf(relayed)
    assert.deepEqual(
      [row.outcome, row.status, row.lane, row.upstream, row.modelRequested, row.key?.length, row.inputTokens !== null],
      ['completed', 200, 'relay', 'upstream', 'sim/story', 8, true],
    )
    const converted = await ask('/v1/messages', { ...ASK, model: 'gpt-6' })
    await converted.text()
    const { row: other, attempts } = await rowOf(converted)
    assert.deepEqual(
      [other.lane, other.clientDialect, other.upstreamDialect, other.upstream, attempts.length],
      ['convert', 'messages', 'chat', 'other', 1],
    )
  })

  test('tells what failed, was refused here, or was only estimated', async () => {
    const failed = await ask('/v1/messages', ASK, 'status=500')
    await failed.text()
    const { row } = await rowOf(failed)
    assert.deepEqual([row.outcome, row.status, row.errorCode], ['failed', 500, 'upstream'])
    const refused = await ask('/v1/messages', '{"model":')
    await refused.text()
    const { row: none, attempts } = await rowOf(refused)
    assert.deepEqual([none.outcome, none.status, none.upstream, attempts], ['refused', 400, null, []])
    const estimated = await ask('/v1/messages/count_tokens', { ...ASK, model: 'gpt-6' })
    await estimated.text()
    const { report } = await rowOf(estimated)
    assert.deepEqual([report?.outcome, report?.edits], ['completed', ['estimated']])
  })

  test('has an open row while a stream runs, and tells who left it', async () => {
    const leave = new AbortController()
    const stalled = await ask('/v1/messages', ASK, 'fault=stall,at=middle', leave.signal)
    await stalled.body?.getReader().read()
    const id = stalled.headers.get('x-millrace-request-id') as string
    const open = await eventually(async () => (await ledger.reader.find(id))[0])
    assert.deepEqual([open.row.state, open.row.upstream, open.report], ['open', 'upstream', null])
    leave.abort()
    const { row } = await rowOf(stalled)
    assert.equal(row.outcome, 'cancelled')
  })

  test('has one row for each of them', async () => {
    const before = await ledger.reader.recent({ limit: 1000 })
    const answers = await Promise.all(Array.from({ length: 50 }, () => ask('/v1/messages', ASK)))
    for (const answer of answers) await answer.text()
    for (const answer of answers) await rowOf(answer)
    const rows = await ledger.reader.recent({ limit: 1000 })
    assert.equal(rows.length, before.length + 50)
    assert.ok(!JSON.stringify(rows).includes(KEY))
  })

  test('stands at /ready, what the store says for those alone who have a key', async () => {
    const stranger = await (await fetch(`${gateway.url}/ready`)).json()
    const friend = await (await fetch(`${gateway.url}/ready`, { headers: { 'x-api-key': KEY } })).json()
    const state = { status: 'ok', store: 'sqlite', waiting: 0, dropped: 0, droppedOpen: 0 }
    assert.deepEqual(stranger, { status: 'ready', ledger: state })
    assert.deepEqual(friend, { status: 'ready', ledger: { ...state, error: null } })
  })
})
