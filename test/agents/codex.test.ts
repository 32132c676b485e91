/** Codex CLI, the program itself, over upstreams of every dialect. */
import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import { whyNotInstalled } from '../on-demand.ts'
import { runsTool, testTroubles } from './behaviour.ts'
import { answersIn, type Errand, House } from './house.ts'

const skip = await whyNotInstalled(import.meta.dirname)

/** Does what the lines say, without a sandbox, which containers may not have: the commands are ours. */
function codex(lines: readonly string[], model = 'sim/agent', flags: readonly string[] = []): Errand {
  const sandbox = ['--skip-git-repo-check', '--sandbox', 'danger-full-access']
  const effort = ['-c', 'model_reasoning_effort="high"']
  return { args: ['exec', ...sandbox, '--model', model, ...effort, ...flags, ['Please:', ...lines].join('\n')] }
}

function steered(settings: string, lines: readonly string[]): Errand {
  const headers = `model_providers.millrace.http_headers={x-sim=${JSON.stringify(settings)}}`
  return codex(lines, undefined, ['-c', headers])
}

const COMMAND = 'echo flour | tee made.txt'
const PATCH = '*** Begin Patch\n*** Add File: made.txt\n+flour\n*** End Patch'

/** Of each sort of tools: a model that is offered them, and how one of them is called. */
const TOOLS = {
  'a function': ['sim/agent', `exec_command ${JSON.stringify({ cmd: COMMAND })}`],
  'a custom tool': ['gpt-5.5', `apply_patch ${JSON.stringify(PATCH)}`],
  'a script': ['gpt-6-sol', `exec ${JSON.stringify(`text(await tools.exec_command({ cmd: '${COMMAND}' }))`)}`],
} as const

for (const spoken of ['messages', 'chat', 'gemini', 'responses'] as const)
  suite(`Codex over an upstream of ${spoken}`, { skip, concurrency: 2 }, () => {
    for (const [what, [model, call]] of Object.entries(TOOLS))
      test(`thinks, runs ${what}, and answers with its result`, () =>
        runsTool({ agent: 'codex', spoken, model, call }, codex))
    testTroubles('codex', spoken, steered)
  })

suite('Codex with WebSockets', { skip }, () => {
  const flags = ['-c', 'model_providers.millrace.supports_websockets=true']

  test('tries one, is told at once that there are none, and goes on by HTTP', async () => {
    await using house = await House.open('messages')
    const errand = codex(['say Ground'], undefined, flags)
    const ended = await house.run('codex', { ...errand, variables: { RUST_LOG: 'codex_core=warn' } })
    assert.equal(ended.stdout, 'Ground\n', ended.stderr)
    assert.match(ended.stderr, /falling back to HTTP/)
    assert.deepEqual(await answersIn(house), ['completed 200'])
  })

  test('does so by itself with the provider of OpenAI, pointed here', async () => {
    await using house = await House.open('messages')
    const base = `openai_base_url=${JSON.stringify(`${house.gateway.url}/v1`)}`
    const errand = codex(['say Ground'], undefined, ['-c', 'model_provider=openai', '-c', base])
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
