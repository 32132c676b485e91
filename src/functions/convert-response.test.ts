import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import { setImmediate as turn } from 'node:timers/promises'
import { responseOf, Source, streamNamed } from '../../test/answers.ts'
import { ownCorpus } from '../../test/corpus.ts'
import { eventually } from '../../test/eventually.ts'
import { fromUtf8 } from '../bytes.ts'
import { DIALECTS, type DialectName } from '../dialects/index.ts'
import { MillraceError, StreamingError } from '../errors.ts'
import { Fold, type Message } from '../model/index.ts'
import type { StreamReport } from '../observe/index.ts'
import { convertRequest } from './convert-request.ts'
import { convertResponse } from './convert-response.ts'
import { createDecoder } from './decoder.ts'

const CACHED = { type: 'text', text: 'Be brief', cache_control: { type: 'ephemeral' } }

const NAMES = Object.keys(DIALECTS) as DialectName[]

/** What a client of the dialect makes of a stream. */
function read(dialect: DialectName, text: string): Message {
  const fold = new Fold()
  const decoder = createDecoder(dialect)
  const take = fold.push.bind(fold)
  decoder.push(fromUtf8(text), take)
  decoder.end(take)
  return fold.message
}

/** The visible text of the first candidate, refusals too. */
function textOf({ candidates }: Message): string {
  return (
    candidates[0]?.parts.map(part => (part.kind === 'text' || part.kind === 'refusal' ? part.text : '')).join('') ?? ''
  )
}

