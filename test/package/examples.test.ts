/** What the README, the docs and the gateway's welcome show, run as it stands against the simulator. */
import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { after, before, suite, test } from 'node:test'
import { type Simulator, startSimulator } from '../../src/simulator/index.ts'
import { eventually } from '../eventually.ts'
import { freePort } from '../free-port.ts'
import { Program } from '../process.ts'
import { blocksOf, curlLines, PAGES } from './markdown.ts'
import { runProgram } from './program.ts'
import { Project } from './project.ts'

const CHAT = { model: 'sim/story', stream: true, messages: [{ role: 'user', content: 'Hi' }] }

/** What each line of docs/simulator.md must bring, in their order. */
const SIMULATED: readonly RegExp[] = [
  /^data: .*chat\.completion\.chunk.*data: \[DONE\]\n\n$/s,
  /^event: response\.created.*encrypted_content.*event: response\.completed/s,
  /^event: message_start.*tool_use.*event: message_stop/s,
  /^data: .*"text":"Hi".*finishReason/s,
  /^data: .*\[DONE\]\n\n$/s,
  /^event: message_start\r\n.*message_stop"\}\r\n\r\n$/s,
  /^HTTP\/1\.1 429 .*retry-after: 3\r\n.*"rate_limit_exceeded"/s,
  /"thinking":"It wants grinding".*"name":"grind","input":\{"sacks":2\}/,
  /^data: .*[^\n]$/s,
  /response\.output_text\.delta.*event: response\.failed/s,
  /^data: [^\n]+\r\n/,
  /^\[\{"seq":1,.*\]$/s,
]

/** What each line of the welcome must bring, the last one soon after the others. */
const WELCOMED: readonly RegExp[] = [
  /\[DONE\]\n\n$/,
  /event: response\.completed/,
  /event: message_stop/,
  /finishReason/,
  /^\{"streams":\[(\{.*"outcome":"completed".*){4}\]\}$/,
]

suite('the examples', { concurrency: 2 }, () => {
  let project: Project
  let simulator: Simulator
  let port: number
  before(async () => {
    project = await Project.create()
    simulator = await startSimulator()
    port = await freePort()
    for (const page of PAGES) write(page)
  })
  after(async () => {
    await simulator.close()
    await project[Symbol.asyncDispose]()
  })

  /** The blocks of a page are one program, but for its addresses. */
  function write(page: string): void {
    const shown = blocksOf(page, 'ts').join('\n')
    const code = shown.replaceAll(/http:\/\/127\.0\.0\.1:(?:8643|11434)\b/g, simulator.url).replace('8080', `${port}`)
    if (code !== '') writeFileSync(join(project.folder, fileOf(page)), code)
  }

  test('of the docs are right in a strict project', async () => {
    const files = readdirSync(project.folder).filter(name => name.endsWith('.ts'))
    assert.deepEqual(files.toSorted(), [
      'README.ts',
      'capture.ts',
      'hooks.ts',
      'library.ts',
      'money.ts',
      'report.ts',
      'telemetry.ts',
    ])
    assert.equal(await project.compile(files, '--module', 'nodenext', '--types', 'node', '--skipLibCheck'), '')
  })

  test('of the README relays a stream and tells what it was', async () => {
    const path = join(project.folder, 'README.ts')
    const program = spawn(process.execPath, [path], { stdio: ['ignore', 'pipe', 'inherit'] })
    try {
      const answer = await ask(`http://127.0.0.1:${port}/v1/chat/completions`)
      assert.match(await answer.text(), /data: \[DONE\]\n\n$/)
      const [line] = await once(program.stdout, 'data')
      assert.match(String(line), /^completed \{/)
    } finally {
      program.kill()
    }
  })

  test('of docs/hooks.md tell hooks and tracer, and change the request', async () => {
    const { stdout, stderr, code } = await project.run('node', 'hooks.ts')
    assert.deepEqual({ stderr, code }, { stderr: '', code: 0 })
    assert.match(stdout, /^req_\w+ 127\.0\.0\.1:\d+ \{.*outcome: 'completed'/s)
    const changed = simulator.requests(0).filter(({ headers }) => headers.includes('x-team'))
    assert.equal(changed.length, 1)
    const [file] = readdirSync(join(project.folder, 'traces')) as [string]
    const lines = readFileSync(join(project.folder, 'traces', file), 'utf8')
      .trim()
      .split('\n')
    assert.deepEqual(
      [...new Set(lines.map(line => JSON.parse(line).trace))],
      ['request', 'stream-start', 'stream-chunk', 'stream-complete'],
    )
    assert.doesNotMatch(lines.join(), /sk-nobody/)
  })

  test('of docs/telemetry.md make a span by the tracer of the program', async () => {
    const { stdout, stderr, code } = await project.run('node', 'telemetry.ts')
    assert.deepEqual({ stderr, code }, { stderr: '', code: 0 })
    assert.match(stdout, /name: 'chat.*'gen_ai\.provider\.name': 'anthropic'.*'gen_ai\.usage\.output_tokens': 180/s)
  })

  test('of docs/report.md count the tokens of a stream', async () => {
    const { stdout, stderr, code } = await project.run('node', 'report.ts')
    assert.deepEqual({ stderr, code }, { stderr: '', code: 0 })
    assert.match(stdout, /^\{\n {2}tokensInput: 75,\n {2}tokensOutput: 180,.*provenance: 'reported'/s)
  })

  test('of docs/library.md convert, collect, expand, meter and decode', async () => {
    const { stdout, stderr, code } = await project.run('node', 'library.ts')
    assert.deepEqual({ stderr, code }, { stderr: '', code: 0 })
    assert.deepEqual(stdout.trim().split('\n').toSorted(), [
      '200 text/event-stream',
      "collected: [ 'tool-call', 'tool-call' ] response collect",
      'converted: completed',
      'converted: completed',
      'expanded: text/event-stream',
      'heard: message-start block-start text-delta block-end choice-end message-end',
      'metered: 180 stop true',
    ])
  })

  for (const page of PAGES)
    for (const [at, yaml] of blocksOf(page, 'yaml').entries())
      test(`of ${page} configure a gateway, block ${at + 1}`, async () => {
        const file = join(project.folder, `${fileOf(page)}.${at}.yaml`)
        writeFileSync(file, yaml)
        const main = project.installed('dist/cli/main.js')
        const check = ['ANTHROPIC_API_KEY=a-key', 'node', main, 'config', 'check', '--config', file]
        const { stdout, code } = await project.run('env', ...check)
        assert.match(stdout, /: good\nupstreams: /)
        assert.equal(code, 0)
      })

  test('of docs/simulator.md do what they say', async () => {
    const lines = blocksOf('docs/simulator.md', 'sh').flatMap(curlLines)
    assert.equal(lines.length, SIMULATED.length)
    await Promise.all(
      lines.map(async (line, at) =>
        assert.match(await heard(`SIM=${simulator.url}; ${line}`), SIMULATED[at] as RegExp, line),
      ),
    )
  })

  test('of the welcome do what they say', async () => {
    await using gateway = await Program.start(['serve', '--port', '0'])
    const welcome = await eventually(() => gateway.stdout.match(/^No configuration.*config example$/ms)?.[0])
    const lines = curlLines(welcome)
    assert.equal(lines.length, WELCOMED.length)
    for (const [at, line] of lines.entries())
      await eventually(async () => (await heard(line)).match(WELCOMED[at] as RegExp) ?? undefined)
  })
})

function fileOf(page: string): string {
  return page.replace(/^(?:docs\/)?(.*)\.md$/, '$1.ts')
}

/** What a line of shell prints. */
async function heard(line: string): Promise<string> {
  return (await runProgram('bash', ['-c', line], '/')).stdout
}

/** Asks a server that is just being started. */
function ask(url: string): Promise<Response> {
  return eventually(() => fetch(url, { method: 'POST', body: JSON.stringify(CHAT) }).catch(() => undefined))
}
