/** Codex CLI, the program itself, over upstreams of every dialect. */
import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import type { DialectName } from '../../src/dialects/index.ts'
import { whyNotInstalled } from '../on-demand.ts'
import { answersIn, type Errand, House, sealsIn, TOOL_SAID } from './house.ts'

const skip = await whyNotInstalled(import.meta.dirname)

const UPSTREAMS = ['messages', 'chat', 'gemini', 'responses'] as const satisfies readonly DialectName[]

/** Codex knows these models, and offers each another set of tools. */
const KNOWN = { models: [{ match: 'gpt-*', upstream: 'upstream', model: 'sim/agent' }] }

interface Wishes {
  readonly model?: string
  readonly flags?: readonly string[]
}

/** Does what the lines say, without a sandbox, which containers may not have: the commands are ours. */
function codex(lines: readonly string[], { model = 'sim/agent', flags = [] }: Wishes = {}): Errand {
  const sandbox = ['--skip-git-repo-check', '--sandbox', 'danger-full-access']
  return { args: ['exec', ...sandbox, '--model', model, ...flags, ['Please:', ...lines].join('\n')] }
}

function faulty(settings: string, ...lines: readonly string[]): Errand {
  return codex(lines, { flags: ['-c', `model_providers.millrace.http_headers={x-sim=${JSON.stringify(settings)}}`] })
}

const EFFORT = ['-c', 'model_reasoning_effort="high"']

const COMMAND = 'echo flour | tee made.txt'
const PATCH = '*** Begin Patch\n*** Add File: made.txt\n+flour\n*** End Patch'

/** The model that is asked for, and how the tools are called that it is offered. */
const TOOLS = {
  'a function': ['sim/agent', `exec_command ${JSON.stringify({ cmd: COMMAND })}`],
  'a custom tool': ['gpt-5.5', `apply_patch ${JSON.stringify(PATCH)}`],
  'a script': ['gpt-6-sol', `exec ${JSON.stringify(`text(await tools.exec_command({ cmd: '${COMMAND}' }))`)}`],
} as const

/** How each upstream is asked for thinking. */
const THINKING: Readonly<Record<DialectName, RegExp>> = {
  messages: /"thinking":\{"type":"enabled"/,
  chat: /"reasoning_effort":"high"/,
  gemini: /"thinkingLevel":"HIGH"/,
  responses: /"reasoning":\{"effort":"high"/,
}

for (const spoken of UPSTREAMS)
  suite(`Codex over an upstream of ${spoken}`, { skip, concurrency: 2 }, () => {
    for (const [what, [model, call]] of Object.entries(TOOLS))
      test(`thinks, runs ${what}, and answers with its result`, async () => {
        await using house = await House.open(spoken, KNOWN)
        const ended = await house.run(
          'codex',
          codex(['think A file is wanted', `call ${call}`, TOOL_SAID], { model, flags: EFFORT }),
        )
        assert.match(ended.stdout, /^The tool said: .*(flour|made\.txt)/s, ended.stderr)
        assert.equal(await house.read('made.txt'), 'flour\n')
        assert.deepEqual(await answersIn(house), ['completed 200', 'completed 200'])
        const [asked, resumed] = house.calls
        assert.match(`${asked?.body}`, THINKING[spoken])
        assert.deepEqual(sealsIn(asked), [])
        assert.equal(sealsIn(resumed).length, 1)
        assert.deepEqual(house.dialled, [])
      })

    test('waits as long as a 429 says, and goes on', async () => {
      await using house = await House.open(spoken)
      const ended = await house.run('codex', faulty('status=429,retryafter=2,times=1', 'say Ground'))
      assert.equal(ended.stdout, 'Ground\n', ended.stderr)
      assert.deepEqual(await answersIn(house), ['failed 429', 'completed 200'])
      const [refused, asked] = house.calls
      assert.ok(Number(asked?.time) - Number(refused?.time) >= 1900)
    })

    test('asks again after an error in mid-stream', async () => {
      await using house = await House.open(spoken)
      const ended = await house.run('codex', faulty('fault=error,times=1', 'say Ground'))
      assert.equal(ended.stdout, 'Ground\n', ended.stderr)
      assert.deepEqual(await answersIn(house), ['failed 200', 'completed 200'])
    })

    test('asks again when a stream has stalled and the gateway has said so', async () => {
      await using house = await House.open(spoken, { timeouts: { idleMs: 1500 } })
      const ended = await house.run('codex', faulty('fault=stall,times=1', 'say Ground'))
      assert.equal(ended.stdout, 'Ground\n', ended.stderr)
      assert.deepEqual(await answersIn(house), ['timeout 200', 'completed 200'])
    })
  })

suite('Codex with WebSockets', { skip }, () => {
  const flags = ['-c', 'model_providers.millrace.supports_websockets=true']

  test('tries one, is told at once that there are none, and goes on by HTTP', async () => {
    await using house = await House.open('messages')
    const errand = codex(['say Ground'], { flags })
    const ended = await house.run('codex', { ...errand, variables: { RUST_LOG: 'codex_core=warn' } })
    assert.equal(ended.stdout, 'Ground\n', ended.stderr)
    assert.match(ended.stderr, /falling back to HTTP/)
    assert.deepEqual(await answersIn(house), ['completed 200'])
  })

  test('does so by itself with the provider of OpenAI, pointed here', async () => {
    await using house = await House.open('messages')
    const base = `openai_base_url=${JSON.stringify(`${house.gateway.url}/v1`)}`
    const errand = codex(['say Ground'], { flags: ['-c', 'model_provider=openai', '-c', base] })
    const variables = { RUST_LOG: 'codex_core=warn', CODEX_API_KEY: 'sk-nobody' }
    const ended = await house.run('codex', { ...errand, variables })
    assert.equal(ended.stdout, 'Ground\n', ended.stderr)
    assert.match(ended.stderr, /falling back to HTTP/)
    assert.deepEqual(await answersIn(house), ['completed 200'])
  })

  test('does not try one when it is pointed here as `millrace run` does', async () => {
    await using house = await House.open('messages')
    const errand = { ...codex(['say Ground']), variables: { RUST_LOG: 'codex_api=info,codex_core=warn' } }
    const ended = await house.run('codex', errand)
    assert.equal(ended.stdout, 'Ground\n', ended.stderr)
    assert.doesNotMatch(ended.stderr, /WebSocket|falling back/i)
  })
})