suite('convertResponse', () => {
  for (const { id, dialect, expected } of ownCorpus().filter(
    ({ expected }) => expected.error === null && expected.finish,
  ))
    for (const to of NAMES)
      test(`makes ${id} a stream of ${to}`, async () => {
        const response = await convertResponse(responseOf(id), { from: dialect, to })
        assert.equal(response.status, 200)
        assert.equal(response.headers.get('content-type'), 'text/event-stream')
        assert.equal(response.headers.get('x-request-id'), 'upstream-1')
        const message = read(to, await response.text())
        assert.equal(message.failure, undefined)
        assert.equal(textOf(message), expected.text + (expected.refusal ?? ''))
      })

  test('passes the bytes of one dialect as they are', async () => {
    const id = 'messages/anthropic-text-padded'
    const response = await convertResponse(responseOf(id), { from: 'messages', to: 'messages' })
    assert.deepEqual(Buffer.from(await response.arrayBuffer()), streamNamed(id).bytes)
  })

  test('makes a whole body of a whole body', async () => {
    const whole = {
      id: 'c1',
      model: 'm',
      choices: [{ index: 0, message: { role: 'assistant', content: 'Hi' }, finish_reason: 'stop' }],
    }
    const response = await convertResponse(Response.json(whole), { from: 'chat', to: 'messages' })
    assert.equal(response.headers.get('content-type'), 'application/json')
    const { content, stop_reason } = (await response.json()) as Record<string, unknown>
    assert.deepEqual([content, stop_reason], [[{ type: 'text', text: 'Hi' }], 'end_turn'])
  })

  test('tells an error status in the form of the client, and when to ask again', async () => {
    const told = { error: { message: 'Slow down', type: 'requests', code: 'rate_limit_exceeded' } }
    const limited = Response.json(told, { status: 429, headers: { 'retry-after': '7' } })
    const response = await convertResponse(limited, { from: 'chat', to: 'messages' })
    assert.deepEqual([response.status, response.headers.get('retry-after')], [429, '7'])
    const { type, error } = (await response.json()) as { type: string; error: object }
    assert.deepEqual([type, error], ['error', { type: 'rate_limit_error', message: 'Slow down' }])
  })

  test('makes a status of an error that comes before everything else', async () => {
    const first = new Source(
      () =>
        fromUtf8(
          'event: error\ndata: {"type":"error","error":{"type":"overloaded_error","message":"Full"}}\n\n',
        ) as Uint8Array<ArrayBuffer>,
    )
    const response = await convertResponse(first.response, { from: 'messages', to: 'chat' })
    assert.deepEqual(
      [response.status, ((await response.json()) as { error: { message: string } }).error.message],
      [529, 'Full'],
    )
  })

  test('tells an error in mid-stream', async () => {
    const reports: StreamReport[] = []
    const response = await convertResponse(responseOf('messages/anthropic-overloaded-mid-stream'), {
      ...{ from: 'messages', to: 'chat' },
      onReport: report => reports.push(report),
    })
    assert.match(await response.text(), /The river.*"error":\{"message":"Overloaded".*\n\n$/s)
    assert.deepEqual(
      reports.map(({ outcome, error }) => [outcome, error?.code]),
      [['failed', 'overloaded']],
    )
  })

  test('tells an answer that breaks off as an error, and cuts', async () => {
    const response = await convertResponse(responseOf('chat/openai-truncated'), { from: 'chat', to: 'responses' })
    assert.match(await textUntilCut(response), /event: response\.failed\n.*\n\n$/)
  })

  test('reads the source no further than 64 KiB ahead of whoever reads the answer', async () => {
    const endless = new Source(at => fromUtf8(delta(at, 'x'.repeat(8192))) as Uint8Array<ArrayBuffer>)
    const response = await convertResponse(endless.response, { from: 'chat', to: 'messages' })
    for (let at = 0; at < 50; at++) await turn()
    const ahead = endless.pulls
    assert.ok(ahead > 0 && ahead <= 12, `${ahead} pieces of 8 KiB`)
    const reader = response.body!.getReader()
    for (let at = 0; at < 20; at++) await reader.read()
    await eventually(() => endless.pulls > ahead || undefined)
    await reader.cancel()
  })

  test('cancels the source when the answer is cancelled', async () => {
    const reports: StreamReport[] = []
    const silent = new Source(at => (at === 0 ? (fromUtf8(delta(0, 'Hi')) as Uint8Array<ArrayBuffer>) : undefined))
    const options = {
      from: 'chat',
      to: 'messages',
      onReport: (report: StreamReport) => void reports.push(report),
    } as const
    const response = await convertResponse(silent.response, options)
    const reader = response.body!.getReader()
    await reader.read()
    assert.equal(silent.cancelled, 0)
    await reader.cancel()
    assert.equal(await eventually(() => silent.cancelled || undefined), 1)
    assert.equal((await eventually(() => reports[0])).outcome, 'cancelled')
  })

  test('rejects with the reason of a signal, and cancels the source', async () => {
    const silent = new Source(() => undefined)
    const leaving = new AbortController()
    const answer = convertResponse(silent.response, { from: 'chat', to: 'messages', signal: leaving.signal })
    const refused = assert.rejects(answer, { message: 'enough' })
    await eventually(() => silent.pulls || undefined)
    leaving.abort(new Error('enough'))
    await refused
    assert.equal(await eventually(() => silent.cancelled || undefined), 1)
  })

  test('rejects at once with a signal that was aborted before', async () => {
    const silent = new Source(() => undefined)
    const options = { from: 'chat', to: 'messages', signal: AbortSignal.abort(new Error('enough')) } as const
    await assert.rejects(convertResponse(silent.response, options), { message: 'enough' })
    assert.equal(await eventually(() => silent.cancelled || undefined), 1)
  })

  test('answers the client with what it asked for: a stream of a whole answer, under its own name of the model', async () => {
    const request = await asked({
      model: 'claude-x',
      max_tokens: 9,
      stream: true,
      messages: [{ role: 'user', content: 'Hi' }],
    })
    const whole = {
      id: 'c1',
      model: 'm',
      choices: [{ index: 0, message: { role: 'assistant', content: 'Yes' }, finish_reason: 'stop' }],
    }
    const response = await convertResponse(Response.json(whole), { from: 'chat', to: 'messages', request })
    const message = read('messages', await response.text())
    assert.deepEqual([message.model, textOf(message)], ['claude-x', 'Yes'])
  })

  test('tells what the request has lost by a header and the report, and what the answer has lost by the report', async () => {
    const reports: StreamReport[] = []
    const request = await asked({
      model: 'claude-x',
      max_tokens: 9,
      stream: true,
      system: [CACHED],
      messages: [{ role: 'user', content: 'Hi' }],
    })
    assert.deepEqual(request.losses, [{ path: '/instructions/0/cache', reason: 'no-slot' }])
    const response = await convertResponse(responseOf('chat/openai-two-choices'), {
      ...{ from: 'chat', to: 'messages', request },
      onReport: report => reports.push(report),
    })
    assert.equal(response.headers.get('x-millrace-losses'), '/instructions/0/cache;no-slot')
    await response.text()
    const { losses, upstream } = await eventually(() => reports[0])
    assert.ok(losses.some(loss => loss.in === 'request' && loss.path === '/instructions/0/cache'))
    assert.ok(
      losses.some(loss => loss.in === 'answer' && loss.path === '/candidates/1'),
      JSON.stringify(losses),
    )
    assert.deepEqual(upstream, { name: 'upstream.test', dialect: 'chat' })
  })

  for (const to of NAMES)
    test(`lets the events of a stream of chat be changed on their way to ${to}`, async () => {
      const response = await convertResponse(responseOf('chat/openai-text-obfuscation'), {
        ...{ from: 'chat', to },
        mapEvents: event => (event.type === 'text-delta' ? { ...event, text: event.text.toUpperCase() } : event),
      })
      const { expected } = streamNamed('chat/openai-text-obfuscation')
      assert.equal(textOf(read(to, await response.text())), expected.text.toUpperCase())
    })

  test('has secrets taken out of error texts', async () => {
    const told = Response.json({ error: { message: 'Bad key sk-1234' } }, { status: 401 })
    const redact = (text: string) => text.replace('sk-1234', '[redacted]')
    const response = await convertResponse(told, { from: 'chat', to: 'messages', redact })
    assert.match(await response.text(), /Bad key \[redacted\]/)
  })

  test('tells a source that breaks as an error with a code', async () => {
    const broken = new ReadableStream({ pull: controller => controller.error(new TypeError('terminated')) })
    const response = await convertResponse(new Response(broken), { from: 'chat', to: 'messages' })
    assert.equal(response.status, 502)
    assert.match(await response.text(), /"type":"error"/)
  })

  test('answers for an upstream that cannot be reached, within its form', async () => {
    const request = await asked({ model: 'claude-x', max_tokens: 9, messages: [{ role: 'user', content: 'Hi' }] })
    const refused = Promise.reject(
      new TypeError('fetch failed', { cause: Object.assign(new Error('no'), { code: 'ECONNREFUSED' }) }),
    )
    const response = await convertResponse(refused, { from: 'chat', to: 'messages', request })
    assert.equal(response.status, 502)
    assert.match(await response.text(), /Cannot connect to upstream\.test:80: connection refused/)
  })

  test('knows its dialects', async () => {
    const wrong = { from: 'chat', to: 'smoke' as DialectName } as const
    await assert.rejects(
      convertResponse(new Response(), wrong),
      error => error instanceof MillraceError && error.code === 'bad-request',
    )
  })
})

function asked(body: object) {
  const request = new Request('http://gateway.test/v1/messages', { method: 'POST', body: JSON.stringify(body) })
  return convertRequest(request, { from: 'messages', to: 'chat', baseUrl: 'http://upstream.test/v1' })
}

function delta(at: number, content: string): string {
  return `data: ${JSON.stringify({ id: 'c1', model: 'm', choices: [{ index: 0, delta: { content: `${at}${content}` } }] })}\n\n`
}

/** What comes of a body that ends in an error. */
async function textUntilCut({ body }: Response): Promise<string> {
  const chunks: Uint8Array[] = []
  const cut = await Array.fromAsync(body as ReadableStream<Uint8Array>, chunk => chunks.push(chunk)).catch(
    error => error,
  )
  assert.ok(cut instanceof StreamingError, `Expected a cut, got ${cut}`)
  return Buffer.concat(chunks).toString()
}
