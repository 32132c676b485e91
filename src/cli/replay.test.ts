import assert from 'node:assert/strict'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, suite, test } from 'node:test'
import { Program } from '../../test/process.ts'
import { reportOf } from '../../test/reports.ts'

const LINES = [
  {
    ...{ type: 'capture', version: 1, id: 'x-1', time: '2026-11-03T09:12:55.120Z', key: null },
    ...{ client: { dialect: 'chat' }, upstream: { name: 'up', dialect: 'chat' } },
  },
  { type: 'request', to: 'upstream', method: 'POST', url: 'http://up.test/v1/chat/completions', headers: [] },
  { type: 'head', at: 1, from: 'upstream', status: 200, headers: ['content-type', 'text/event-stream'] },
  { type: 'chunk', at: 2, from: 'upstream', text: 'data: [DONE]\n\n' },
  { type: 'end', at: 3, from: 'upstream' },
  { type: 'report', report: reportOf('truncated') },
]

suite('replay', { concurrency: 2 }, () => {
  let folder: string
  const file = (name: string) => join(folder, name)
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'millrace-replay-'))
    const text = LINES.map(line => `${JSON.stringify(line)}\n`).join('')
    await writeFile(file('x-1.mlr.jsonl'), text)
    await writeFile(file('new.mlr.jsonl'), text.replace('"version":1', '"version":2'))
  })
  after(() => rm(folder, { recursive: true }))

  test('serves a captured exchange, and tells how a client is pointed at it', async () => {
    await using replay = await Program.start(['replay', file('x-1.mlr.jsonl'), '--port', '0', '--speed', '2'])
    const url = await replay.url()
    const response = await fetch(`${url}/v1/chat/completions`, { method: 'POST', body: '{}' })
    assert.equal(await response.text(), 'data: [DONE]\n\n')
    assert.match(replay.stdout, /answered as exchange x-1 was: truncated, 1 reads in 3 ms\.\n/)
    assert.match(replay.stdout, new RegExp(`OPENAI_BASE_URL=${url}/v1\n`))
    replay.kill('SIGTERM')
    assert.deepEqual(await replay.exit, [0, null])
  })

  test('is what `simulate --replay` does with one file', async () => {
    await using simulator = await Program.start(['simulate', '--port', '0', '--replay', file('x-1.mlr.jsonl')])
    const body = '{"model":"replay/x-1","stream":true}'
    const response = await fetch(`${await simulator.url()}/v1/chat/completions`, { method: 'POST', body })
    assert.equal(await response.text(), 'data: [DONE]\n\n')
  })

  test('refuses what it cannot read, with exit code 2, and what is not there, with 1', async () => {
    const newer = await Program.run(['replay', file('new.mlr.jsonl')])
    assert.deepEqual(newer, {
      ...{ code: 2, stdout: '' },
      stderr: 'millrace: Cannot read the capture: its version is 2, this program reads 1\n',
    })
    assert.equal((await Program.run(['replay', file('none.mlr.jsonl')])).code, 1)
    assert.equal((await Program.run(['replay', file('x-1.mlr.jsonl'), '--speed', 'fast'])).code, 2)
  })
})
