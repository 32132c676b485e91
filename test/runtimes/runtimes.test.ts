/** The package on other runtimes than Node: one suite, run on all of them over the packed package. */
import assert from 'node:assert/strict'
import { cpSync, globSync, readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { join } from 'node:path'
import { after, before, suite, test } from 'node:test'
import { type Simulator, startSimulator } from '../../src/simulator/index.ts'
import { eventually } from '../eventually.ts'
import { whyNotInstalled } from '../on-demand.ts'
import { runProgram } from '../package/program.ts'
import { Project, ROOT } from '../package/project.ts'
import { runServer } from '../package/server.ts'

const HERE = import.meta.dirname

/** How each runtime with servers of `node:http` runs a file; Deno with no permission but these. */
const SERVERS: Readonly<Record<string, readonly [string, ...string[]]>> = {
  Node: [process.execPath],
  Bun: [binary('bun'), '--no-install', 'run'],
  Deno: [
    binary('deno'),
    'run',
    '--no-prompt',
    '--no-remote',
    '--node-modules-dir=manual',
    '--allow-net',
    '--allow-env',
  ],
}

/** How long a suite may take on one runtime, in milliseconds. */
const LIMIT_MS = 120_000

const missing = await whyNotInstalled(HERE)
if (missing !== false) console.log(`No other runtimes: only Node runs the suite of test/runtimes: ${missing}`)

suite('the package', () => {
  let project: Project
  let simulator: Simulator
  before(async () => {
    project = await Project.create()
    simulator = await startSimulator()
    cpSync(join(HERE, 'suite'), project.folder, { recursive: true })
    cpSync(join(ROOT, 'examples/node-http.ts'), join(project.folder, 'node-http.ts'))
  })
  after(async () => {
    await simulator?.close()
    await project?.[Symbol.asyncDispose]()
  })

  /** The lines that the suite printed as a program. */
  async function runAs(runtime: string, command: string, ...options: readonly string[]): Promise<readonly string[]> {
    const args = [...options, 'program.ts', runtime, simulator.url]
    const { stdout, stderr, code } = await runProgram(command, args, project.folder, LIMIT_MS)
    assert.deepEqual({ code, stderr }, { code: 0, stderr: '' })
    return stdout.trim().split('\n')
  }

  test('has a suite that needs the types of the web only', async () => {
    const files = globSync('*.ts', { cwd: join(HERE, 'suite') })
    const web = ['--lib', 'esnext,dom,dom.iterable,dom.asynciterable', '--types', '']
    const options = ['--module', 'esnext', '--moduleResolution', 'bundler', '--allowImportingTsExtensions', ...web]
    assert.equal(await project.compile(files, ...options), '')
  })

  test('runs on Node', async () => assertGood(await runAs('node', process.execPath)))

  test('runs on Bun', { skip: missing }, async () =>
    assertGood(await runAs('bun', binary('bun'), '--no-install', 'run')),
  )

  test('runs on Deno, with no permission but to call the upstream', { skip: missing }, async () => {
    const { host } = new URL(simulator.url)
    const options = [
      'run',
      '--no-prompt',
      '--no-remote',
      '--node-modules-dir=manual',
      `--allow-net=${host},127.0.0.1:1`,
    ]
    assertGood(await runAs('deno', binary('deno'), ...options))
  })

  for (const [runtime, command] of Object.entries(SERVERS))
    test(`answers responses of node:http on ${runtime}`, { skip: runtime !== 'Node' && missing }, async () => {
      const file = join(project.folder, 'node-http.ts')
      await using program = await runServer(file, { UPSTREAM: `${simulator.url}/v1/messages` }, command)
      const ask = (model: string) =>
        fetch(program.url, {
          method: 'POST',
          body: JSON.stringify({ model, stream: true, messages: [{ role: 'user', content: 'Hi' }] }),
        })
      assert.match(await (await ask('sim/story')).text(), /data: \[DONE\]\n\n$/)
      await eventually(() => program.stdout.match(/^completed sim\/story 180 /m) ?? undefined)
      const left = (await ask('sim/long?delay=20')).body?.getReader()
      await left?.read()
      await left?.cancel()
      await eventually(() => program.stdout.match(/^cancelled sim\/long /m) ?? undefined)
      await assert.rejects((await ask('sim/length?fault=close')).text())
      await eventually(() => program.stdout.match(/^truncated sim\/length /m) ?? undefined)
    })

  test('runs on workerd, bundled as its users bundle, in one request after the other', { skip: missing }, async () => {
    const require = createRequire(join(HERE, 'package.json'))
    const bundle = join(project.folder, 'worker.js')
    const conditions = '--conditions=workerd,worker,browser'
    const bundling = ['worker.ts', '--bundle', '--format=esm', '--target=es2024', conditions, `--outfile=${bundle}`]
    const { code, stderr } = await runProgram(binary('esbuild'), [...bundling, '--log-level=warning'], project.folder)
    assert.deepEqual({ code, stderr }, { code: 0, stderr: '' })
    const { Miniflare } = require('miniflare') as typeof import('./miniflare.d.ts')
    const module = { type: 'ESModule', path: 'worker.js', contents: readFileSync(bundle, 'utf8') } as const
    const worker = new Miniflare({ modules: [module], compatibilityDate: '2026-07-01' })
    try {
      for (let turn = 0; turn < 2; turn++) {
        const response = await worker.dispatchFetch(`http://worker.test/?upstream=${simulator.url}`)
        assertGood((await response.text()).split('\n'))
      }
    } finally {
      await worker.dispose()
    }
  })
})

function binary(name: string): string {
  return join(HERE, 'node_modules/.bin', name)
}

/** Every check held, and the suite came to its end. */
function assertGood(lines: readonly string[]): void {
  assert.deepEqual(
    lines.filter(line => !line.startsWith('ok ')),
    ['done'],
  )
  assert.ok(lines.length > 50, `${lines.length} checks`)
}
