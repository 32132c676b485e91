/** What stands in `examples/`, run as it is over the packed package: asked over sockets, answered by the simulator. */
import assert from 'node:assert/strict'
import { cpSync, globSync } from 'node:fs'
import { join } from 'node:path'
import { after, before, suite, test } from 'node:test'
import { type Simulator, startSimulator } from '../../src/simulator/index.ts'
import { eventually } from '../eventually.ts'
import { Project, ROOT } from './project.ts'
import { type Running, runServer } from './server.ts'

/** What the examples import beside this package. */
const OTHERS = ['hono', '@hono/node-server', 'express', '@types/express'] as const

const EXAMPLES = [
  'adapter.ts',
  'express.ts',
  'hono.ts',
  'metrics-collector.ts',
  'node-http.ts',
  'rewriting-hook.ts',
  'route-handler.ts',
]

const TURN = { role: 'user', content: 'Hi' }
const CHAT = { model: 'sim/echo', messages: [TURN] }

suite('the programs of examples', () => {
  let project: Project
  let simulator: Simulator
  before(async () => {
    project = await Project.create()
    await project.link(...OTHERS)
    simulator = await startSimulator()
    cpSync(join(ROOT, 'examples'), project.folder, { recursive: true })
  })
  after(async () => {
    await simulator.close()
    await project[Symbol.asyncDispose]()
  })

  /** Starts an example that listens; `path` is where it asks the simulator. */
  const start = (file: string, path: string) =>
    runServer(join(project.folder, file), { UPSTREAM: simulator.url + path, API_KEY: 'sk-example' })

  test('are these, and right in a strict project', async () => {
    const files = globSync('*.ts', { cwd: project.folder }).toSorted()
    assert.deepEqual(files, EXAMPLES)
    assert.equal(await project.compile(files, '--module', 'nodenext', '--types', 'node', '--skipLibCheck'), '')
  })

  test('are listed on the page of examples', () => {
    const listed = [...project.read('README.md').matchAll(/\]\(([\w-]+\.ts)\)/g)].map(([, file]) => file as string)
    assert.deepEqual(listed.toSorted(), EXAMPLES)
  })

  test('hono.ts answers a client of Messages over Chat Completions', async () => {
    await using program = await start('hono.ts', '/v1')
    const answer = await post(program, '/v1/messages', { ...CHAT, max_tokens: 9, stream: true })
    assert.match(await answer.text(), /^event: message_start.*"text":"Hi".*event: message_stop/s)
    assert.match(await eventually(() => /^completed .*$/m.exec(program.stdout)?.[0]), /^completed \d+ \d+$/)
    const refused = await post(program, '/v1/messages', { messages: 'none' })
    assert.deepEqual([refused.status, ((await refused.json()) as { type: string }).type], [400, 'error'])
    const [asked] = simulator
      .requests(0)
      .filter(({ path, body }) => path === '/v1/chat/completions' && body.includes('"max_'))
    assert.ok(asked?.headers.includes('Bearer sk-example'))
  })

  test('node-http.ts answers a client of Chat Completions over Messages, streamed and whole', async () => {
    await using program = await start('node-http.ts', '/v1/messages')
    const stream = await post(program, '/v1/chat/completions', { ...CHAT, stream: true })
    assert.match(await stream.text(), /"content":"Hi".*data: \[DONE\]\n\n$/s)
    assert.match(await eventually(() => /^completed .*$/m.exec(program.stdout)?.[0]), /^completed sim\/echo \d+ \d/)
    const whole = await post(program, '/v1/chat/completions', CHAT)
    assert.match(JSON.stringify(await whole.json()), /"object":"chat.completion".*"content":"Hi"/)
    assert.equal((await post(program, '/v1/chat/completions', [])).status, 400)
  })

  test('express.ts relays streams, and collects whole answers', async () => {
    await using program = await start('express.ts', '/v1/chat/completions')
    const stream = await post(program, '/v1/chat/completions', { ...CHAT, stream: true })
    assert.match(await stream.text(), /"content":"Hi".*data: \[DONE\]\n\n$/s)
    const whole = await post(program, '/v1/chat/completions', CHAT)
    assert.equal(whole.headers.get('content-type'), 'application/json')
    assert.match(JSON.stringify(await whole.json()), /"object":"chat.completion".*"content":"Hi"/)
    assert.equal((await post(program, '/v1/chat/completions', [])).status, 400)
  })

  test('route-handler.ts is served by whatever calls such functions', async () => {
    await using program = await runServer(
      await project.write(
        'serve-route-handler.ts',
        `import { serve } from '@hono/node-server'
         import { POST } from './route-handler.ts'
         serve({ fetch: POST, hostname: '127.0.0.1', port: Number(process.env.PORT) })`,
      ),
      { UPSTREAM: `${simulator.url}/v1/chat/completions` },
    )
    const answer = await post(program, '/api/chat', { ...CHAT, stream: true })
    assert.match(await answer.text(), /"content":"Hi".*data: \[DONE\]\n\n$/s)
    await eventually(() => program.stdout.match(/^completed /m) ?? undefined)
    const leaving = new AbortController()
    const long = { ...CHAT, model: 'sim/long?delay=20,words=300', stream: true }
    const left = await post(program, '/api/chat', long, leaving.signal)
    await left.body?.getReader().read()
    leaving.abort()
    await eventually(() => program.stdout.match(/^cancelled /m) ?? undefined)
    await eventually(() => simulator.requests(0).find(({ hungUp, body }) => hungUp && body.includes('words=300')))
  })

  test('rewriting-hook.ts changes what an answer says, and watches what it said', async () => {
    await using program = await start('rewriting-hook.ts', '/v1/chat/completions')
    const asked = {
      ...CHAT,
      stream: true,
      messages: [{ role: 'user', content: 'Ask ada@mill.example or bo@mill.example' }],
    }
    const answer = await post(program, '/v1/chat/completions', asked)
    assert.equal(contentOf(await answer.text()), 'Ask [address] or [address]')
    await eventually(() => program.stdout.match(/^0 characters of reasoning were left out$/m) ?? undefined)
    const thought = await post(program, '/v1/chat/completions', { ...CHAT, model: 'sim/thinking', stream: true })
    assert.doesNotMatch(await thought.text(), /reasoning_details/)
    await eventually(() => program.stdout.match(/^[1-9]\d+ characters of reasoning were left out$/m) ?? undefined)
  })

  test('metrics-collector.ts tells what an answer costs', async () => {
    const url = `UPSTREAM=${simulator.url}/v1/chat/completions`
    const { stdout, stderr, code } = await project.run('env', url, 'node', 'metrics-collector.ts')
    assert.deepEqual({ stderr, code }, { stderr: '', code: 0 })
    const [, input = 0, cached = 0, output = 0, cost] =
      /tokensInput: (\d+).*tokensOutput: (\d+).*cacheReadTokens: (\d+).*costUsd: ([\d.e-]+)/s
        .exec(stdout)
        ?.map(Number) ?? []
    assert.ok(input > 0 && output > 0 && cached > 0 && cost !== undefined, stdout)
  })

  test('adapter.ts answers plain text with plain text, failures too', async () => {
    await using program = await start('adapter.ts', '/v1/chat/completions')
    const answer = await fetch(program.url, { method: 'POST', body: 'Hi' })
    assert.equal(answer.headers.get('content-type'), 'text/plain; charset=utf-8')
    assert.match(await answer.text(), /mill/)
    await using failing = await runServer(join(project.folder, 'adapter.ts'), {
      ...{ UPSTREAM: `${simulator.url}/v1/chat/completions`, MODEL: 'sim/error?status=429' },
    })
    const refused = await fetch(failing.url, { method: 'POST', body: 'Hi' })
    assert.deepEqual([refused.status, refused.headers.get('content-type')], [429, 'text/plain'])
    await using cut = await runServer(join(project.folder, 'adapter.ts'), {
      ...{ UPSTREAM: `${simulator.url}/v1/chat/completions`, MODEL: 'sim/story?fault=close' },
    })
    const text = await textUntilCut(await fetch(cut.url, { method: 'POST', body: 'Hi' }))
    assert.match(text, /\n\[Upstream ended the stream without its terminal event\]\n$/)
  })
})

function post({ url }: Running, path: string, body: unknown, signal?: AbortSignal): Promise<Response> {
  const headers = { 'content-type': 'application/json' }
  return fetch(url + path, { method: 'POST', headers, body: JSON.stringify(body), signal: signal ?? null })
}

/** What comes before the connection is cut. */
async function textUntilCut({ body }: Response): Promise<string> {
  const chunks: Uint8Array[] = []
  await assert.rejects(Array.fromAsync(body as ReadableStream<Uint8Array>, chunk => chunks.push(chunk)))
  return Buffer.concat(chunks).toString()
}

/** The text of a stream of Chat Completions. */
function contentOf(stream: string): string {
  const deltas = stream.matchAll(/"content":("(?:[^"\\]|\\.)*")/g)
  return [...deltas].map(([, text]) => JSON.parse(text as string) as string).join('')
}
