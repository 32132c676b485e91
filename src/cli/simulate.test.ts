import assert from 'node:assert/strict'
import { readFile } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { test } from 'node:test'
import { Program } from '../../test/process.ts'

const CORPUS = resolve(import.meta.dirname, '../../test/corpus')

test('simulate serves the simulator and recordings until it is told to stop', async () => {
  await using simulator = await Program.start(['simulate', '--port', '0', '--replay', CORPUS])
  const url = await simulator.url()
  assert.equal(simulator.stdout, `millrace simulator listening on ${url}\n`)
  const body = '{"model":"replay/chat/openai-two-choices","stream":true}'
  const response = await fetch(`${url}/v1/chat/completions`, { method: 'POST', body })
  assert.equal(await response.text(), await readFile(join(CORPUS, 'chat/openai-two-choices.sse'), 'utf8'))
  simulator.kill('SIGTERM')
  assert.deepEqual(await simulator.exit, [0, null])
})

test('simulate says that there is no such folder, with exit code 1', async () => {
  const { code, stderr } = await Program.run(['simulate', '--port', '0', '--replay', 'none'])
  assert.equal(code, 1)
  assert.match(stderr, /^millrace: ENOENT: .*'none': there is no such file or folder: check the path\n$/)
})
