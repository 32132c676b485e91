import assert from 'node:assert/strict'
import { mkdtemp, readdir, readFile, rm, stat } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, suite, test } from 'node:test'
import { eventually } from '../../test/eventually.ts'
import { Program } from '../../test/process.ts'
import { type Simulator, startSimulator } from '../simulator/index.ts'

const SERVE = ['serve', '--port', '0']
const SECRET = 'provider-secret-0123456789'

suite('what a configuration asks to have written', () => {
  let folder: string
  let simulator: Simulator
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'millrace-hooks-'))
    simulator = await startSimulator()
  })
  after(async () => {
    await simulator.close()
    await rm(folder, { recursive: true })
  })

  const config = (settings: object) => ({
    upstreams: { up: { dialects: ['chat'], baseUrl: `${simulator.url}/v1`, apiKey: SECRET } },
    ...settings,
  })

  const ask = (url: string, word: string) =>
    fetch(`${url}/v1/chat/completions?key=query-secret`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', 'user-agent': 'tester "1.0"' },
      body: JSON.stringify({ model: 'sim/story;words=5', stream: true, messages: [{ role: 'user', content: word }] }),
    })

  test('an access log has a line for each request, and no query', async () => {
    const file = join(folder, 'deep', 'access.log')
    await using gateway = await Program.start(SERVE, config({ log: { access: file } }))
    const response = await ask(await gateway.url(), 'Hello')
    await response.text()
    const line = await eventually(async () => (await readFile(file, 'utf8').catch(() => '')) || undefined)
    const id = response.headers.get('x-millrace-request-id')
    assert.match(
      line,
      /^127\.0\.0\.1 - - \[\d\d\/\w{3}\/\d{4}:\d\d:\d\d:\d\d \+0000\] "POST \/v1\/chat\/completions HTTP\/1\.1" 200 \d{3,} "-" "tester \\"1\.0\\"" \S+ [\d.]+\n$/,
    )
    assert.ok(line.includes(`${id}`) && !line.includes('query-secret'))
    assert.equal((await stat(file)).mode & 0o777, 0o600)
  })

  for (const bodies of [false, true])
    test(`traces are a file for each exchange, ${bodies ? 'with' : 'without'} bodies and without secrets`, async () => {
      const traces = join(folder, `traces-${bodies}`)
      await using gateway = await Program.start(SERVE, config({ trace: { folder: traces, bodies, maxFiles: 2 } }))
      const url = await gateway.url()
      for (const word of ['one', 'two', 'three-of-them']) await (await ask(url, word)).text()
      const names = await eventually(async () => {
        const found = await readdir(traces)
        const texts = await Promise.all(found.map(name => readFile(join(traces, name), 'utf8').catch(() => '')))
        return texts.length === 2 && texts.every(text => text.includes('stream-complete')) ? found : undefined
      })
      const text = (await Promise.all(names.map(name => readFile(join(traces, name), 'utf8')))).join('')
      assert.equal(text.includes('three-of-them'), bodies)
      assert.ok(!text.includes(SECRET) && text.includes('[redacted]'))
      assert.equal((await stat(join(traces, names[0] as string))).mode & 0o777, 0o600)
      assert.equal((await stat(traces)).mode & 0o777, 0o700)
    })
})
