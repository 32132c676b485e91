/** Gemini clients that ask for a stream without `alt=sse`: the items of one JSON array, as they come. */
import assert from 'node:assert/strict'
import { after, before, suite, test } from 'node:test'
import type { DialectName } from '../../src/dialects/index.ts'
import { STORY } from '../../src/simulator/texts.ts'
import { RawClient } from '../raw-client.ts'
import { DIALECTS } from '../simulated.ts'
import { ask, requestOf, textIn } from './asking.ts'
import { type Pairs, startPairs } from './pairs.ts'

const ARRAY = { model: 'sim/story', stream: 'array' } as const

const FOREIGN = DIALECTS.filter(name => name !== 'gemini')

function isArray({ response, text }: { readonly response: Response; readonly text: string }): void {
  assert.equal(response.headers.get('content-type'), 'application/json')
  assert.ok((JSON.parse(text) as unknown[]).length > 5, 'an item for each piece')
  assert.equal(textIn(text), STORY)
}

/** What of the array has come, closed as somebody would who reads it to the cut. */
function itemsOf(body: string): readonly { readonly error?: { readonly code: number; readonly message: string } }[] {
  const text = body.trimEnd().replace(/,$/, '')
  return JSON.parse(text.endsWith(']') ? text : `${text}]`)
}

async function startArray(pairs: Pairs, to: DialectName, headers: Record<string, string>): Promise<RawClient> {
  const { host, port } = new URL(pairs.to(to).url)
  const [path, body] = requestOf('gemini', ARRAY)
  return RawClient.post(Number(port), path, body, { host, 'content-type': 'application/json', ...headers })
}

suite('an array of another dialect', () => {
  let pairs: Pairs
  before(async () => {
    pairs = await startPairs()
  })
  after(() => pairs.close())

  for (const to of FOREIGN) {
    test(`holds what the stream of ${to} says`, async () => {
      const asked = await ask(pairs.to(to), 'gemini', ARRAY)
      isArray(asked)
      assert.partialDeepStrictEqual(asked.report, { lane: 'convert', shape: 'stream', outcome: 'completed' })
    })

    test(`comes as the stream of ${to} comes`, async () => {
      const client = await startArray(pairs, to, { 'x-sim': 'delay=20' })
      await client.until(({ body }) => body.length > 300)
      assert.equal(client.ending, 'open')
      assert.ok(client.body.trimStart().startsWith('[{') && !client.body.trimEnd().endsWith(']'))
      client.leave()
    })

    test(`ends with the error of ${to} in its own form, and a cut`, async () => {
      const client = await startArray(pairs, to, { 'x-sim': 'fault=error,at=middle' })
      await client.until(({ ending }) => ending !== 'open')
      const error = itemsOf(client.body).at(-1)?.error
      assert.ok((error?.code ?? 0) >= 400, JSON.stringify(error))
      assert.ok(!client.received.endsWith('0\r\n\r\n'), 'the cut is seen')
    })

    test(`is cut with an error when the stream of ${to} is`, async () => {
      const client = await startArray(pairs, to, { 'x-sim': 'fault=close' })
      await client.until(({ ending }) => ending !== 'open')
      assert.match(itemsOf(client.body).at(-1)?.error?.message ?? '', /ended the stream/)
      assert.ok(!client.received.endsWith('0\r\n\r\n'), 'the cut is seen')
    })

    test(`of ${to} that fails at once is a status`, async () => {
      const { response, text } = await ask(pairs.to(to), 'gemini', { ...ARRAY, headers: { 'x-sim': 'status=503' } })
      assert.equal(response.status, 503)
      assert.equal(JSON.parse(text).error.code, 503)
    })
  }
})

for (const [name, upstream, query] of [
  ['streamOnly', { streamOnly: true }, ':streamGenerateContent?alt=sse'],
  ['streaming: false', { streaming: false }, ':generateContent?alt=json'],
] as const)
  test(`an array over upstreams with ${name}`, async () => {
    const pairs = await startPairs({ upstream })
    for (const to of DIALECTS) {
      const asked = await ask(pairs.to(to), 'gemini', ARRAY)
      assert.equal(asked.response.headers.get('content-type'), 'application/json', to)
      assert.ok(Array.isArray(JSON.parse(asked.text)))
      assert.equal(textIn(asked.text), STORY)
      assert.partialDeepStrictEqual(asked.report, { lane: 'convert', outcome: 'completed' })
      if (to === 'gemini') assert.ok(pairs.simulator.requests().at(-1)?.path.endsWith(query))
    }
    await pairs.close()
  })

test('a keep-alive in an array is white space, before its first item too', async () => {
  const pairs = await startPairs({ timeouts: { pingAfterMs: 50, earlyHeadMs: 100 } })
  const client = await startArray(pairs, 'chat', { 'x-sim': 'head=500,delay=1' })
  await client.until(({ ending, received }) => ending !== 'open' || received.endsWith('0\r\n\r\n'))
  assert.match(client.head, /content-type: application\/json/)
  assert.match(client.body, /^\s+\[/)
  assert.equal(textIn(client.body), STORY)
  client.leave()
  await pairs.close()
})
