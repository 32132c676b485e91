// biome-ignore-all lint/suspicious/noTemplateCurlyInString: these are variables of a configuration file
import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { ConfigError } from './error.ts'
import { defaultConfig, type ParseOptions, parseConfig } from './parse.ts'

function problemsOf(text: string, options: Partial<ParseOptions> = {}): string[] {
  try {
    parseConfig(text, { env: {}, file: 'm.yaml', ...options })
    return []
  } catch (error) {
    assert.ok(error instanceof ConfigError)
    const [title, ...lines] = error.message.split('\n')
    assert.equal(title, 'Cannot use configuration "m.yaml":')
    return lines.map(line => line.slice(2))
  }
}

test('an empty file has every default', () => {
  assert.deepEqual(parseConfig('', { env: {} }), {
    server: { host: '127.0.0.1', port: 8642, keys: [], hosts: [], origins: [], page: true },
    upstreams: [],
    models: [],
    losses: 'report',
    transport: 'http1',
    seals: { remember: 0 },
    timeouts: {
      connectMs: 5000,
      headMs: 300_000,
      wholeHeadMs: 600_000,
      firstTokenMs: 600_000,
      idleMs: 600_000,
      trailerMs: 2000,
      totalMs: 3_600_000,
      clientStallMs: 30_000,
      pingAfterMs: 15_000,
      headHoldMs: 250,
      earlyHeadMs: 0,
      drainMs: 30_000,
      clientHeadMs: 10_000,
      clientBodyMs: 30_000,
    },
    limits: {
      bodyBytes: 33_554_432,
      holdBytes: 262_144,
      eventBytes: 8_388_608,
      messageBytes: 67_108_864,
      streams: 512,
      connections: 1024,
    },
    responses: { remember: 1000, maxAgeMs: 3_600_000, maxCharacters: 67_108_864 },
    metrics: { enabled: true, token: undefined, models: 100 },
    ledger: { url: undefined, maxAgeDays: 90, maxBytes: 1_073_741_824, queueRows: 10_000 },
    telemetry: {
      ...{ otlp: undefined, headers: {}, service: 'millrace', sampleRatio: 1, content: false, models: 100 },
      ...{ maxWaiting: 2048, spansEveryMs: 1000, metricsEveryMs: 60_000, timeoutMs: 10_000 },
    },
    capture: {
      mode: 'off',
      sampleShare: 0.01,
      onRequest: false,
      keys: [],
      folder: undefined,
      maxBytes: 4_194_304,
      maxMemoryBytes: 67_108_864,
      maxAgeMs: 604_800_000,
      maxTotalBytes: 1_073_741_824,
    },
    prices: { file: undefined, overrides: [] },
    log: { level: 'info', file: undefined, access: undefined },
    trace: { folder: undefined, bodies: false, maxFiles: 1000, maxFileBytes: 1_048_576 },
  })
})

