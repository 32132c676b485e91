import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ConfigError } from './error.ts'
import { parseConfig } from './parse.ts'
import type { Upstream } from './types.ts'

/** The one upstream of a file, written as its name and members. */
function upstream(members: string): Upstream {
  const [only] = parseConfig(`upstreams: { ${members} }`, { env: {} }).upstreams
  assert.ok(only)
  return only
}

const OPENAI = 'https://api.openai.com/v1'
const OWN = 'http://own.example/v1'

const BASE_URLS: readonly (readonly [members: string, baseUrls: Upstream['baseUrls']])[] = [
  [`own: { baseUrl: "${OWN}", dialects: [chat] }`, { chat: OWN }],
  [`own: { baseUrl: "${OWN}/", dialects: [messages, chat] }`, { messages: OWN, chat: OWN }],
  [`own: { dialects: { chat: "${OWN}", gemini: "http://b.example" } }`, { chat: OWN, gemini: 'http://b.example' }],
  ['openai: {}', { responses: OPENAI, chat: OPENAI }],
  ['openai: { dialects: [chat] }', { chat: OPENAI }],
  [`openai: { baseUrl: "${OPENAI}/" }`, { responses: OPENAI, chat: OPENAI }],
  [`openai: { baseUrl: "${OWN}", dialects: [chat] }`, { chat: OWN }],
  ['second: { preset: openai }', { responses: OPENAI, chat: OPENAI }],
  [`second: { preset: openai, baseUrl: "${OWN}" }`, { responses: OWN, chat: OWN }],
  [`google: { preset: google, baseUrl: "${OWN}" }`, { gemini: OWN }],
  [
    'google: { baseUrl: "https://generativelanguage.googleapis.com/v1beta/openai" }',
    { chat: 'https://generativelanguage.googleapis.com/v1beta/openai' },
  ],
  ['deepseek: {}', { chat: 'https://api.deepseek.com/v1', messages: 'https://api.deepseek.com/anthropic/v1' }],
]

for (const [members, baseUrls] of BASE_URLS)
  test(`${members} is served at its base URLs, in order`, () => {
    assert.deepEqual(Object.entries(upstream(members).baseUrls), Object.entries(baseUrls))
  })

const PASSING: readonly (readonly [members: string, passes: boolean])[] = [
  ['anthropic: {}', true],
  ['second: { preset: anthropic }', true],
  ['google: { baseUrl: "https://generativelanguage.googleapis.com/v1", preset: google }', true],
  ['deepseek: { dialects: { chat: "https://api.deepseek.com/v1" } }', true],
  ['anthropic: { passCredential: false }', false],
  [`anthropic: { baseUrl: "${OWN}", dialects: [messages] }`, false],
  [`anthropic: { preset: anthropic, baseUrl: "${OWN}" }`, false],
  [`deepseek: { dialects: { chat: "https://api.deepseek.com/v1", messages: "${OWN}" } }`, false],
  ['anthropic: { preset: anthropic, baseUrl: "http://api.anthropic.com/v1" }', false],
  [`own: { baseUrl: "${OWN}", dialects: [chat] }`, false],
  [`own: { baseUrl: "${OWN}", dialects: [chat], passCredential: true }`, true],
  ['ollama: {}', false],
]

for (const [members, passes] of PASSING)
  test(`${members} ${passes ? 'gets' : 'does not get'} a client's own credential`, () => {
    assert.equal(upstream(members).passCredential, passes)
  })

test('what the file gives stands, and what it does not give has its default', () => {
  assert.deepEqual(
    upstream(
      `own: { baseUrl: "${OWN}", dialects: [messages], apiKey: abc, usage: never, issuer: anthropic, apiVersion: "2023-06-01", streamOnly: true, headers: { x-title: Mill, X-B: "1" } }`,
    ),
    {
      name: 'own',
      baseUrls: { messages: OWN },
      apiKey: 'abc',
      usage: 'never',
      issuer: 'anthropic',
      billedBy: undefined,
      apiVersion: '2023-06-01',
      streamOnly: true,
      streaming: true,
      headers: ['x-title', 'Mill', 'X-B', '1'],
      passCredential: false,
      globs: [],
      onClientGone: { policy: 'cancel' },
    },
  )
  assert.deepEqual(upstream(`own: { baseUrl: "${OWN}", dialects: [chat] }`), {
    name: 'own',
    baseUrls: { chat: OWN },
    apiKey: undefined,
    usage: 'ask',
    issuer: 'http://own.example',
    billedBy: undefined,
    apiVersion: undefined,
    streamOnly: false,
    streaming: true,
    headers: [],
    passCredential: false,
    globs: [],
    onClientGone: { policy: 'cancel' },
  })
})

test('a preset gives the models that it is known for, wherever it stands', () => {
  assert.deepEqual(upstream(`a: { preset: anthropic, baseUrl: "${OWN}" }`).globs, ['claude-*'])
  assert.deepEqual(upstream(`anthropic: { baseUrl: "${OWN}", dialects: [messages] }`).globs, [])
})

const REFUSED: readonly (readonly [members: string, problem: string])[] = [
  ['own: {}', 'upstreams.own.baseUrl: is missing: only the upstream of a preset can do without'],
  [`own: { baseUrl: "${OWN}" }`, 'upstreams.own.dialects: is missing: only the upstream of a preset can do without'],
  ['own: { dialects: [chat] }', 'upstreams.own.baseUrl: is missing: no preset says where chat is served'],
  [
    'openai: { dialects: [chat, gemini] }',
    'upstreams.openai.baseUrl: is missing: no preset says where gemini is served',
  ],
  [
    `own: { baseUrl: "${OWN}", dialects: { chat: "${OWN}" } }`,
    'upstreams.own.baseUrl: stands beside a map of `dialects`, which says it all: remove one of them',
  ],
  ['own: { dialects: {} }', 'upstreams.own.dialects: must not be empty'],
  [
    'openai: { apiKey: a, headers: { Authorization: "Bearer b" } }',
    'upstreams.openai.headers: hold a credential beside `apiKey`: give one of the two',
  ],
  [
    'openai: { streamOnly: true, streaming: false }',
    'upstreams.openai.streamOnly: contradicts `streaming: false`: give one of the two',
  ],
]

for (const [members, problem] of REFUSED)
  test(`${members} is refused`, () => {
    assert.throws(() => upstream(members), new ConfigError(undefined, [{ ...split(problem), place: undefined }]))
  })

function split(problem: string) {
  const [path = '', ...message] = problem.split(': ')
  return { path: path.split('.'), message: message.join(': ') }
}
