import assert from 'node:assert/strict'
import { once } from 'node:events'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { type AddressInfo, createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { suite, test } from 'node:test'
import { eventually } from '../../test/eventually.ts'
import { Program } from '../../test/process.ts'

const CONFIG = { upstreams: { up: { dialects: ['chat'], baseUrl: 'http://127.0.0.1:1/v1' } } }
const SERVE = ['serve', '--port', '0']

function ask(url: string): Promise<Response> {
  const headers = { 'content-type': 'application/json' }
  const body = '{"model":"sim/length","messages":[]}'
  return fetch(`${url}/v1/chat/completions`, { method: 'POST', headers, body })
}

suite('serve', { concurrency: 2 }, () => {
  test('runs on the simulator without anything, says what to try, and logs a line for each exchange', async () => {
    await using gateway = await Program.start(SERVE)
    const url = await gateway.url()
    assert.match(url, /^http:\/\/127\.0\.0\.1:\d+$/)
    await eventually(() => gateway.stdout.includes('millrace config example') || undefined)
    assert.ok(
      gateway.stdout.startsWith(
        `millrace listening on ${url}\nwatch your streams at ${url}/\n\nNo configuration and no provider keys`,
      ),
    )
    const response = await ask(url)
    assert.deepEqual([response.status, response.headers.get('x-millrace-upstream')], [200, 'simulator'])
    await response.text()
    const line = await eventually(() => /^\{.*\}$/m.exec(gateway.stderr)?.[0])
    assert.equal(JSON.parse(line).exchange.id, response.headers.get('x-millrace-request-id'))
  })

  test('takes the configuration of its folder, and says no more than where it listens and where its page is', async () => {
    await using gateway = await Program.start(SERVE, CONFIG)
    const url = await gateway.url()
    assert.equal((await ask(url)).headers.get('x-millrace-upstream'), 'up')
    assert.equal(gateway.stdout, `millrace listening on ${url}\nwatch your streams at ${url}/\n`)
  })

  test('with keys it prints a link that opens its page once, and without a page none', async () => {
    const server = { keys: ['a-key-of-this-test'] }
    await using gateway = await Program.start(SERVE, { ...CONFIG, server })
    const url = await gateway.url()
    const link = /^watch your streams at (\S+)$/m
    const [, page] = await eventually(() => link.exec(gateway.stdout) ?? undefined)
    assert.match(page as string, new RegExp(`^${url}/#token=[\\w-]{32}$`))
    await using bare = await Program.start(SERVE, { ...CONFIG, server: { ...server, page: false } })
    await bare.url()
    assert.doesNotMatch(bare.stdout, link)
  })

  test('says that its port is in use, with exit code 1', async () => {
    const holder = await holdPort()
    const { code, stdout, stderr } = await Program.run(['serve', '--port', `${holder.port}`])
    assert.deepEqual([code, stdout], [1, ''])
    assert.match(stderr, /^millrace: .*127\.0\.0\.1:\d+: the port is in use: stop the other program, .*--port\n$/)
    holder.release()
  })

  test('goes on when nobody reads what it says', async () => {
    const { port, release } = await holdPort()
    release()
    await using gateway = await Program.start(['serve', '--port', `${port}`])
    gateway.closeStdout()
    const healthy = () => fetch(`http://127.0.0.1:${port}/health`).catch(() => undefined)
    await eventually(healthy, 50)
    assert.equal((await healthy())?.status, 200)
    assert.equal(gateway.stderr, '')
  })

  test('logs to a file', async () => {
    await using folder = await temporaryFolder()
    const file = join(folder.path, 'logs', 'log.json')
    await using gateway = await Program.start(SERVE, { ...CONFIG, log: { file } })
    await ask(await gateway.url())
    const written = () => readFile(file, 'utf8').catch(() => '')
    const line = await eventually(async () => /^.+$/m.exec(await written())?.[0])
    assert.equal(JSON.parse(line).exchange.status, 502)
    assert.equal(gateway.stderr, '')
  })

  const CRASH = `data:text/javascript,process.on('SIGUSR2', () => { throw new Error('Crash') })`
  for (const [signal, code, what] of [
    ['SIGTERM', 0, 'is told to stop'],
    ['SIGUSR2', 1, 'crashes'],
  ] as const)
    test(`has logged all in order when it ${what}`, async () => {
      await using folder = await temporaryFolder()
      const file = join(folder.path, 'log.json')
      await using gateway = await Program.start(SERVE, { ...CONFIG, log: { file } }, ['--import', CRASH])
      const url = await gateway.url()
      const asked: (string | null)[] = []
      // More than are written at a time.
      for (let n = 0; n < 40; n++) asked.push((await ask(url)).headers.get('x-millrace-request-id'))
      gateway.kill(signal)
      assert.equal((await gateway.exit)[0], code)
      const lines = (await readFile(file, 'utf8')).trimEnd().split('\n')
      const logged = lines.map(line => JSON.parse(line))
      assert.deepEqual(
        logged.map(({ exchange }) => exchange.id),
        asked,
      )
      for (const [at, { time }] of logged.entries()) assert.ok(time >= (logged[at - 1]?.time ?? 0))
    })

  test('serves, says so once, and ends when the disk is full', { skip: process.platform !== 'linux' }, async () => {
    await using gateway = await Program.start(SERVE, { ...CONFIG, log: { file: '/dev/full' } })
    const url = await gateway.url()
    for (let n = 0; n < 40; n++) assert.equal((await ask(url)).status, 502)
    gateway.kill('SIGTERM')
    assert.equal((await gateway.exit)[0], 0)
    assert.match(gateway.stderr, /^millrace: Cannot write the log: ENOSPC: [^\n]*\n$/)
  })

  test('does not start when it cannot log, with exit code 1', async () => {
    const { code, stdout, stderr } = await Program.run(SERVE, { ...CONFIG, log: { file: 'millrace.yaml/log.json' } })
    assert.deepEqual([code, stdout], [1, ''])
    assert.match(stderr, /^millrace: E[A-Z]+: .*millrace\.yaml/)
  })
})

/** A port, taken until it is released. */
async function holdPort() {
  const server = createServer()
  await once(server.listen(0, '127.0.0.1'), 'listening')
  return { port: (server.address() as AddressInfo).port, release: () => void server.close() }
}

async function temporaryFolder() {
  const path = await mkdtemp(join(tmpdir(), 'millrace-'))
  return { path, [Symbol.asyncDispose]: () => rm(path, { recursive: true }) }
}
