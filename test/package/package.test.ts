/** What npm would publish: its files, its doors, its types, its program. */
import assert from 'node:assert/strict'
import { copyFileSync, globSync } from 'node:fs'
import { join } from 'node:path'
import { after, before, suite, test } from 'node:test'
import { publint } from 'publint'
import { formatMessage } from 'publint/utils'
import { runProgram } from './program.ts'
import { Project, ROOT } from './project.ts'

/** What can be imported at run time, by the door it is behind. */
const NAMES: Readonly<Record<string, readonly string[]>> = {
  millrace: [
    'AdapterRegistry BufferService ConsoleTracer DEFAULT_BUDGETS DEFAULT_LIMITS DIALECTS DeferredStreaming Exchange',
    'FAILURES FetchClient FileTracer Framer Grammar HOOK_EVENTS HOOK_LAYERS HookManager HttpPoolManager LimitError',
    'MemoryResponseStore MillraceError NullTracer Redactor RequestContext ResponseOutlet SealMemory SocketOutlet',
    'SseDecoder SseDecoderStream',
    'SseEncoderStream StreamingBufferService StreamingError StreamingHandler Sweep VERSION accessLogHook adapters checkGrammar',
    'collectMessage convertAdapter convertRequest convertResponse createAdapter createClient createDecoder createEncoder',
    'createMetricsCollector decodeEvents encodeComment encodeEvent expandMessage failure failureResponse frameEnd',
    'getHeader getHeaders meterResponse metricsOf passAdapter registryOf relayAdapter requestHeaders sharedClient',
    'toRawHeaders tracerHook',
  ],
  'millrace/dialects': [
    'DIALECTS FrameReader MemoryResponseStore bridgeCustomTools chat costInUsage cutWrapped emptyReading gemini',
    'isReasoningBeside messages rememberAnswer responses splitCallPath tierInUsage withCustomCalls withHistory',
  ],
  'millrace/functions': [
    'collectMessage convertRequest convertResponse createDecoder createEncoder expandMessage failureResponse',
    'meterResponse',
  ],
  'millrace/gateway': [
    'ConfigError configReference configSchema defaultConfig exampleConfig loadConfig parseConfig secretsOf',
    'startGateway',
  ],
  'millrace/model': [
    'EventMap EventWriter Fold Grammar Losses WRAPPED_TAG checkGrammar escapePointer finishOf foldEvents fromByteSlot',
    'isProviderRun isWrapped membersFor mergeUsage subtract textsOf toByteSlot unfoldMessage unwrapParts unwrapSeal wrapParts',
    'wrapSeal writePart',
  ],
  'millrace/prices': ['CATALOGUE_URL PriceCatalogue parseCatalogue'],
  'millrace/sse': [
    'Framer SseDecoder SseDecoderStream SseEncoderStream decodeEvents encodeComment encodeEvent frameEnd',
  ],
  'millrace/streaming': [
    'BufferService ConsoleTracer DeferredStreaming FileTracer HOOK_LAYERS HookManager HttpPoolManager NullTracer',
    'RequestContext StreamingBufferService StreamingHandler createMetricsCollector',
  ],
  'millrace/telemetry': ['Metrics Telemetry openTelemetryHook'],
}

/** The web page, without what tells the content of its files in their names. */
const PAGE = [
  'dist/dashboard/assets/index.css',
  'dist/dashboard/assets/index.js',
  'dist/dashboard/assets/mill.svg',
  'dist/dashboard/index.html',
]

function isOfPage(file: string): boolean {
  return file.startsWith('dist/dashboard/')
}

