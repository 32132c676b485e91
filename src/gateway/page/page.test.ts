import assert from 'node:assert/strict'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, suite, test } from 'node:test'
import { eventually } from '../../../test/eventually.ts'
import { startTestGateway } from '../../../test/gateway.ts'
import { RawClient } from '../../../test/raw-client.ts'
import { startSimulator } from '../../simulator/index.ts'
import { decodeEvents } from '../../sse/index.ts'
import type { LiveChange } from './live-feed.ts'
import type { LiveRow } from './live-row.ts'
import type { Overview } from './overview.ts'

const KEYS = ['first-key-of-this-test', 'second-key-of-this-test']
const SLOW = 'sim/story?delay=20,words=100000'

const simulator = await startSimulator()
after(() => simulator.close())

/** What is told of a stream that is open. */
interface OpenReport {
  readonly outcome: null
  readonly state: string
  readonly events: number
}

type Setup = Parameters<typeof startTestGateway>[1]

async function start(setup: Setup = {}) {
  const gateway = await startTestGateway(simulator.url, setup)
  const json = { 'content-type': 'application/json', origin: gateway.url }
  const opened: AbortController[] = []
  const send = (path: string, init: RequestInit = {}) => {
    const abort = new AbortController()
    opened.push(abort)
    return fetch(gateway.url + path, { ...init, signal: abort.signal })
  }
  return {
    ...gateway,
    port: Number(new URL(gateway.url).port),
    json,
    get: (path: string, headers: Record<string, string> = {}) => send(path, { headers }),
    post: (path: string, body: object, headers: Record<string, string> = json) =>
      send(path, { method: 'POST', headers, body: JSON.stringify(body) }),
    /** A slow stream; resolves when its head is there. */
    stream: (key?: string) => {
      const headers = { ...json, ...(key === undefined ? {} : { 'x-api-key': key }) }
      const body = JSON.stringify({ model: SLOW, stream: true, messages: [{ role: 'user', content: 'Hi' }] })
      return send('/v1/chat/completions', { method: 'POST', headers, body })
    },
    async [Symbol.asyncDispose]() {
      for (const abort of opened) abort.abort()
      await gateway.close()
    },
  }
}

/** The events of the live view: their name and id, and what they tell. */
async function* eventsOf(response: Response) {
  for await (const { event, id, data } of decodeEvents(response.body as ReadableStream<Uint8Array>))
    yield { event, id: id as string, change: JSON.parse(data) as LiveChange }
}

/** The first row of which this is so. */
async function rowIn(response: Response, isIt: (row: LiveRow) => boolean): Promise<LiveRow> {
  for await (const { change } of eventsOf(response)) {
    const row = change.rows.find(isIt)
    if (row !== undefined) return row
  }
  throw new Error('The live view ended')
}

function cookieOf(response: Response): string {
  return (response.headers.get('set-cookie') ?? '').split(';')[0] as string
}