const PROBLEMS: readonly (readonly [text: string, problem: string])[] = [
  ['- a', 'm.yaml:1:1 must be a map'],
  ['server:', 'm.yaml:1:1 server: is empty: must be a map'],
  [
    'servers: {}',
    'm.yaml:1:1 servers: is not a member here: there are server, upstreams, models, losses, seals, transport, timeouts, limits, responses, ledger, metrics, telemetry, capture, prices, log, trace; did you mean server?',
  ],
  [
    'ledger: { url: "mysql://a:secret@b/c" }',
    'm.yaml:1:11 ledger.url: must be the path of a file, a URL as in "postgres://user:password@host/database", or off',
  ],
  ['capture: { mode: some }', 'm.yaml:1:12 capture.mode: must be one of off, errors, sample, all'],
  ['capture: { sampleShare: 2 }', 'm.yaml:1:12 capture.sampleShare: must be from 0 to 1'],
  ['capture: { keys: [a1] }', 'm.yaml:1:19 capture.keys[0]: must be the first 8 hex digits of the SHA-256 of a key'],
  ['server: { port: many }', 'm.yaml:1:11 server.port: must be a whole number'],
  ['server: { port: "8642" }', 'm.yaml:1:11 server.port: must be a whole number'],
  ['server: { port: 1.5 }', 'm.yaml:1:11 server.port: must be a whole number'],
  ['server: { port: 65536 }', 'm.yaml:1:11 server.port: must be from 0 to 65535'],
  ['server: { host: "" }', 'm.yaml:1:11 server.host: must be a text that is not empty'],
  ['server: { keys: secret }', 'm.yaml:1:11 server.keys: must be a list'],
  ['server: { keys: [a b] }', 'm.yaml:1:18 server.keys[0]: must be a text of visible ASCII characters without blanks'],
  [
    'server: { keys: [a1, changeme] }',
    'm.yaml:1:22 server.keys[1]: is a sample that everybody knows: make one with `openssl rand -hex 24`',
  ],
  [
    'server: { host: 0.0.0.0, keys: ["${NO:-}"] }',
    'm.yaml:1:11 server.host: can be reached from other machines, which needs `keys`: give some, or listen on 127.0.0.1',
  ],
  [
    'metrics: { token: changeme }',
    'm.yaml:1:12 metrics.token: is a sample that everybody knows: make one with `openssl rand -hex 24`',
  ],
  [
    'server: { host: "::", keys: [fifteen-letters] }',
    'm.yaml:1:30 server.keys[0]: must have at least 16 characters when `host` is not a loopback address',
  ],
  [
    'server: { hosts: ["http://a.example"] }',
    'm.yaml:1:19 server.hosts[0]: must be a host name as in "gateway.example" or "gateway.example:8443"',
  ],
  [
    'server: { origins: ["null"] }',
    'm.yaml:1:21 server.origins[0]: must be an origin as in "https://app.example", without a path',
  ],
  [
    'server: { origins: ["*"] }',
    'm.yaml:1:21 server.origins[0]: must be an origin as in "https://app.example", without a path',
  ],
  [
    'upstreams: { Open: {} }',
    'm.yaml:1:14 upstreams.Open: is not a legal name: must be a name of lower-case letters, digits, "-" and "_", and more than digits',
  ],
  [
    'upstreams: { a: { baseURL: x, preset: openai } }',
    'm.yaml:1:19 upstreams.a.baseURL: is not a member here: there are preset, baseUrl, dialects, apiKey, passCredential, usage, issuer, billedBy, apiVersion, streamOnly, streaming, onClientGone, headers; did you mean baseUrl?',
  ],
  [
    'upstreams: { a: { baseUrl: "http://u:p@a.example", dialects: [chat] } }',
    'm.yaml:1:19 upstreams.a.baseUrl: must be an http or https URL without user name, query and fragment',
  ],
  [
    'upstreams: { a: { baseUrl: "http://a.example", dialects: [chats] } }',
    'm.yaml:1:59 upstreams.a.dialects[0]: must be one of responses, chat, messages, gemini; did you mean chat?',
  ],
  [
    'upstreams: { a: { dialects: { chat: "ftp://a.example" } } }',
    'm.yaml:1:31 upstreams.a.dialects.chat: must be an http or https URL without user name, query and fragment',
  ],
  ['upstreams: { a: { dialects: chat } }', 'm.yaml:1:19 upstreams.a.dialects: must be a list or a map'],
  ['upstreams: { openai: { dialects: [] } }', 'm.yaml:1:24 upstreams.openai.dialects: must not be empty'],
  ['upstreams: { openai: { usage: always } }', 'm.yaml:1:24 upstreams.openai.usage: must be one of ask, never'],
  ['upstreams: { openai: { streamOnly: yes } }', 'm.yaml:1:24 upstreams.openai.streamOnly: must be true or false'],
  [
    'upstreams: { openai: { headers: { Host: x } } }',
    'm.yaml:1:35 upstreams.openai.headers.Host: is not a legal name: must be the name of a header, and of none that the gateway writes itself',
  ],
  [
    'upstreams: { openai: { headers: { x-a: "a\\r\\nb: c" } } }',
    'm.yaml:1:35 upstreams.openai.headers.x-a: must be a line of ASCII characters without blanks around it',
  ],
  ['models: [{ upstream: openai }]', 'm.yaml:1:10 models[0].match: is missing: must be a text'],
  [
    'upstreams: { openai: {}, anthropic: {} }\nmodels: [{ match: "*", upstream: antropic }]',
    'm.yaml:2:24 models[0].upstream: must be one of openai, anthropic; did you mean anthropic?',
  ],
  [
    'models: [{ match: "*", upstream: openai }]',
    'm.yaml:1:24 models[0].upstream: names an upstream, but there are none',
  ],
  ['timeouts: { idleMs: 0 }', 'm.yaml:1:13 timeouts.idleMs: must be from 1 to 604800000'],
  ['limits: { streams: 0 }', 'm.yaml:1:11 limits.streams: must be from 1 to 1000000'],
  ['prices: { overrides: [{ input: 1 }] }', 'm.yaml:1:25 prices.overrides[0].input: and `output` are given together'],
  [
    'prices: { overrides: [{ cacheRead: 1 }] }',
    'm.yaml:1:25 prices.overrides[0].cacheRead: needs `input` and `output` beside it',
  ],
  [
    'prices: { overrides: [{ input: 1, output: 1, cacheWrite1h: 1 }] }',
    'm.yaml:1:46 prices.overrides[0].cacheWrite1h: needs `cacheWrite` beside it',
  ],
  ['prices: { overrides: [{ input: cheap, output: 1 }] }', 'm.yaml:1:25 prices.overrides[0].input: must be a number'],
  [
    'upstreams: { openai: {} }\nprices: { overrides: [{ upstream: opnai, tiers: { flex: 0.5 } }] }',
    'm.yaml:2:25 prices.overrides[0].upstream: must be one of openai; did you mean openai?',
  ],
  ['log: { level: verbose }', 'm.yaml:1:8 log.level: must be one of trace, debug, info, warn, error, fatal, silent'],
  [
    'server:\n  host: "${HOST}"',
    'm.yaml:2:3 server.host: uses ${HOST}, but that variable is not set: set it, or write ${HOST:-} to leave the member out',
  ],
]

