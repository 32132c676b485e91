import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import { Source, streamed, streamNamed } from '../../test/answers.ts'
import { type CorpusStream, corpora } from '../../test/corpus.ts'
import { eventually } from '../../test/eventually.ts'
import { fromUtf8 } from '../bytes.ts'
import type { Outcome } from '../model/index.ts'
import type { StreamReport } from '../observe/index.ts'
import { meterResponse } from './meter-response.ts'

suite('meterResponse', () => {
  for (const { id, dialect, expected, bytes, flags } of corpora().flatMap(({ streams }) => streams))
    test(`passes ${id} unchanged and tells what it was`, async () => {
      const { response, report } = meterResponse(streamed(bytes, 50), { dialect })
      assert.deepEqual(Buffer.from(await response.arrayBuffer()), bytes)
      const { usage, outcome, bytesIn, bytesOut, finish } = await report
      assert.deepEqual([bytesIn, bytesOut], [bytes.length, bytes.length])
      assert.equal(usage.output, expected.usage?.output ?? null)
      if (expected.finish !== null) assert.equal(finish?.raw, expected.finishRaw)
      assert.equal(outcome, endingOf({ expected, flags }))
    })

  test('keeps status and headers', async () => {
    const given = new Response('data: [DONE]\n\n', {
      status: 201,
      statusText: 'Made',
      headers: { 'content-length': '14', etag: 'e' },
    })
    const { response } = meterResponse(given, { dialect: 'chat' })
    assert.deepEqual([response.status, response.statusText], [201, 'Made'])
    assert.deepEqual(Object.fromEntries(response.headers), {
      'content-length': '14',
      'content-type': 'text/plain;charset=UTF-8',
      etag: 'e',
    })
    await response.body?.cancel()
  })

  test('reads whole bodies', async () => {
    const whole = {
      usage: { prompt_tokens: 3, completion_tokens: 4 },
      choices: [{ index: 0, message: {}, finish_reason: 'length' }],
    }
    const reports: StreamReport[] = []
    const onReport = (report: StreamReport) => void reports.push(report)
    const { response } = meterResponse(Response.json(whole), { dialect: 'chat', onReport })
    assert.deepEqual(await response.json(), whole)
    const { usage, finish, shape, outcome } = await eventually(() => reports[0])
    assert.deepEqual(
      [usage.input, usage.output, finish?.reason, shape, outcome],
      [3, 4, 'length', 'whole', 'completed'],
    )
  })

  test('knows errors by their status', async () => {
    const told = { error: { message: 'Slow down', code: 'rate_limit_exceeded' } }
    const { response, report } = meterResponse(Response.json(told, { status: 429 }), { dialect: 'chat' })
    assert.deepEqual(await response.json(), told)
    const { outcome, error } = await report
    assert.deepEqual([outcome, error], ['failed', { code: 'rate-limited', message: 'Slow down' }])
  })

  test('knows an answer without a body for none', async () => {
    const { response, report } = meterResponse(new Response(null, { status: 204 }), { dialect: 'chat' })
    assert.equal(response.body, null)
    assert.equal((await report).error?.message, 'Upstream answered without a body: status 204')
  })

  test('reads nothing ahead, and cancels the source with the body', async () => {
    const { bytes } = streamNamed('chat/openai-text-obfuscation')
    const source = new Source(at => (at === 0 ? Uint8Array.from(bytes.subarray(0, 900)) : undefined))
    const { response, report } = meterResponse(source.response, { dialect: 'chat' })
    assert.equal(source.pulls, 0)
    const reader = response.body!.getReader()
    await reader.read()
    assert.equal(source.pulls, 1)
    await reader.cancel()
    assert.equal(source.cancelled, 1)
    const { outcome, times } = await report
    assert.deepEqual([outcome, times.firstTokenMs !== null], ['cancelled', true])
  })

  test('takes a reader that leaves after the finish for served', async () => {
    const source = new Source(at =>
      at === 0
        ? (fromUtf8(
            'data: {"choices":[{"index":0,"delta":{"content":"Hi"},"finish_reason":"stop"}]}\n\n',
          ) as Uint8Array<ArrayBuffer>)
        : undefined,
    )
    const { response, report } = meterResponse(source.response, { dialect: 'chat' })
    const reader = response.body!.getReader()
    await reader.read()
    await reader.cancel()
    assert.equal((await report).outcome, 'completed')
  })

  test('passes the error of a source that breaks', async () => {
    const why = new TypeError('terminated')
    const broken = new ReadableStream({ pull: controller => controller.error(why) })
    const { response, report } = meterResponse(new Response(broken), { dialect: 'chat' })
    await assert.rejects(response.text(), why)
    assert.equal((await report).outcome, 'failed')
  })
})

/** An error after the finish does not undo it. */
function endingOf({ expected, flags }: Pick<CorpusStream, 'expected' | 'flags'>): Outcome {
  if (expected.error !== null && expected.finish === null) return 'failed'
  return flags.includes('truncated') ? 'truncated' : 'completed'
}
