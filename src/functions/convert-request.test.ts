import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import type { DialectName } from '../dialects/index.ts'
import { MillraceError, StreamingError } from '../errors.ts'
import { type ConvertRequestOptions, convertRequest } from './convert-request.ts'
import { convertResponse } from './convert-response.ts'

const BASE = 'https://upstream.test/v1'
const HI = { model: 'm', max_tokens: 9, messages: [{ role: 'user', content: 'Hi' }] }

function convert(
  url: string,
  body: unknown,
  options: Omit<ConvertRequestOptions, 'baseUrl'>,
  headers: Record<string, string> = {},
) {
  const text = typeof body === 'string' ? body : JSON.stringify(body)
  return convertRequest(new Request(url, { method: 'POST', body: text, headers }), { baseUrl: BASE, ...options })
}

const TARGETS: readonly (readonly [DialectName, string])[] = [
  ['chat', `${BASE}/chat/completions`],
  ['responses', `${BASE}/responses`],
  ['gemini', `${BASE}/models/m:streamGenerateContent?alt=sse`],
]

suite('convertRequest', () => {
  for (const [to, url] of TARGETS)
    test(`writes a request of messages for ${to}`, async () => {
      const asked = await convert(
        'http://g.test/anthropic/v1/messages',
        { ...HI, stream: true },
        { from: 'messages', to },
      )
      assert.deepEqual([asked.request.method, asked.request.url], ['POST', url])
      assert.equal(asked.request.headers.get('accept'), 'text/event-stream')
      assert.deepEqual([asked.wantsStream, asked.asksStream, asked.model], [true, true, 'm'])
      assert.match(await asked.request.text(), /"Hi"/)
    })

  test('lets headers cross, but for credentials and those of the client’s own dialect', async () => {
    const headers = {
      authorization: 'Bearer client',
      'x-api-key': 'client',
      cookie: 'a=b',
      'anthropic-version': '2023-06-01',
      'x-team': 'blue',
      'user-agent': 'mill',
    }
    const options = {
      from: 'messages',
      to: 'chat',
      headers: { authorization: 'Bearer ours', 'x-team': 'red' },
    } as const
    const { request } = await convert('http://g.test/v1/messages', HI, options, headers)
    assert.deepEqual(Object.fromEntries(request.headers), {
      accept: 'application/json',
      'accept-encoding': 'identity',
      authorization: 'Bearer ours',
      'content-type': 'application/json',
      'user-agent': 'mill',
      'x-team': 'red',
    })
  })

  test('leaves the body as it is within one dialect, and its own headers', async () => {
    const body = '{"model":"m", "max_tokens":9, "messages":[], "odd":1e400}'
    const version = { 'anthropic-version': '2023-06-01' }
    const asked = await convert(
      'http://g.test/v1/messages?beta=true',
      body,
      { from: 'messages', to: 'messages' },
      version,
    )
    assert.equal(asked.request.url, `${BASE}/messages?beta=true`)
    assert.equal(asked.request.headers.get('anthropic-version'), '2023-06-01')
    assert.equal(asked.request.headers.get('content-type'), 'application/json')
    assert.equal(await asked.request.text(), body)
    assert.deepEqual([asked.edits, asked.losses], [[], []])
  })

  test('asks within one dialect for usage, and leaves it out of the answer that was not asked for it', async () => {
    const body = { ...HI, stream: true }
    const request = await convert('http://g.test/v1/chat/completions', body, { from: 'chat', to: 'chat' })
    assert.deepEqual(request.edits, ['usage-frame'])
    assert.match(await request.request.text(), /"include_usage":true/)
    const frames = [
      '{"id":"c","choices":[{"index":0,"delta":{"content":"Hi"},"finish_reason":"stop"}]}',
      '{"id":"c","choices":[],"usage":{"prompt_tokens":1,"completion_tokens":2,"total_tokens":3}}',
      '[DONE]',
    ].map(data => `data: ${data}\n\n`)
    const stream = new Response(frames.join(''), { headers: { 'content-type': 'text/event-stream' } })
    const response = await convertResponse(stream, { from: 'chat', to: 'chat', request })
    assert.equal(await response.text(), `${frames[0]}${frames[2]}`)
  })

  test('asks for another model, and for a stream where the client wants a whole answer', async () => {
    const options = { from: 'messages', to: 'chat', model: 'gpt', stream: true } as const
    const asked = await convert('http://g.test/v1/messages', HI, options)
    const { model, stream } = (await asked.request.json()) as Record<string, unknown>
    assert.deepEqual([model, stream, asked.model], ['gpt', true, 'm'])
    assert.deepEqual([asked.wantsStream, asked.asksStream], [false, true])
  })

  test('takes a key out of the query of a Gemini request', async () => {
    const url = 'http://g.test/v1beta/models/gemini-3:generateContent?key=secret&alt=json'
    const asked = await convert(url, { contents: [] }, { from: 'gemini', to: 'gemini' })
    assert.equal(asked.request.url, `${BASE}/models/gemini-3:generateContent?alt=json`)
  })

  test('answers a Gemini client that wants an array with an array', async () => {
    const url = 'http://g.test/v1beta/models/gemini-3:streamGenerateContent'
    const request = await convert(url, { contents: [{ parts: [{ text: 'Hi' }] }] }, { from: 'gemini', to: 'chat' })
    assert.deepEqual([request.wantsStream, request.model], [true, 'gemini-3'])
    const frames =
      'data: {"id":"c","choices":[{"index":0,"delta":{"content":"Yes"},"finish_reason":"stop"}]}\n\ndata: [DONE]\n\n'
    const stream = new Response(frames, { headers: { 'content-type': 'text/event-stream' } })
    const response = await convertResponse(stream, { from: 'chat', to: 'gemini', request })
    assert.equal(response.headers.get('content-type'), 'application/json')
    assert.match(JSON.stringify(await response.json()), /^\[\{.*"text":"Yes"/)
  })

  test('is told the path where the URL does not say it', async () => {
    const options = { from: 'chat', to: 'messages', path: '/chat/completions' } as const
    const asked = await convert('http://g.test/api/ask', HI, options)
    assert.equal(asked.request.url, `${BASE}/messages`)
    const { path: _, ...silent } = options
    await assert.rejects(convert('http://g.test/api/ask', HI, silent), (error: unknown) => {
      assert.ok(error instanceof MillraceError)
      assert.deepEqual(
        [error.code, error.message],
        ['bad-request', 'Cannot convert the request: its path is no call of chat, got "/api/ask"'],
      )
      return true
    })
  })

  test('refuses what cannot be read, with a status for the client', async () => {
    for (const body of ['<html>', '[]', '{"model":"m","stream":"yes"}'])
      await assert.rejects(
        convert('http://g.test/v1/messages', body, { from: 'messages', to: 'chat' }),
        (error: unknown) => {
          assert.ok(error instanceof StreamingError, body)
          assert.deepEqual([error.code, error.status], ['bad-request', 400])
          return true
        },
      )
  })

  test('refuses what would be lost, where that is wished', async () => {
    const cached = { type: 'text', text: 'Be brief', cache_control: { type: 'ephemeral' } }
    const body = { ...HI, system: [cached] }
    const asked = await convert('http://g.test/v1/messages', body, { from: 'messages', to: 'chat' })
    assert.deepEqual(asked.losses, [{ path: '/instructions/0/cache', reason: 'no-slot' }])
    const strict = convert('http://g.test/v1/messages', body, { from: 'messages', to: 'chat', losses: 'refuse' })
    await assert.rejects(strict, /losses are refused: \/instructions\/0\/cache/)
  })

  test('is aborted with the request of the client', async () => {
    const leaving = new AbortController()
    const given = { method: 'POST', body: JSON.stringify(HI), signal: leaving.signal }
    const request = new Request('http://g.test/v1/messages', given)
    const asked = await convertRequest(request, { from: 'messages', to: 'chat', baseUrl: BASE })
    assert.equal(asked.request.signal.aborted, false)
    leaving.abort()
    assert.equal(asked.request.signal.aborted, true)
  })
})
