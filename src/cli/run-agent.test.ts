import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { once } from 'node:events'
import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { delimiter, join } from 'node:path'
import { after, before, suite, test } from 'node:test'
import { promisify } from 'node:util'
import { eventually } from '../../test/eventually.ts'
import { Program } from '../../test/process.ts'

/** Says how it was called and who answers at its gateway, and ends as it is told to. */
const AGENT = `#!${process.execPath}
const { argv, env } = process
if (argv.includes('wait')) {
  setInterval(() => {}, 1000)
  for (const signal of ['SIGTERM', 'SIGINT']) process.on(signal, () => process.exit(signal === 'SIGTERM' ? 3 : 4))
}
const url = env.ANTHROPIC_BASE_URL ?? /base_url="(.*)\\/v1"/.exec(argv.join())?.[1]
const health = await (await fetch(url + '/health')).text()
const { ANTHROPIC_AUTH_TOKEN, ANTHROPIC_API_KEY, MILLRACE_KEY, NO_PROXY } = env
const said = { args: argv.slice(2), url, health, ANTHROPIC_AUTH_TOKEN, ANTHROPIC_API_KEY, MILLRACE_KEY, NO_PROXY }
console.log(JSON.stringify(said))
if (argv.includes('exit')) process.exit(7)
if (argv.includes('die')) process.kill(process.pid, 'SIGKILL')
`

const UPSTREAM = { up: { dialects: ['chat'], baseUrl: 'http://127.0.0.1:1/v1' } }
const CONFIG = { server: { port: 0 }, upstreams: UPSTREAM }

suite('run', { concurrency: 2 }, () => {
  let folder: string
  let withAgents: Readonly<Record<string, string>>

  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'millrace-agents-'))
    for (const name of ['claude', 'codex']) {
      const file = join(folder, name)
      await writeFile(`${file}.mjs`, AGENT)
      await writeFile(file, `#!/bin/sh\nexec ${process.execPath} ${file}.mjs "$@"\n`)
      await chmod(file, 0o755)
    }
    withAgents = { PATH: `${folder}${delimiter}${process.env.PATH}` }
  })
  after(() => rm(folder, { recursive: true }))

  test('starts Claude Code on a gateway of its own, hands its arguments and its exit code on, and ends with it', async () => {
    const { code, stdout, stderr } = await Program.run(['run', 'claude', '--', 'exit', '-p', 'Hi'], CONFIG, withAgents)
    assert.deepEqual([code, stderr], [7, ''])
    const { url, ...said } = JSON.parse(stdout)
    assert.match(url, /^http:\/\/127\.0\.0\.1:\d+$/)
    assert.deepEqual(said, {
      args: ['exit', '-p', 'Hi'],
      health: '{"status":"ok"}',
      ANTHROPIC_AUTH_TOKEN: 'no-key-needed',
    })
    await assert.rejects(fetch(`${url}/health`))
  })

  test('starts Codex with a provider in its flags, and with the key of the gateway', async () => {
    const config = { ...CONFIG, server: { port: 0, keys: ['mr-1', 'mr-2'] } }
    const { code, stdout } = await Program.run(['run', 'codex', '--', 'exec', 'Hi'], config, withAgents)
    const { args, url, MILLRACE_KEY } = JSON.parse(stdout)
    assert.deepEqual([code, MILLRACE_KEY], [0, 'mr-1'])
    const provider = `{name="Millrace",base_url="${url}/v1",wire_api="responses",env_key="MILLRACE_KEY"}`
    const flags = ['-c', 'model_provider=millrace', '-c', `model_providers.millrace=${provider}`]
    assert.deepEqual(args, [...flags, 'exec', 'Hi'])
  })

  test('uses the gateway that runs at the configured address, and leaves it there', async () => {
    await using running = await Program.start(['serve', '--port', '0'], CONFIG)
    const url = await running.url()
    const port = Number(new URL(url).port)
    const { stdout } = await Program.run(['run', 'claude'], { ...CONFIG, server: { port } }, withAgents)
    assert.equal(JSON.parse(stdout).url, url)
    assert.equal((await fetch(`${url}/health`)).status, 200)
  })

  test('does not take another program for a gateway', async () => {
    const server = createServer((_, response) => response.end('<html>'))
    await once(server.listen(0, '127.0.0.1'), 'listening')
    const { port } = server.address() as AddressInfo
    const { code, stdout, stderr } = await Program.run(['run', 'claude'], { ...CONFIG, server: { port } }, withAgents)
    server.close()
    assert.deepEqual([code, stdout], [1, ''])
    assert.match(stderr, /^millrace: Cannot use http:\/\/127\.0\.0\.1:\d+: what answers there is no gateway/)
  })

  test('runs on the simulator without anything, and keeps the log out of the terminal', async () => {
    const { code, stdout, stderr } = await Program.run(['run', 'claude', '--port', '0'], undefined, withAgents)
    assert.deepEqual([code, stderr, JSON.parse(stdout).health], [0, '', '{"status":"ok"}'])
  })

  for (const [signal, ended] of [
    ['SIGTERM', 3],
    ['SIGINT', 4],
  ] as const)
    test(`hands ${signal} on, and ends as the agent does`, async () => {
      await using program = await Program.start(['run', 'claude', '--', 'wait'], CONFIG, [], withAgents)
      await eventually(() => program.stdout.includes('health') || undefined)
      program.kill(signal)
      assert.deepEqual(await program.exit, [ended, null])
    })

  test('tells the end of an agent by a signal as shells do', async () => {
    const { code } = await Program.run(['run', 'claude', '--', 'die'], CONFIG, withAgents)
    assert.equal(code, 137)
  })

  test('keeps a key of the vendor from an agent that gets a token', async () => {
    const variables = { ...withAgents, ANTHROPIC_API_KEY: 'sk-ant-mine' }
    const { stdout } = await Program.run(['run', 'claude'], CONFIG, variables)
    assert.equal(JSON.parse(stdout).ANTHROPIC_API_KEY, undefined)
    const passing = { anthropic: { passCredential: true, dialects: ['messages'], baseUrl: 'http://127.0.0.1:1/v1' } }
    const { stdout: own } = await Program.run(['run', 'claude'], { ...CONFIG, upstreams: passing }, variables)
    assert.equal(JSON.parse(own).ANTHROPIC_API_KEY, 'sk-ant-mine')
  })

  test('keeps the gateway out of the way of a proxy', async () => {
    const variables = { ...withAgents, HTTPS_PROXY: 'http://proxy.invalid:8080', no_proxy: 'example.com' }
    const { stdout } = await Program.run(['run', 'claude'], CONFIG, variables)
    assert.equal(JSON.parse(stdout).NO_PROXY, 'example.com,127.0.0.1')
  })

  test('says how to install an agent that is not there, with exit code 1', async () => {
    const { code, stdout, stderr } = await Program.run(['run', 'codex'], CONFIG, {
      PATH: folder.replace('agents', 'no'),
    })
    assert.deepEqual([code, stdout], [1, ''])
    const remedy = 'it is not installed, or not on the PATH: npm install --global @openai/codex'
    assert.equal(stderr, `millrace: Cannot run codex: ${remedy}\n`)
  })

  test('tells the agents that there are', async () => {
    const { code, stderr } = await Program.run(['run', 'cursor'])
    assert.equal(code, 2)
    assert.match(stderr, /^error: .*'cursor' is invalid.* Allowed choices are claude, codex\./)
  })
})

