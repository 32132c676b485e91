import assert from 'node:assert/strict'
import { test } from 'node:test'
import { TIMEOUTS } from './defaults.ts'
import { exampleConfig } from './example.ts'
import { parseConfig } from './parse.ts'

const KEYS = { ANTHROPIC_API_KEY: 'a-key', OPENAI_API_KEY: 'o-key', DEEPSEEK_API_KEY: '' }
const config = parseConfig(exampleConfig(), { env: KEYS, file: 'millrace.yaml' })

test('the example parses without a variable set', () => {
  assert.equal(parseConfig(exampleConfig(), { env: {} }).server.keys.length, 0)
})

test('the example names five upstreams with their dialects and keys', () => {
  assert.deepEqual(
    config.upstreams.map(({ name, baseUrls, apiKey, usage }) => [name, Object.keys(baseUrls), apiKey, usage]),
    [
      ['anthropic', ['messages'], 'a-key', 'ask'],
      ['openai', ['responses', 'chat'], 'o-key', 'ask'],
      ['google', ['gemini'], undefined, 'ask'],
      ['deepseek', ['chat', 'messages'], undefined, 'ask'],
      ['local', ['chat'], undefined, 'never'],
    ],
  )
})

test('the example has three rules', () => {
  assert.deepEqual(
    config.models.map(({ match, upstream, model, timeouts }) => [match, upstream.name, model, timeouts.idleMs]),
    [
      ['claude-*', 'anthropic', undefined, 600_000],
      ['fast', 'local', 'qwen3:8b', 900_000],
      ['*', 'openai', undefined, 600_000],
    ],
  )
})

test('the numbers of the example are the defaults, and it names them all', () => {
  const { server, timeouts, limits, log, ledger, seals, responses } = parseConfig('', { env: {} })
  assert.deepEqual(
    {
      ...{ server: config.server, timeouts: config.timeouts, limits: config.limits, log: config.log },
      ...{ ledger: config.ledger, seals: config.seals, responses: config.responses },
    },
    { server, timeouts, limits, log, ledger, seals, responses },
  )
  for (const name of Object.keys(TIMEOUTS)) assert.match(exampleConfig(), new RegExp(`^  ${name}: `, 'm'))
})