suite('the live view', { concurrency: true }, () => {
  test('tells a snapshot, then what moves, then how it ended', async () => {
    await using gateway = await start()
    const streaming = await gateway.stream()
    const id = streaming.headers.get('x-millrace-request-id')
    const live = await gateway.get('/api/live')
    assert.equal(live.headers.get('content-type'), 'text/event-stream')
    const seen: string[] = []
    let tokens = 0
    for await (const { event, change } of eventsOf(live)) {
      seen.push(event as string)
      if (event === 'snapshot') {
        const [row] = change.rows
        assert.deepEqual([row?.id, row?.client, row?.upstream, row?.lane], [id, 'chat', 'upstream', 'edit'])
      }
      for (const [, state, count, , , gaps] of change.moved) {
        assert.equal(state, 'writing')
        assert.ok(count >= tokens)
        assert.ok(gaps.length <= 16)
        tokens = count
      }
      if (tokens > 0) break
    }
    assert.equal(seen[0], 'snapshot')
    await gateway.post(`/api/streams/${id}/stop`, {})
    const report = await gateway.report(id)
    assert.equal(report.outcome, 'cancelled')
  })

  test('who comes back with the last id gets what was missed, and everything with one that is not known', async () => {
    await using gateway = await start()
    await gateway.stream()
    const ids: string[] = []
    for await (const { id } of eventsOf(await gateway.get('/api/live'))) if (ids.push(id) === 3) break
    const next = async (lastEventId: string) => {
      for await (const { event, id } of eventsOf(await gateway.get('/api/live', { 'last-event-id': lastEventId })))
        return [event, id]
      throw new Error('The live view ended')
    }
    assert.deepEqual(await next(ids[0] as string), ['change', ids[1]])
    assert.deepEqual(await next(ids[1] as string), ['change', ids[2]])
    assert.equal((await next('0123456789ab-1'))[0], 'snapshot')
    assert.equal((await next('nonsense'))[0], 'snapshot')
  })

  test('a stream that is open is told as its report stands, and is not found when it is over', async () => {
    await using gateway = await start()
    const streaming = await gateway.stream()
    const id = streaming.headers.get('x-millrace-request-id') as string
    await eventually(async () => {
      const report = (await (await gateway.get(`/api/live/${id}`)).json()) as OpenReport
      return (report.outcome === null && report.state === 'writing' && report.events > 0) || undefined
    })
    assert.equal((await gateway.get(`/api/streams/${id}`)).status, 404)
    await gateway.post(`/api/streams/${id}/stop`, {})
    await gateway.report(id)
    assert.equal((await gateway.get(`/api/live/${id}`)).status, 404)
  })

  test('a stream that is stopped ends for its client with an error in its dialect, and for the upstream at once', async () => {
    await using gateway = await start()
    const streaming = await gateway.stream()
    const id = streaming.headers.get('x-millrace-request-id')
    const stopped = await gateway.post(`/api/streams/${id}/stop`, {})
    assert.deepEqual([stopped.status, await stopped.json()], [202, { id }])
    await assert.rejects(async () => {
      let text = ''
      const decoder = new TextDecoder()
      for await (const bytes of streaming.body as ReadableStream<Uint8Array>) {
        text += decoder.decode(bytes)
        if (text.includes('stopped by an operator')) assert.match(text, /data: \{"error":\{/)
      }
    })
    const { outcome, error } = await gateway.report(id)
    assert.deepEqual([outcome, error?.message], ['cancelled', 'Stream was stopped by an operator'])
    assert.equal((await gateway.post(`/api/streams/${id}/stop`, {})).status, 404)
  })
})

suite('what a foreign page may not', { concurrency: true }, () => {
  test('change anything without an Origin of ours, or without JSON', async () => {
    await using gateway = await start({ server: { origins: ['https://friend.test'] } })
    const stop = (headers: Record<string, string>) => gateway.post('/api/streams/some/stop', {}, headers)
    const json = { 'content-type': 'application/json' }
    assert.equal((await stop(json)).status, 403)
    assert.equal((await stop({ ...json, origin: 'null' })).status, 403)
    assert.equal((await stop({ ...json, origin: 'http://evil.test' })).status, 403)
    // May call the models, but is not our page.
    assert.equal((await stop({ ...json, origin: 'https://friend.test' })).status, 403)
    assert.equal((await stop({ origin: gateway.url, 'content-type': 'text/plain' })).status, 415)
    assert.equal((await stop({ ...json, origin: gateway.url })).status, 404)
  })

  test('reach it by another name', async () => {
    await using gateway = await start()
    for (const path of ['/', '/api/live', '/api/session', '/api/overview']) {
      const client = await RawClient.send(
        gateway.port,
        `GET ${path} HTTP/1.1\r\nhost: evil.test:${gateway.port}\r\n\r\n`,
      )
      await client.until(({ head }) => head.includes('HTTP/1.1'))
      assert.equal(client.status, 403, path)
    }
  })

  test('read what it finds', async () => {
    await using gateway = await start()
    const headers = { 'sec-fetch-site': 'cross-site', 'sec-fetch-mode': 'cors' }
    for (const path of ['/api/live', '/api/overview', '/assets/a.js'])
      assert.equal((await gateway.get(path, headers)).status, 403, path)
  })
})

suite('sessions', { concurrency: true }, () => {
  test('without keys none is wanted', async () => {
    await using gateway = await start()
    assert.deepEqual(await (await gateway.get('/api/session')).json(), { isOpen: true, visitor: { key: null } })
    assert.equal(gateway.pageUrl, `${gateway.url}/`)
  })

  test('with keys all but the files and the session itself wants one', async () => {
    await using gateway = await start({ server: { keys: KEYS } })
    assert.deepEqual(await (await gateway.get('/api/session')).json(), { isOpen: false, visitor: null })
    for (const path of ['/api/live', '/api/live/some', '/api/overview', '/api/streams'])
      assert.equal((await gateway.get(path)).status, 401, path)
    assert.equal((await gateway.post('/api/streams/some/stop', {})).status, 401)
  })

  test('the printed link opens one that sees all streams, once', async () => {
    await using gateway = await start({ server: { keys: KEYS } })
    const token = new URL(gateway.pageUrl as string).hash.replace('#token=', '')
    const opened = await gateway.post('/api/session', { token })
    const cookie = opened.headers.get('set-cookie') ?? ''
    assert.equal(opened.status, 200)
    assert.match(
      cookie,
      new RegExp(`^millrace_${gateway.port}=[\\w-]{32}; Path=/; Max-Age=2592000; HttpOnly; SameSite=Strict$`),
    )
    assert.equal((await gateway.post('/api/session', { token })).status, 401)
    const first = await gateway.stream(KEYS[0])
    const second = await gateway.stream(KEYS[1])
    const headers = { cookie: cookieOf(opened) }
    for (const streaming of [first, second]) {
      const id = streaming.headers.get('x-millrace-request-id')
      await rowIn(await gateway.get('/api/live', headers), row => row.id === id)
      const stopped = await gateway.post(`/api/streams/${id}/stop`, {}, { ...gateway.json, ...headers })
      assert.equal(stopped.status, 202)
      assert.equal((await gateway.report(id, headers)).outcome, 'cancelled')
    }
  })

  test('a key opens one that sees its own streams', async () => {
    await using gateway = await start({ server: { keys: KEYS } })
    const opened = await gateway.post('/api/session', { key: KEYS[0] })
    const headers = { cookie: `other=1; ${cookieOf(opened)}` }
    const mine = await gateway.stream(KEYS[0])
    const other = await gateway.stream(KEYS[1])
    const row = await rowIn(await gateway.get('/api/live', headers), () => true)
    assert.equal(row.id, mine.headers.get('x-millrace-request-id'))
    const path = `/api/streams/${other.headers.get('x-millrace-request-id')}/stop`
    assert.equal((await gateway.post(path, {}, { ...gateway.json, ...headers })).status, 404)
    const { visitor } = (await (await gateway.get('/api/session', headers)).json()) as { visitor: object }
    assert.deepEqual(visitor, { key: row.key })
  })

  test('a cookie asks no upstream for anything', async () => {
    await using gateway = await start({ server: { keys: KEYS } })
    const opened = await gateway.post('/api/session', { key: KEYS[0] })
    const headers = { ...gateway.json, cookie: cookieOf(opened) }
    assert.equal(
      (await gateway.post('/v1/chat/completions', { model: 'sim/story', messages: [] }, headers)).status,
      401,
    )
    assert.equal((await gateway.get('/v1/models', headers)).status, 401)
  })

  test('a cookie without our Origin changes nothing, a key in a header does', async () => {
    await using gateway = await start({ server: { keys: KEYS } })
    const cookie = cookieOf(await gateway.post('/api/session', { key: KEYS[0] }))
    const json = { 'content-type': 'application/json' }
    assert.equal((await gateway.post('/api/streams/some/stop', {}, { ...json, cookie })).status, 403)
    assert.equal(
      (await gateway.post('/api/streams/some/stop', {}, { ...json, 'x-api-key': KEYS[0] as string })).status,
      404,
    )
  })

  test('a cookie without our Origin deletes no capture either', async () => {
    await using gateway = await start({ server: { keys: KEYS } })
    const cookie = cookieOf(await gateway.post('/api/session', { key: KEYS[0] }))
    const remove = async (headers: Record<string, string>) =>
      (await fetch(`${gateway.url}/api/streams/some/capture`, { method: 'DELETE', headers })).status
    assert.equal(await remove({ cookie }), 403)
    assert.equal(await remove({ cookie, origin: gateway.url }), 404)
    assert.equal(await remove({ 'x-api-key': KEYS[0] as string }), 404)
    assert.equal(await remove({}), 401)
  })

  test('a session that was closed is none', async () => {
    await using gateway = await start({ server: { keys: KEYS } })
    const cookie = cookieOf(await gateway.post('/api/session', { key: KEYS[0] }))
    const closed = await fetch(`${gateway.url}/api/session`, { method: 'DELETE', headers: { ...gateway.json, cookie } })
    assert.match(closed.headers.get('set-cookie') ?? '', /^millrace_\d+=; Path=\/; Max-Age=0; /)
    assert.equal((await gateway.get('/api/overview', { cookie })).status, 401)
  })

  test('after ten wrong secrets one has to wait', async () => {
    await using gateway = await start({ server: { keys: KEYS } })
    for (let n = 0; n < 10; n++) assert.equal((await gateway.post('/api/session', { key: `wrong-${n}` })).status, 401)
    const refused = await gateway.post('/api/session', { key: KEYS[0] as string })
    assert.equal(refused.status, 429)
    assert.match(refused.headers.get('retry-after') ?? '', /^[1-6]$/)
  })

  test('what is no secret is a 400', async () => {
    await using gateway = await start({ server: { keys: KEYS } })
    for (const body of [{}, { key: 1 }, [], { key: 'a', token: 'b' }])
      assert.equal((await gateway.post('/api/session', body)).status, 400)
  })
})

suite('files', { concurrency: true }, () => {
  test('are served with their types, the page anew each time and what is hashed for ever', async t => {
    const pageFolder = await mkdtemp(join(tmpdir(), 'millrace-page-'))
    t.after(() => rm(pageFolder, { recursive: true }))
    await writeFile(join(pageFolder, 'index.html'), '<!doctype html><title>Millrace</title>')
    await writeFile(join(pageFolder, 'notes.txt'), 'none of the page')
    await using gateway = await start({ pageFolder })
    const page = await gateway.get('/')
    assert.equal(await page.text(), '<!doctype html><title>Millrace</title>')
    assert.deepEqual(
      ['content-type', 'cache-control', 'x-content-type-options', 'referrer-policy', 'x-frame-options'].map(name =>
        page.headers.get(name),
      ),
      ['text/html; charset=utf-8', 'no-store', 'nosniff', 'no-referrer', 'DENY'],
    )
    const policy = page.headers.get('content-security-policy') ?? ''
    assert.ok(policy.startsWith("default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'"))
    assert.doesNotMatch(policy, /unsafe|\*/)
    for (const path of ['/notes.txt', '/index.html', '/assets/', '/assets/none.js', '/assets/%2e%2e/index.html'])
      assert.ok([400, 404].includes((await gateway.get(path)).status), path)
  })

  test('that were not built are asked for', async t => {
    const pageFolder = await mkdtemp(join(tmpdir(), 'millrace-page-'))
    t.after(() => rm(pageFolder, { recursive: true }))
    await using gateway = await start({ pageFolder })
    const page = await gateway.get('/')
    assert.equal(page.status, 503)
    assert.match(await page.text(), /npm run build/)
  })

  test('there is no page where it is switched off', async () => {
    await using gateway = await start({ server: { page: false } })
    assert.equal(gateway.pageUrl, undefined)
    for (const path of ['/', '/assets/a.js', '/api/live', '/api/session', '/api/overview'])
      assert.equal((await gateway.get(path)).status, 404, path)
    assert.equal((await gateway.post('/api/live', {})).status, 404)
    assert.equal((await gateway.get('/api/streams')).status, 200)
  })
})

suite('the overview', () => {
  test('sums up what came through', async () => {
    await using gateway = await start()
    const body = { model: 'sim/length', stream: true, messages: [{ role: 'user', content: 'Hi' }] }
    for (let n = 0; n < 3; n++) {
      const response = await gateway.post('/v1/chat/completions', body)
      await response.text()
      await gateway.report(response.headers.get('x-millrace-request-id'))
    }
    const overview = (await (await gateway.get('/api/overview?since=1h&by=upstream')).json()) as Overview
    assert.deepEqual([overview.source, overview.total.requests, overview.total.failed], ['memory', 3, 0])
    assert.deepEqual(
      overview.groups.map(({ name, requests }) => [name, requests]),
      [['upstream', 3]],
    )
    assert.equal((await gateway.get('/api/overview?since=never')).status, 400)
  })
})