suite('the package', () => {
  let project: Project
  before(async () => {
    project = await Project.create()
  })
  after(() => project[Symbol.asyncDispose]())

  test('holds the compiled sources, their types and the docs, and nothing else', () => {
    const sources = globSync('src/**/*.ts', { cwd: ROOT }).filter(path => !path.endsWith('.test.ts'))
    const compiled = sources.map(path => path.replace(/^src(.*)\.ts$/, 'dist$1'))
    const docs = globSync('docs/**/*.{md,json}', { cwd: ROOT })
    const expected = ['LICENSE', 'README.md', 'package.json', ...docs]
    for (const path of compiled) expected.push(`${path}.js`, `${path}.d.ts`)
    const [page, compiledFiles] = [project.files.filter(isOfPage), project.files.filter(file => !isOfPage(file))]
    assert.deepEqual(compiledFiles.toSorted(), expected.toSorted())
    assert.deepEqual(page.map(file => file.replace(/-[\w-]{8}\./, '.')).toSorted(), PAGE)
  })

  test('gives publint nothing to say', async () => {
    const { messages, pkg } = await publint({ pkgDir: project.installed(), pack: false, strict: true })
    assert.deepEqual(
      messages.map(message => formatMessage(message, pkg)),
      [],
    )
  })

  test('opens the doors of `exports`, each to what is meant to be seen', async () => {
    const doors = Object.keys(project.manifest.exports).filter(door => door !== './package.json')
    const specifiers = doors.map(door => door.replace('.', 'millrace'))
    const program = `for (const name of ${JSON.stringify(specifiers)}) console.log(name, ...Object.keys(await import(name)))`
    const { stdout, stderr } = await project.run('node', '--input-type=module', '--eval', program)
    assert.equal(stderr, '')
    const expected = Object.entries(NAMES).map(([door, names]) => `${door} ${names.join(' ')}`)
    assert.deepEqual(stdout.trim().split('\n').toSorted(), expected.toSorted())
  })

  test('opens no other door', async () => {
    const { code, stderr } = await project.run('node', '--eval', "import('millrace/dist/errors.js')")
    assert.equal(code, 1)
    assert.match(stderr, /ERR_PACKAGE_PATH_NOT_EXPORTED/)
  })

  test('takes the HTTP client that fits the runtime', async () => {
    const program = "import('millrace').then(({ createClient }) => console.log(createClient().constructor.name))"
    assert.equal((await project.run('node', '--eval', program)).stdout, 'NodeClient\n')
  })

  test('has types that hold, in the strictest project', async () => {
    assert.equal(await compile(project, 'surface.ts', '--module', 'nodenext', '--types', 'node'), '')
  })

  test('has a front page whose types need the web only', async () => {
    const web = ['--lib', 'es2024,dom,dom.iterable', '--types', '']
    assert.equal(
      await compile(project, 'portable.ts', '--module', 'esnext', '--moduleResolution', 'bundler', ...web),
      '',
    )
  })

  test('has a program that runs as it is', async () => {
    const { stdout, code } = await project.run(project.installed(project.manifest.bin.millrace), '--version')
    assert.deepEqual({ stdout, code }, { stdout: `${project.manifest.version}\n`, code: 0 })
  })

  test('has a program that an older Node refuses in one line', async () => {
    const older = await findOlderNode()
    if (older === undefined) return console.log('No older Node on PATH: its refusal is not tested')
    const { stdout, stderr, code } = await project.run(older, project.installed(project.manifest.bin.millrace))
    assert.equal(stdout, '')
    assert.match(stderr, /^millrace needs Node 24\.18\.1 or newer, this is \d+\.\d+\.\d+\n$/)
    assert.equal(code, 1)
  })
})

/** What the compiler says of a file of `consumer`; empty when it is good. */
async function compile(project: Project, file: string, ...options: readonly string[]): Promise<string> {
  copyFileSync(join(import.meta.dirname, 'consumer', file), join(project.folder, file))
  return project.compile([file], ...options)
}

async function findOlderNode(): Promise<string | undefined> {
  const folders = new Set(['/usr/bin', ...(process.env.PATH ?? '').split(':')])
  for (const folder of folders) {
    const node = join(folder, 'node')
    const { stdout } = await runProgram(node, ['--version'], '/')
    const [, major] = /^v(\d+)\./.exec(stdout) ?? []
    if (Number(major) < 24) return node
  }
  return undefined
}
