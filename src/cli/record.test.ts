import assert from 'node:assert/strict'
import { mkdtemp, readdir, rm, utimes } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, suite, test } from 'node:test'
import { Program } from '../../test/process.ts'
import { reportOf } from '../../test/reports.ts'
import { CaptureFolder } from '../capture/index.ts'

/** The lines of a capture, as short as they can be. */
function fileOf(id: string, outcome: 'completed' | 'truncated'): string {
  const subject = { type: 'capture', version: 1, id, time: '2026-11-03T09:12:55.120Z', key: null }
  const lines = [
    { ...subject, client: { dialect: 'chat' }, upstream: { name: 'up', dialect: 'chat' } },
    { type: 'request', from: 'client', method: 'POST', url: '/v1/x', headers: ['x-api-key', '[redacted]'], text: '{}' },
    { type: 'request', to: 'upstream', method: 'POST', url: 'http://up/v1/x', headers: [], body: 'as-client' },
    { type: 'report', report: { ...reportOf(outcome), id } },
  ]
  return lines.map(line => `${JSON.stringify(line)}\n`).join('')
}

suite('record', () => {
  let folder: string
  let captures: CaptureFolder
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'millrace-record-'))
    captures = new CaptureFolder(folder)
    await captures.write('1f2e-a', fileOf('1f2e-a', 'completed'))
    await captures.write('1f3c-b', fileOf('1f3c-b', 'truncated'))
    await utimes(captures.pathOf('1f2e-a'), 1000, 1000)
  })
  after(() => rm(folder, { recursive: true }))

  const record = (...args: readonly string[]) => Program.run(['record', ...args], { capture: { folder } })

  test('prints a capture by how its id begins', async () => {
    const { code, stdout } = await record('1f2')
    assert.deepEqual([code, stdout], [0, fileOf('1f2e-a', 'completed')])
  })

  test('lists captures, the newest first', async () => {
    const { stdout } = await record('--list')
    const [newest, oldest] = stdout.split('\n')
    assert.match(newest as string, /^1f3c-b {2}2026-11-03T09:12:55\.120Z {2}chat {2}gpt-6 {2}200 {2}truncated {2}\d+$/)
    assert.match(oldest as string, /^1f2e-a .* completed {2}\d+$/)
  })

  test('says that no capture begins so, with exit code 1, or that several do, with 2', async () => {
    const none = await record('abc')
    assert.equal(none.code, 1)
    assert.match(none.stderr, /^millrace: Cannot find the capture: no exchange "abc" was captured; /)
    const several = await record('1f')
    assert.deepEqual(several, {
      ...{ code: 2, stdout: '' },
      stderr: 'millrace: Cannot find the capture: 2 begin with "1f"; say more\n',
    })
    assert.equal((await record()).code, 2)
    assert.equal((await record('--older-than', '3x')).code, 2)
  })

  test('is what `show --curl` prints of, and where nothing is kept it tells how', async () => {
    const show = (...args: readonly string[]) => Program.run(['show', ...args], { capture: { folder } })
    const upstream = await show('1f2', '--curl')
    assert.equal(upstream.stdout, `curl -N \\\n  'http://up/v1/x' \\\n  -H 'content-type:' \\\n  --data-raw '{}'\n`)
    const client = await show('1f2', '--curl', 'client')
    assert.match(client.stdout, /'http:\/\/127\.0\.0\.1:8642\/v1\/x' \\\n {2}-H "x-api-key: \$MILLRACE_KEY" /)
    const none = await show('abc', '--curl')
    assert.deepEqual([none.code, none.stdout], [1, ''])
    assert.match(
      none.stderr,
      /^millrace: Cannot print the request: its body was not kept; with `capture: \{ mode: errors/,
    )
    assert.equal((await show('1f2', '--curl', 'both')).code, 2)
  })

  test('deletes what is older, then one, and neither is there any more', async () => {
    const old = await record('--delete', '--older-than', '1d')
    assert.match(old.stdout, /^deleted 1 capture, \d+ bytes\n$/)
    assert.deepEqual(await readdir(folder), ['1f3c-b.mlr.jsonl'])
    assert.match((await record('1f3c', '--delete')).stdout, /^deleted 1 capture, \d+ bytes\n$/)
    assert.deepEqual(await readdir(folder), [])
    assert.equal((await record('1f3c')).code, 1)
    assert.equal((await record('--list')).stdout, '')
  })
})
