import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { DialectName } from '../../dialects/index.ts'
import { chooseModel, firstUpstream, literalModels } from './models.ts'
import { defaultConfig, parseConfig } from './parse.ts'

const RULES = parseConfig(
  `
upstreams:
  anthropic: {}
  openai: {}
  local: { baseUrl: "http://127.0.0.1:11434/v1", dialects: [chat] }
models:
  - { match: "claude-*", upstream: anthropic }
  - { match: "fast", upstream: local, model: "qwen3:8b", rewriteModel: true, timeouts: { idleMs: 900000 } }
  - { match: "claude-fast", upstream: local }
  - { match: "gpt-*", upstream: openai }
`,
  { env: {} },
)
const PRESETS = parseConfig('upstreams: { openai: {}, deepseek: {}, google: {}, openrouter: {} }', { env: {} })

/** Who is asked for what, or the code of the failure. */
function choose(config: typeof RULES, model: string | undefined, dialect: DialectName): string {
  const choice = chooseModel(config, model, dialect)
  if ('code' in choice) return choice.code
  return choice.model === undefined ? choice.upstream.name : `${choice.upstream.name} ${choice.model}`
}

const CHOICES: readonly (readonly [config: typeof RULES, model: string | undefined, DialectName, choice: string])[] = [
  [RULES, 'claude-sonnet-5', 'messages', 'anthropic'],
  [RULES, 'claude-fast', 'messages', 'anthropic'],
  [RULES, 'fast', 'chat', 'local qwen3:8b'],
  [RULES, 'gpt-5', 'responses', 'openai'],
  [RULES, 'gpt-5', 'chat', 'openai'],
  [RULES, 'claude-sonnet-5', 'chat', 'bad-request'],
  [RULES, 'gpt-5', 'gemini', 'bad-request'],
  [RULES, 'mistral-small', 'chat', 'not-found'],
  [RULES, undefined, 'chat', 'not-found'],
  [PRESETS, 'gpt-5', 'chat', 'openai'],
  [PRESETS, 'deepseek-chat', 'chat', 'deepseek'],
  [PRESETS, 'deepseek-chat', 'messages', 'deepseek'],
  [PRESETS, 'gemini-3-flash', 'gemini', 'google'],
  [PRESETS, 'gemini-3-flash', 'chat', 'google'],
  [PRESETS, 'anthropic/claude-sonnet-5', 'chat', 'openrouter'],
  [PRESETS, 'never-heard-of', 'chat', 'openai'],
  [PRESETS, 'never-heard-of', 'messages', 'deepseek'],
  [PRESETS, undefined, 'gemini', 'google'],
  [PRESETS, 'gpt-5', 'messages', 'bad-request'],
  [defaultConfig({}), 'gpt-5', 'chat', 'not-found'],
]

for (const [config, model, dialect, choice] of CHOICES)
  test(`a ${dialect} client that asks ${config === RULES ? 'the rules' : 'the presets'} for ${model} gets ${choice}`, () => {
    assert.equal(choose(config, model, dialect), choice)
  })

test('a choice has the timeouts of its rule over the general ones', () => {
  const choice = chooseModel(RULES, 'fast', 'chat')
  assert.ok('rule' in choice)
  assert.equal(choice.timeouts.idleMs, 900_000)
  assert.equal(choice.timeouts.headMs, 300_000)
  assert.equal(choice.rewriteModel, true)
  assert.equal(choice.rule?.match, 'fast')
})

test('failures say what there is', () => {
  const failures = [
    chooseModel(RULES, 'mistral-small', 'chat'),
    chooseModel(RULES, 'claude-sonnet-5', 'chat'),
    chooseModel(PRESETS, 'gpt-5', 'messages'),
    chooseModel(defaultConfig({}), 'gpt-5', 'chat'),
  ]
  assert.deepEqual(
    failures.map(failure => ('message' in failure ? failure.message : undefined)),
    [
      'Cannot find model "mistral-small": no rule of `models` matches it, there are claude-*, fast, claude-fast, gpt-*',
      'Cannot serve model "claude-sonnet-5" in the chat dialect: its upstream speaks others: anthropic (messages)',
      'Cannot serve model "gpt-5" in the messages dialect: its upstream speaks others: openai (responses, chat)',
      'Cannot find model "gpt-5": no upstream is configured',
    ],
  )
})

test("a failure repeats the client's word on one line and cut to size", () => {
  const failure = chooseModel(defaultConfig({}), `a\n${'b'.repeat(1000)}`, 'chat')
  assert.ok('message' in failure)
  assert.equal(failure.message, `Cannot find model "a\\n${'b'.repeat(98)}…": no upstream is configured`)
})

test('firstUpstream is the first that speaks the dialect', () => {
  assert.equal(firstUpstream(RULES, 'chat')?.name, 'openai')
  assert.equal(firstUpstream(RULES, 'gemini'), undefined)
})

test('literalModels are the rules that name one model', () => {
  assert.deepEqual(
    literalModels(RULES).map(({ match }) => match),
    ['fast', 'claude-fast'],
  )
})