for (const [text, problem] of PROBLEMS)
  test(`${text} is refused: ${problem}`, () => {
    assert.deepEqual(problemsOf(text), [problem])
  })

test('a rule may not set the budgets that no model has', () => {
  const [problem] = problemsOf('models: [{ match: a, upstream: b, timeouts: { drainMs: 1 } }]')
  assert.match(problem ?? '', /^m\.yaml:1:47 models\[0\]\.timeouts\.drainMs: is not a member here: /)
})

test('all problems are told at once, from top to bottom', () => {
  const text = 'log: { level: loud }\nserver:\n  port: -1\n  host: "${HOST}"\n  prot: 1\n'
  assert.deepEqual(
    problemsOf(text).map(problem => problem.split(': ')[0]),
    ['m.yaml:1:8 log.level', 'm.yaml:3:3 server.port', 'm.yaml:4:3 server.host', 'm.yaml:5:3 server.prot'],
  )
})

test('a problem carries its facts', () => {
  assert.throws(
    () => parseConfig('server: { port: -1 }', { env: {}, file: 'm.yaml' }),
    (error: unknown) => {
      assert.ok(error instanceof ConfigError)
      assert.equal(error.code, 'bad-request')
      assert.deepEqual(error.problems, [
        { path: ['server', 'port'], message: 'must be from 0 to 65535', place: { line: 1, column: 11 } },
      ])
      return true
    },
  )
})

