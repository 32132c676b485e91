/** What relay does beyond relaying: names, seals of others, answers of another shape than was asked for. */
import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import type { DialectName } from '../../src/dialects/index.ts'
import { wrapSeal } from '../../src/model/index.ts'
import { startSimulator } from '../../src/simulator/index.ts'
import { startTestGateway } from '../gateway.ts'
import { readStream } from '../sdk/readers.ts'
import { DIALECTS } from '../simulated.ts'

const simulator = await startSimulator()
const models = [{ match: 'quick', upstream: 'upstream', model: 'sim/length', rewriteModel: true }]
const gateway = await startTestGateway(simulator.url, { models })
after(async () => {
  await gateway.close()
  await simulator.close()
})

/** Where the items of a stream name the model. */
function namesIn(items: readonly unknown[]): Set<string> {
  const texts = items.map(item => JSON.stringify(item))
  return new Set(
    texts.flatMap(text => [...text.matchAll(/"(?:model|modelVersion)":"([^"]*)"/g)].map(([, name]) => name!)),
  )
}

for (const dialect of DIALECTS)
  test(`${dialect}: the answer names the model as the client did`, async () => {
    const { items, error, headers } = await readStream(gateway.url, dialect, 'quick')
    assert.equal(error, undefined)
    assert.deepEqual([...namesIn(items)], ['quick'])
    const report = await gateway.report(headers.get('x-millrace-request-id'))
    assert.partialDeepStrictEqual(report, {
      ...{ lane: 'edit', outcome: 'completed' },
      model: { requested: 'quick', sent: 'sim/length', reported: 'sim/length' },
    })
    assert.ok(report.edits.includes('answer-model'))
  })

for (const dialect of ['chat', 'messages'] as const satisfies readonly DialectName[])
  test(`${dialect}: a whole body that answers a stream request is expanded`, async () => {
    const { items, error, headers } = await readStream(gateway.url, dialect, 'sim/tools', { 'x-sim': 'shape=whole' })
    assert.equal(error, undefined)
    assert.ok(items.length > 2)
    const report = await gateway.report(headers.get('x-millrace-request-id'))
    assert.partialDeepStrictEqual(report, { lane: 'convert', shape: 'expand', outcome: 'completed' })
  })

async function ask(body: object, headers: Record<string, string> = {}) {
  const response = await fetch(`${gateway.url}/v1/messages`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...headers },
    body: JSON.stringify({ model: 'sim/story', max_tokens: 100, ...body }),
  })
  return { response, text: await response.text() }
}

test('a stream that answers a request for a whole body is collected', async () => {
  const { response, text } = await ask({ messages: [] }, { 'x-sim': 'shape=stream' })
  assert.equal(response.headers.get('content-type'), 'application/json')
  assert.equal(JSON.parse(text).type, 'message')
  const report = await gateway.report(response.headers.get('x-millrace-request-id'))
  assert.partialDeepStrictEqual(report, { lane: 'convert', shape: 'collect', outcome: 'completed' })
})

test('what we wrapped for another issuer does not go up, is told, and can be refused', async () => {
  const signature = wrapSeal({ dialect: 'chat', issuer: 'other', kind: 'signature', value: 'secret' })
  const messages = [
    { role: 'user', content: 'Hi' },
    {
      role: 'assistant',
      content: [
        { type: 'thinking', thinking: 'Hm', signature },
        { type: 'text', text: 'Hello' },
      ],
    },
    { role: 'user', content: 'And?' },
  ]
  const { response } = await ask({ messages })
  assert.equal(response.headers.get('x-millrace-losses'), '/messages/1/content/0;foreign-seal')
  assert.equal(response.headers.get('x-millrace-edits'), 'seals')
  const sent = JSON.parse(simulator.requests().at(-1)?.body ?? '')
  assert.deepEqual(sent.messages[1].content, [{ type: 'text', text: 'Hello' }])
  const { losses, lane } = await gateway.report(response.headers.get('x-millrace-request-id'))
  assert.deepEqual(
    [lane, losses],
    ['relay', [{ in: 'request', path: '/messages/1/content/0', reason: 'foreign-seal' }]],
  )
  const refused = await ask({ messages }, { 'x-millrace-losses': 'refuse' })
  assert.equal(refused.response.status, 400)
})