suite('run --print-env', { concurrency: 2 }, () => {
  const server = { host: '0.0.0.0', port: 8765, keys: ["it's-a-key-of-mine", 'another-key-of-mine'] }
  const print = (agent: string, config: object | undefined, more: readonly string[] = []) =>
    Program.run(['run', agent, '--print-env', ...more], config)

  test('prints what a shell reads back, with the client key and no key of an upstream', async () => {
    const upstreams = { up: { ...UPSTREAM.up, apiKey: 'sk-upstream-1' } }
    const { code, stdout } = await print('claude', { server, upstreams })
    assert.equal(code, 0)
    assert.ok(!stdout.includes('sk-upstream'))
    const names = ['ANTHROPIC_BASE_URL', 'ANTHROPIC_AUTH_TOKEN', 'ANTHROPIC_API_KEY']
    const script = `ANTHROPIC_API_KEY=sk\n${stdout}\nprintf '%s|' ${names.map(name => `"$${name}"`).join(' ')}`
    const { stdout: read } = await promisify(execFile)('sh', ['-c', script])
    assert.equal(read, "http://127.0.0.1:8765|it's-a-key-of-mine||")
  })

  test('prints a function for Codex, which has flags of its own', async () => {
    const { stdout } = await print('codex', { server: { port: 8765 }, upstreams: UPSTREAM })
    const provider = '{name="Millrace",base_url="http://127.0.0.1:8765/v1",wire_api="responses"}'
    const flags = `-c model_provider=millrace -c 'model_providers.millrace=${provider}'`
    assert.equal(stdout, `codex() { command codex ${flags} "$@"; }\n`)
  })

  test('leaves an agent its own login where an upstream of its dialect is to have it', async () => {
    const upstreams = { anthropic: {}, openai: {} }
    const claude = await print('claude', { upstreams })
    assert.equal(claude.stdout, 'export ANTHROPIC_BASE_URL=http://127.0.0.1:8642\n')
    const codex = await print('codex', { upstreams })
    assert.match(codex.stdout, /wire_api="responses",requires_openai_auth=true\}/)
  })

  test('cannot tell an address that is not chosen yet, with exit code 2', async () => {
    const { code, stdout, stderr } = await print('claude', { upstreams: UPSTREAM }, ['--port', '0'])
    assert.deepEqual([code, stdout], [2, ''])
    assert.match(stderr, /^millrace: Cannot print the environment: port 0 is no address/)
  })
})
