import assert from 'node:assert/strict'
import { connect } from 'node:net'
import { after, before, suite, test } from 'node:test'
import { eventually } from '../../test/eventually.ts'
import { type GatewaySetup, startTestGateway } from '../../test/gateway.ts'
import { RawClient } from '../../test/raw-client.ts'
import { HOOK_EVENTS, HookManager, type HookState } from '../observe/index.ts'
import { type Simulator, startSimulator } from '../simulator/index.ts'
import { VERSION } from '../version.ts'

const KEY = 'sk-a-key-of-the-clients-0123456789'
/** Waits for something that must come true. */
const until = (isSo: () => boolean) => eventually(() => isSo() || undefined)

const TOLD = HOOK_EVENTS.filter(event => event !== 'provider.request.prepared' && event !== 'provider.stream.chunk')

suite('hooks of a gateway', () => {
  let simulator: Simulator
  before(async () => {
    simulator = await startSimulator()
  })
  after(() => simulator.close())

  /** A gateway with a hook that watches everything but bytes and credentials. */
  async function start(setup: GatewaySetup = {}) {
    const hookManager = new HookManager()
    const states: HookState[] = []
    hookManager.register({ name: 'all', events: TOLD, handle: state => void states.push(state) })
    const gateway = await startTestGateway(simulator.url, { hookManager, server: { keys: [KEY] }, ...setup })
    const port = Number(new URL(gateway.url).port)
    const ask = (body: object, headers: Record<string, string> = {}) =>
      fetch(`${gateway.url}/v1/chat/completions?key=${KEY}`, {
        method: 'POST',
        headers: { 'content-type': 'application/json', ...headers },
        body: JSON.stringify(body),
      })
    /** What was told of one request, or of the gateway itself. */
    const events = (id?: string) => states.filter(({ requestId }) => requestId === id).map(({ event }) => event)
    return { ...gateway, port, ask, states, events, hookManager, [Symbol.asyncDispose]: () => gateway.close() }
  }

  const idOf = (response: Response) => response.headers.get('x-millrace-request-id') as string

  test('are told when it starts, is ready and stops, the last before it has closed', async () => {
    const gateway = await start()
    await gateway.close()
    assert.deepEqual(gateway.events(), ['app.startup', 'app.ready', 'app.shutdown'])
    const ready = gateway.states.flatMap(({ event, data }) => (event === 'app.ready' ? [data] : []))
    assert.deepEqual(ready, [{ version: VERSION, url: gateway.url }])
  })

  test('are told of a request from its line to its last byte', async () => {
    await using gateway = await start()
    const response = await gateway.ask({ model: 'sim/story', stream: true, messages: [] })
    await response.text()
    const id = idOf(response)
    await until(() => gateway.events(id).includes('http.response') && gateway.events(id).includes('request.completed'))
    const told = gateway.events(id).filter(event => event !== 'provider.stream.event')
    assert.deepEqual(told.slice(0, 5), [
      'http.request',
      'request.started',
      'provider.stream.start',
      'provider.request.sent',
      'provider.response.received',
    ])
    assert.deepEqual(told.slice(5).sort(), ['http.response', 'provider.stream.end', 'request.completed'])
    assert.ok(gateway.events(id).includes('provider.stream.event'))
    const states = gateway.states.filter(({ requestId }) => requestId === id)
    assert.equal(new Set(states.map(({ metadata }) => metadata)).size, 1, 'one map for all hooks of a request')
    const data = (event: string) => states.find(state => state.event === event)?.data as Record<string, unknown>
    assert.deepEqual(data('http.request'), { method: 'POST', path: '/v1/chat/completions' })
    assert.equal(data('http.response').status, 200)
    const started = { method: 'POST', path: '/v1/chat/completions', dialect: 'chat', operation: 'generate' }
    assert.deepEqual(data('request.started'), started)
    assert.equal((data('request.completed').report as { outcome: string }).outcome, 'completed')
  })

  test('are told of a request that fails or is refused, with the error', async () => {
    await using gateway = await start()
    const failing = await gateway.ask(
      { model: 'sim/story', stream: true, messages: [] },
      { 'x-sim': 'fault=status,status=429' },
    )
    const refused = await gateway.ask([])
    for (const response of [failing, refused]) {
      await response.text()
      const id = idOf(response)
      await until(() => gateway.events(id).includes('request.failed'))
      assert.equal(gateway.events(id).includes('request.completed'), false)
      const failed = gateway.states.find(state => state.requestId === id && state.event === 'request.failed')
      assert.equal(failed?.error?.status, response.status)
    }
    const unknown = await fetch(`${gateway.url}/nowhere`)
    await unknown.text()
    await until(() =>
      gateway.states.some(
        ({ event, data }) => event === 'http.response' && (data as { status: number }).status === 404,
      ),
    )
  })

  test('are told of a client that leaves, and of what is no request', async () => {
    await using gateway = await start()
    const headers = {
      host: `127.0.0.1:${gateway.port}`,
      'content-type': 'application/json',
      authorization: `Bearer ${KEY}`,
      'x-sim': 'fault=stall,at=middle',
    }
    const client = await RawClient.post(
      gateway.port,
      '/v1/chat/completions',
      { model: 'sim/story', stream: true, messages: [] },
      headers,
    )
    await client.until(({ body }) => body.includes('"content"'))
    client.leave()
    await until(() => gateway.states.some(({ event }) => event === 'http.error'))
    const left = gateway.states.find(({ event }) => event === 'http.error')
    assert.equal(left?.error?.code, 'cancelled')
    await until(() => gateway.events(left?.requestId).includes('request.failed'))
    const socket = connect(gateway.port, '127.0.0.1').on('error', () => {})
    socket.end('no request at all\r\n\r\n').resume()
    await until(() => gateway.states.filter(({ event }) => event === 'http.error').length === 2)
    assert.deepEqual(gateway.states.filter(({ event }) => event === 'http.error').at(-1)?.data, { status: 400 })
  })

  test('are told no secret', async () => {
    await using gateway = await start({ upstream: { apiKey: 'sk-of-the-upstream-0123456789abc' } })
    const response = await gateway.ask(
      { model: 'sim/story', stream: true, messages: [] },
      { cookie: 'session=sk-in-a-cookie-0123456789' },
    )
    await response.text()
    await until(() => gateway.events(idOf(response)).includes('http.response'))
    const told = JSON.stringify(gateway.states.map(({ metadata, ...state }) => ({ ...state, notes: [...metadata] })))
    assert.doesNotMatch(told, /sk-/)
  })

  test('are told everything before it has closed, however slow they are', async () => {
    const hookManager = new HookManager()
    const ended: string[] = []
    hookManager.register({
      name: 'slow',
      events: ['request.completed', 'app.shutdown'],
      handle: async ({ event }) => {
        await new Promise(resolve => setImmediate(resolve))
        ended.push(event)
      },
    })
    const gateway = await start({ hookManager })
    for (let count = 0; count < 5; count++) await (await gateway.ask({ model: 'sim/length', messages: [] })).text()
    await gateway.close()
    assert.deepEqual(ended.sort(), ['app.shutdown', ...Array.from({ length: 5 }, () => 'request.completed')])
  })

  test('that hang do not keep it from closing', async () => {
    const warned: string[] = []
    const after = (_ms: number, run: () => void) => {
      const timer = setImmediate(run)
      return () => clearImmediate(timer)
    }
    const hookManager = new HookManager({ after })
    hookManager.register({ name: 'hanging', events: ['app.shutdown'], handle: () => new Promise<undefined>(() => {}) })
    const log = { info() {}, warn: (_record: object, message: string) => void warned.push(message), error() {} }
    const gateway = await start({ hookManager, log })
    await gateway.close()
    assert.deepEqual(warned, ['hooks were not told everything'])
  })

  test('mapEvents changes the answers of every dialect', async () => {
    await using gateway = await start({
      mapEvents: () => event => (event.type === 'text-delta' ? { ...event, text: event.text.toUpperCase() } : event),
    })
    const whole = await gateway.ask({ model: 'sim/length', messages: [] })
    const { choices } = (await whole.json()) as { choices: { message: { content: string } }[] }
    const text = choices[0]?.message.content as string
    assert.equal(text, text.toUpperCase())
    const report = await gateway.report(idOf(whole), { authorization: `Bearer ${KEY}` })
    assert.deepEqual([report.lane, report.edits.includes('mapped')], ['edit', true])
  })
})