test('the command line wins over the file, and is checked like it', () => {
  const open = 'server: { host: 0.0.0.0, port: 1 }'
  assert.deepEqual(parseConfig(open, { env: {}, server: { host: '127.0.0.1', port: 2 } }).server, {
    host: '127.0.0.1',
    port: 2,
    keys: [],
    hosts: [],
    origins: [],
    page: true,
  })
  assert.deepEqual(problemsOf('server: { port: 1 }', { server: { host: '0.0.0.0', port: 70_000 } }), [
    'server.port: must be from 0 to 65535',
  ])
  assert.throws(() => defaultConfig({}, { host: '0.0.0.0' }), {
    message:
      'Cannot use the configuration:\n  server.host: can be reached from other machines, which needs `keys`: give some, or listen on 127.0.0.1',
  })
})

test('without upstreams the vendors are used whose keys are in the environment', () => {
  const env = { XAI_API_KEY: 'x', GOOGLE_API_KEY: 'g2', GEMINI_API_KEY: '', OPENAI_API_KEY: '', ANTHROPIC_API_KEY: 'a' }
  const named = (text: string) => parseConfig(text, { env }).upstreams.map(({ name, apiKey }) => [name, apiKey])
  assert.deepEqual(named('server: { port: 1 }'), [
    ['anthropic', 'a'],
    ['google', 'g2'],
    ['xai', 'x'],
  ])
  assert.deepEqual(named('upstreams: {}'), [])
  assert.deepEqual(named('upstreams: { openai: {} }'), [['openai', undefined]])
  assert.deepEqual(
    defaultConfig(env).upstreams.map(({ name }) => name),
    ['anthropic', 'google', 'xai'],
  )
})

test('a key of the environment that no header can hold is a problem', () => {
  assert.throws(() => defaultConfig({ OPENAI_API_KEY: 'two lines\n' }), {
    message:
      'Cannot use the configuration:\n  upstreams.openai.apiKey: must be a text of visible ASCII characters without blanks',
  })
})

test('the configuration is frozen, all the way down', () => {
  const config = parseConfig('upstreams: { openai: {} }\nmodels: [{ match: "*", upstream: openai }]', { env: {} })
  const isFrozen = (value: unknown): boolean =>
    typeof value !== 'object' || value === null || (Object.isFrozen(value) && Object.values(value).every(isFrozen))
  assert.ok(isFrozen(config))
})

test('no text throws anything but a ConfigError', () => {
  const word = fc.constantFrom(
    'server',
    'upstreams',
    'models',
    'openai',
    'dialects',
    'keys',
    ': ',
    ':\n  ',
    '{ ',
    ' }',
    '[',
    ']',
    ', ',
    '- ',
    '\n',
    '"',
    '&a ',
    '*a',
    '${X}',
    '${X:-}',
    '__proto__',
    'null',
    '1',
    '!t ',
    '#',
    '<<',
    '\t',
  )
  const text = fc.oneof(
    fc.string(),
    fc.array(word, { maxLength: 30 }).map(words => words.join('')),
  )
  fc.assert(
    fc.property(text, text => {
      problemsOf(text, { env: { X: 'value' } })
    }),
    { numRuns: 500 },
  )
})

test('no message holds a value, from the environment or from the file', () => {
  const members = [
    'server: { host: "@" }',
    'server: { port: "@" }',
    'server: { keys: ["@ @"] }',
    'server: { hosts: ["@/"] }',
    'server: { origins: ["@"] }',
    'server: "@"',
    'upstreams: { a: { baseUrl: "http://@:@x" } }',
    'log: { level: "@" }',
    'upstreams: { openai: { dialects: ["@"], apiKey: "@ " } }',
    'upstreams: { openai: { usage: "@", headers: { a: " @" } } }',
    'models: [{ match: a, upstream: "@" }]',
    'upstreams: { a: { preset: "@" } }',
    'limits: { streams: "@" }',
    'log: !@ x',
    'log: |@',
    'log: !<@> x',
    'log: @: :',
    'log: "@',
    '%@',
    'log: *@',
    'log: [}@',
  ]
  for (const member of members)
    for (const secret of ['hush-4711', '${SECRET}'])
      assert.ok(
        !problemsOf(member.replaceAll('@', secret), { env: { SECRET: 'hush-4711' } })
          .join()
          .includes('hush-4711'),
        member,
      )
})
