import assert from 'node:assert/strict'
import { resolve } from 'node:path'
import { after, test } from 'node:test'
import { ownCorpus, recordedCorpus } from '../../test/corpus.ts'
import { RawClient } from '../../test/raw-client.ts'
import { STREAMS } from '../../test/simulated.ts'
import type { DialectName } from '../dialects/index.ts'
import { startSimulator } from './index.ts'

const ROOT = resolve(import.meta.dirname, '../..')
const OWN = resolve(ROOT, 'test/corpus')
const RECORDED = resolve(ROOT, process.env.MILLRACE_CORPUS ?? '../shared/corpus')

const streams = ownCorpus()
const simulator = await startSimulator({ replayDir: OWN })
after(() => simulator.close())

function replay(dialect: DialectName, model: string, settings = '', { port } = simulator): Promise<RawClient> {
  const [path, body] = STREAMS[dialect]
  return RawClient.post(port, path.replace('sim/length', model), { ...body, model }, { 'x-sim': settings })
}

for (const [name, replayDir, streams] of [
  ['of the project', OWN, ownCorpus()],
  ['recorded elsewhere', RECORDED, recordedCorpus()],
] as const) {
  test(`every stream ${name} is answered byte for byte, as it is and cut`, async () => {
    const replayer = await startSimulator({ replayDir })
    for (const { id, dialect, bytes } of streams) {
      for (const cut of ['', bytes.length < 20_000 ? 'cut=random' : 'cut=all']) {
        const client = await (await replay(dialect, `replay/${id}`, cut, replayer)).answered()
        assert.ok(client.bodyBytes.equals(bytes), `${id} ${cut}`)
        assert.match(client.head, /^content-type: text\/event-stream; charset=utf-8$/m)
        client.leave()
      }
    }
    await replayer.close()
  })
}

test('the dialect may be left out, and a slash may be encoded', async () => {
  const { id, bytes } = streams.find(({ dialect }) => dialect === 'gemini') as (typeof streams)[number]
  for (const model of [`replay/${id.slice(7)}`, `replay%2F${id.slice(7)}`, `replay%2Fgemini%2F${id.slice(7)}`]) {
    const client = await (await replay('gemini', model)).answered()
    assert.ok(client.bodyBytes.equals(bytes), model)
  }
})

test('faults strike between recorded events', async () => {
  const { id, dialect, bytes } = streams.find(({ bytes }) => bytes.length > 2000) as (typeof streams)[number]
  const client = await (await replay(dialect, `replay/${id}`, 'fault=close')).answered()
  assert.ok(
    client.bodyBytes.length < bytes.length && bytes.subarray(0, client.bodyBytes.length).equals(client.bodyBytes),
  )
  assert.match(client.received, /(\n\n|\r\n\r\n)\r\n0\r\n\r\n$/)
})

for (const model of [
  'replay/chat/nothing',
  'replay/gemini/nothing',
  'replay/',
  'replay/chat/..',
  'replay/chat/%2e%2e',
]) {
  test(`${model} is not found`, async () => {
    const client = await (await replay('chat', model)).until(({ body }) => body.endsWith('}'))
    assert.equal(client.status, 404)
    assert.match(JSON.parse(client.body).error.message, /^Cannot replay /)
    client.leave()
  })
}
