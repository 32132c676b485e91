/** The list of models in the three shapes, by the SDKs' own calls. */
import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import Anthropic from '@anthropic-ai/sdk'
import { GoogleGenAI } from '@google/genai'
import OpenAI from 'openai'
import { startSimulator } from '../../src/simulator/index.ts'
import { startTestGateway } from '../gateway.ts'

const simulator = await startSimulator()
const gateway = await startTestGateway(simulator.url, {
  models: [
    { match: 'mill-fast', upstream: 'upstream', model: 'sim/story' },
    { match: 'mill-*', upstream: 'upstream' },
  ],
})
after(async () => {
  await gateway.close()
  await simulator.close()
})

/** Names that rules spell out, then the upstream's own. */
const NAMES = [
  'mill-fast',
  'sim/story',
  'sim/tools',
  'sim/agent',
  'sim/thinking',
  'sim/error',
  'sim/long',
  'sim/echo',
  'sim/length',
  'sim/refusal',
]

async function collect<T>(pages: AsyncIterable<T>): Promise<readonly T[]> {
  const items: T[] = []
  for await (const item of pages) items.push(item)
  return items
}

test('the openai client lists the models', async () => {
  const { models } = new OpenAI({ baseURL: `${gateway.url}/v1`, apiKey: 'sk-client' })
  const listed = await collect(models.list())
  assert.deepEqual(
    listed.map(({ id, object }) => [id, object]),
    NAMES.map(name => [name, 'model']),
  )
})

test('the anthropic client lists the models', async () => {
  const { models } = new Anthropic({ baseURL: gateway.url, apiKey: 'sk-client' })
  const listed = await collect(models.list())
  assert.deepEqual(
    listed.map(({ id, type, display_name }) => [id, type, display_name]),
    NAMES.map(name => [name, 'model', name]),
  )
})

test('the google client lists the models', async () => {
  const { models } = new GoogleGenAI({ apiKey: 'AIza-client', httpOptions: { baseUrl: gateway.url } })
  const listed = await collect(await models.list())
  assert.deepEqual(
    listed.map(({ name }) => name),
    NAMES.map(name => `models/${name}`),
  )
})

test('the upstream is asked once for each shape, and sees no credential of a client', async () => {
  assert.equal((await fetch(`${gateway.url}/v1/models`)).status, 200)
  const asked = simulator.requests().filter(({ method }) => method === 'GET')
  assert.deepEqual(asked.map(({ path }) => path).sort(), ['/v1/models', '/v1/models', '/v1beta/models'])
  assert.doesNotMatch(JSON.stringify(asked), /sk-client|AIza-client/)
})
