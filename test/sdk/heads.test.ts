/** What an upstream says in its head, and what of it a client hears. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import Anthropic from '@anthropic-ai/sdk'
import OpenAI from 'openai'
import type { DialectName } from '../../src/dialects/index.ts'
import { getHeader, getHeaders } from '../../src/http/index.ts'
import { ownCorpus } from '../corpus.ts'
import { startTestGateway } from '../gateway.ts'
import { Upstream } from '../http-client/upstream.ts'
import { askRaw, streamRequest } from './raw.ts'

const DIALECTS: readonly DialectName[] = ['chat', 'responses', 'messages', 'gemini']

const CROSSING = [
  'Date: Sat, 21 Nov 2026 10:00:00 GMT',
  'Content-Type: text/event-stream; charset=utf-8',
  'X-Request-Id: req_up1',
  'request-id: req_up2',
  'openai-processing-ms: 42',
  'x-ratelimit-remaining-tokens: 199998',
  'anthropic-ratelimit-requests-reset: 2026-11-21T10:01:00Z',
  'Server-Timing: gfet4t7; dur=42',
  'Vary: Origin',
  'Vary: X-Origin',
  'Set-Cookie: __cf_bm=a, b; path=/; HttpOnly',
  'set-cookie: _cfuvid=c; path=/; HttpOnly',
  'retry-after: 3',
  'Cache-Control: no-cache',
]

const STAYING = [
  'Alt-Svc: h3=":443"; ma=86400',
  'Connection: close, X-Hop',
  'X-Hop: 1',
  'Keep-Alive: timeout=5',
  'x-millrace-request-id: not-ours',
]

/** Of the connection between the gateway and its client. */
const OF_THE_CONNECTION = /^(?:connection|keep-alive|transfer-encoding):/i

for (const dialect of DIALECTS) {
  test(`the upstream's head crosses under its own names, in order and with its repeats: ${dialect}`, async () => {
    await using upstream = await startUpstream(dialect)
    const gateway = await startTestGateway(upstream.url.origin)
    const { status, headers } = await askRaw(gateway.url, streamRequest(dialect, 'mill'))
    await gateway.close()

    const lines = headers.flatMap((name, at) => (at % 2 === 0 ? [`${name}: ${headers[at + 1]}`] : []))
    const edits = dialect === 'chat' ? ['x-millrace-edits: usage-frame'] : []
    assert.equal(status, 200)
    assert.deepEqual(
      lines.filter(line => !OF_THE_CONNECTION.test(line)),
      [
        ...CROSSING,
        `x-millrace-request-id: ${getHeaders(headers, 'x-millrace-request-id').at(-1)}`,
        'x-millrace-upstream: upstream',
        `x-millrace-lane: ${dialect === 'chat' ? 'edit' : 'relay'}`,
        ...edits,
      ],
    )
    assert.match(getHeader(headers, 'x-millrace-request-id') ?? '', /^[\da-f-]{36}$/)
  })
}

test("the SDKs name the upstream's request id", async () => {
  const messages = [{ role: 'user', content: 'Hello' } as const]
  await using openai = await startUpstream('chat')
  await using anthropic = await startUpstream('messages')
  const gateways = [await startTestGateway(openai.url.origin), await startTestGateway(anthropic.url.origin)] as const
  const [forOpenai, forAnthropic] = gateways

  const chat = new OpenAI({ baseURL: `${forOpenai.url}/v1`, apiKey: 'sk-client' }).chat.completions
  const one = await chat.create({ model: 'mill', messages, stream: true }).withResponse()
  assert.equal(one.request_id, 'req_up1')
  const { messages: claude } = new Anthropic({ baseURL: forAnthropic.url, apiKey: 'sk-client' })
  const two = await claude.create({ model: 'mill', messages, max_tokens: 1, stream: true }).withResponse()
  assert.equal(two.request_id, 'req_up2')
  for (const { data } of [one, two]) data.controller.abort()
  for (const gateway of gateways) await gateway.close()
})

/** An upstream that answers everything with a stream of the dialect, and then closes. */
function startUpstream(dialect: DialectName): Promise<Upstream> {
  const body = ownCorpus().find(stream => stream.dialect === dialect)?.bytes ?? Buffer.alloc(0)
  const head = ['HTTP/1.1 200 OK', ...CROSSING, ...STAYING, `Content-Length: ${body.length}`].join('\r\n')
  return Upstream.start(socket => socket.end(Buffer.concat([Buffer.from(`${head}\r\n\r\n`), body])))
}
