/** Requests that no honest client sends, and clients that take their time: a fast, clear answer and nothing else. */
import assert from 'node:assert/strict'
import { after, before, suite, test } from 'node:test'
import { getHeader } from '../../src/http/index.ts'
import { RawClient } from '../raw-client.ts'
import { type House, startHouse } from './house.ts'

interface Attack {
  readonly name: string
  /** The request line. Default: a chat request. */
  readonly line?: string
  /** Header lines beside or in place of Host, content type and length. */
  readonly lines?: readonly string[]
  readonly host?: string | null
  readonly body?: string
  readonly status: number
}

const CHAT = 'POST /v1/chat/completions HTTP/1.1'
const HELLO = '{"model":"mill","messages":[],"stream":true}'

const flood = (count: number, bytes: number) =>
  Array.from({ length: count }, (_, at) => `x-flood-${at}: ${'x'.repeat(bytes)}`)

const ATTACKS: readonly Attack[] = [
  { name: 'a Host that is not ours', host: 'evil.example', status: 403 },
  { name: 'our address with another port', host: '127.0.0.1:1', status: 403 },
  { name: 'our address without its port', host: '127.0.0.1', status: 403 },
  { name: 'no Host at all', host: null, status: 400 },
  { name: 'an empty Host', host: '', status: 403 },
  { name: 'two Hosts', lines: ['host: evil.example'], status: 400 },
  { name: 'a foreign Origin', lines: ['origin: https://evil.example'], status: 403 },
  { name: 'the null Origin', lines: ['origin: null'], status: 403 },
  { name: 'an Origin that begins like ours', lines: ['origin: http://127.0.0.1:1.evil.example'], status: 403 },
  { name: 'two Origins', lines: ['origin: null', 'origin: null'], status: 400 },
  {
    name: 'a GET of a foreign page',
    line: 'GET /api/streams HTTP/1.1',
    lines: ['sec-fetch-site: cross-site'],
    status: 403,
  },
  { name: 'a preflight', line: 'OPTIONS /v1/messages HTTP/1.1', lines: ['origin: https://evil.example'], status: 403 },
  { name: 'an absolute target', line: 'POST http://evil.example/v1/chat/completions HTTP/1.1', status: 400 },
  { name: 'a target with a host', line: 'POST //evil.example/v1/chat/completions HTTP/1.1', status: 400 },
  { name: 'a target with a backslash', line: 'POST /\\evil.example/v1/chat/completions HTTP/1.1', status: 400 },
  { name: 'a target that climbs', line: 'POST /v1/files/%2e%2e/%2e%2e/admin HTTP/1.1', status: 400 },
  { name: 'TRACE', line: 'TRACE /v1/chat/completions HTTP/1.1', body: '', status: 405 },
  { name: 'CONNECT', line: 'CONNECT evil.example:443 HTTP/1.1', body: '', status: 405 },
  { name: 'two keys', lines: ['authorization: Bearer a', 'authorization: Bearer b'], status: 400 },
  { name: 'two lengths', lines: ['content-length: 5'], status: 400 },
  { name: 'a length and chunks', lines: ['transfer-encoding: chunked'], status: 400 },
  { name: 'a hundred headers too many', lines: flood(200, 10), status: 431 },
  { name: 'headers that are too long', lines: flood(20, 1000), status: 431 },
  { name: 'something that is not HTTP', line: 'HELO mill', status: 400 },
  { name: 'a form of a web page', lines: ['content-type: text/plain'], status: 400 },
  { name: 'a compressed body', lines: ['content-encoding: gzip'], status: 415 },
  { name: 'a body that is too large', body: `{"model":"${'x'.repeat(20_000)}"}`, status: 413 },
]

suite('a hostile client', { concurrency: 16 }, () => {
  let house: House
  before(async () => {
    house = await startHouse({ timeouts: { clientHeadMs: 300, clientBodyMs: 400 }, limits: { bodyBytes: 10_000 } })
  })
  after(() => house.close())

  for (const { name, line = CHAT, lines = [], host, body = HELLO, status } of ATTACKS)
    test(`${name} is answered ${status}`, async () => {
      const ownHost = host === undefined ? `127.0.0.1:${house.port}` : host
      const head = [
        line,
        ...(ownHost === null ? [] : [`host: ${ownHost}`]),
        ...(line.startsWith('POST') ? ['content-type: application/json', `content-length: ${body.length}`] : []),
        `x-case: ${name}`,
        ...lines,
      ]
      const client = await RawClient.send(house.port, `${head.join('\r\n')}\r\n\r\n${body}`)
      await client.until(({ status }) => status > 0)
      assert.equal(client.status, status)
      assert.doesNotMatch(client.head, /access-control-/i)
      assert.ok(!house.simulator.requests().some(({ headers }) => getHeader(headers, 'x-case') === name))
      client.leave()
    })

  test('a head that does not end is answered 408', async () => {
    const client = await RawClient.send(house.port, `${CHAT}\r\nhost: 127.0.0.1:${house.port}\r\nx-slow: `)
    await client.closed()
    assert.equal(client.status, 408)
  })

  test('a body that drips is answered 408', async () => {
    const client = await RawClient.send(house.port, `${openingOf(house)}\r\ncontent-length: 500\r\n\r\n{`)
    const drops = setInterval(() => client.write(' '), 50)
    await client.until(({ status }) => status > 0)
    clearInterval(drops)
    assert.equal(client.status, 408)
    assert.match(client.head, /^connection: close$/im)
    client.leave()
  })

  test('a body that grows too large in chunks is answered 413', async () => {
    const client = await RawClient.send(house.port, `${openingOf(house)}\r\ntransfer-encoding: chunked\r\n\r\n`)
    for (let sent = 0; sent < 11_000; sent += 1000) client.write(`3e8\r\n${' '.repeat(1000)}\r\n`)
    await client.until(({ status }) => status > 0)
    assert.equal(client.status, 413)
    client.leave()
  })
})

test('more connections than are allowed are answered 503 at once', async () => {
  const house = await startHouse({ limits: { connections: 3 } })
  const quiet = await Promise.all([1, 2, 3].map(() => RawClient.send(house.port, 'POST ')))
  const late = await (await RawClient.send(house.port, 'POST ')).closed()
  assert.equal(late.status, 503)
  assert.match(late.head, /^retry-after: 1$/im)
  for (const client of quiet) client.leave()
  await house.close()
})

/** A head but for its length. */
function openingOf({ port }: House): string {
  return `${CHAT}\r\nhost: 127.0.0.1:${port}\r\ncontent-type: application/json`
}
