/** No secret reaches a file, wherever it stood and however it was cut. */
import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import { getHeader } from '../../src/http/index.ts'
import { chunksOf, saidBy, startCapturing } from './captured.ts'
import { startScriptedUpstream } from './scripted-upstream.ts'

const CLIENT_KEY = 'a-client-key-that-nobody-sees'
const UPSTREAM_KEY = 'our-key-for-the-upstream+/=1'
const HEADER_SECRET = 'a-header-secret-0123'
const PASSED = 'the-clients-own-credential'
const SHAPED = 'sk-ant-api03-0123456789abcdef'
const ALL = [CLIENT_KEY, UPSTREAM_KEY, HEADER_SECRET, PASSED, SHAPED, 'hunter2hunter2']

const SERVER = { keys: [CLIENT_KEY] }
const AS_CLIENT = { authorization: `Bearer ${CLIENT_KEY}` }

function assertClean(file: Buffer): void {
  for (const secret of ALL)
    for (const spelling of [secret, encodeURIComponent(secret), Buffer.from(secret).toString('base64').slice(0, -4)])
      assert.ok(!file.includes(spelling), `${spelling} stands in the file`)
}

suite('no captured file holds', { concurrency: 2 }, () => {
  test('a secret of headers, query, bodies, answers and errors', async () => {
    const echo = `{"error":{"message":"Incorrect API key provided: ${UPSTREAM_KEY} or ${SHAPED}","param":"${PASSED}"}}`
    await using upstream = await startScriptedUpstream([
      { head: { status: 401, headers: ['content-type', 'application/json', 'set-cookie', 'session=hunter2hunter2'] } },
      { write: echo },
      { end: 'end' },
    ])
    const setup = { server: SERVER, upstream: { apiKey: UPSTREAM_KEY, headers: { 'x-team-token': HEADER_SECRET } } }
    await using gateway = await startCapturing(upstream.url, { mode: 'all' }, setup)
    const { id } = await gateway.ask('chat', '', {
      headers: { ...AS_CLIENT, cookie: 'session=hunter2hunter2' },
      query: `?access_token=${PASSED}&note=${SHAPED}`,
      body: { user: `my key is ${SHAPED}`, metadata: { api_key: 'hunter2hunter2', note: `"${CLIENT_KEY}"` } },
    })
    const file = (await gateway.file(id, AS_CLIENT)) as Buffer
    assertClean(file)
    assert.match(file.toString(), /Incorrect API key provided: \[redacted\] or \[redacted\]/)
    const { client } = await gateway.capture(id, AS_CLIENT)
    const body = JSON.parse(Buffer.from(client?.body ?? []).toString())
    assert.deepEqual(body.metadata, { api_key: '[redacted]', note: '"[redacted]"' })
    assert.equal(client?.url, '/v1/chat/completions?access_token=[redacted]&note=[redacted]')
  })

  test('a credential of a client that the gateway does not know, told back by an upstream', async () => {
    await using upstream = await startScriptedUpstream([
      { head: { status: 401, headers: ['content-type', 'application/json'] } },
      { write: `{"error":{"message":"No such key: ${PASSED}"}}` },
      { end: 'end' },
    ])
    await using gateway = await startCapturing(upstream.url, { mode: 'all' }, { upstream: { passCredential: true } })
    const { id } = await gateway.ask('chat', '', { headers: { authorization: `Bearer ${PASSED}` } })
    assertClean((await gateway.file(id)) as Buffer)
  })

  test('but a word that was sent as a key is no secret', async () => {
    await using upstream = await startScriptedUpstream([
      { head: { status: 200, headers: ['content-type', 'application/json'] } },
      { write: '{"choices":[{"message":{"content":"Whatever. whatever!"}}]}' },
      { end: 'end' },
    ])
    await using gateway = await startCapturing(upstream.url)
    const { id } = await gateway.ask('chat', '', {
      headers: { authorization: 'Bearer whatever' },
      body: { stream: false },
    })
    const capture = await gateway.capture(id)
    assert.match(saidBy(capture, 'upstream').toString(), /"Whatever\. whatever!"/)
    assert.equal(getHeader(capture.client?.headers ?? [], 'authorization'), '[redacted]')
  })

  test('a secret that was cut in two by the reads, and keeps all other cuts and frames', async () => {
    const frame = (text: string) => `data: {"choices":[{"index":0,"delta":{"content":"${text}"}}]}\n\n`
    const [first, second] = [frame(`das Mehl 🌾 ${UPSTREAM_KEY} é`), frame('und Korn')]
    const at = first.indexOf(UPSTREAM_KEY) + 9
    const pieces = [first.slice(0, 20), first.slice(20, at), first.slice(at), second, 'data: [DONE]\n\n']
    await using upstream = await startScriptedUpstream([
      { head: { status: 200, headers: ['content-type', 'text/event-stream'] } },
      ...pieces.map(write => ({ write, pauseMs: 20 })),
      { end: 'end' },
    ])
    await using gateway = await startCapturing(upstream.url, { mode: 'all' }, { upstream: { apiKey: UPSTREAM_KEY } })
    const { id } = await gateway.ask('chat')
    assertClean((await gateway.file(id)) as Buffer)
    const chunks = chunksOf(await gateway.capture(id), 'upstream').map(bytes => Buffer.from(bytes).toString())
    const redacted = first.replace(UPSTREAM_KEY, '[redacted]')
    const cut = redacted.indexOf('[redacted]') + 10
    assert.deepEqual(chunks, [
      first.slice(0, 20),
      redacted.slice(20, cut),
      redacted.slice(cut),
      second,
      'data: [DONE]\n\n',
    ])
    for (const frame of chunks.join('').split('\n\n').slice(0, 2)) JSON.parse(frame.slice(6))
  })
})
