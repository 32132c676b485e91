/** Claude Code, the program itself, over upstreams of every dialect. */
import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import { whyNotInstalled } from '../on-demand.ts'
import { runsTool, testTroubles } from './behaviour.ts'
import { type Errand, House } from './house.ts'

const skip = await whyNotInstalled(import.meta.dirname)

/** Does what the lines say, with leave to run commands. */
function claude(lines: readonly string[]): Errand {
  return { args: ['--model', 'sim/agent', '--allowedTools', 'Bash', '--print', ['Please:', ...lines].join('\n')] }
}

function steered(settings: string, lines: readonly string[]): Errand {
  return { ...claude(lines), variables: { ANTHROPIC_CUSTOM_HEADERS: `x-sim: ${settings}` } }
}

const BASH = JSON.stringify({ command: 'echo flour | tee made.txt', description: 'Make a file' })

for (const spoken of ['chat', 'responses', 'gemini', 'messages'] as const)
  suite(`Claude Code over an upstream of ${spoken}`, { skip, concurrency: 2 }, () => {
    test('thinks, runs a tool, and answers with its result', () =>
      runsTool({ agent: 'claude', spoken, call: `Bash ${BASH}` }, claude))
    testTroubles('claude', spoken, steered)
  })

suite('Claude Code after an overload in mid-stream', { skip }, () => {
  test('asks for a whole answer, and gets it of an upstream that only streams', async () => {
    await using house = await House.open('messages', { upstream: { streamOnly: true } })
    const ended = await house.run('claude', steered('fault=error,times=1', ['say Ground']))
    assert.equal(ended.stdout, 'Ground\n', ended.stderr)
    const reports = await house.reports()
    assert.deepEqual(
      reports.map(({ outcome, shape, error }) => [outcome, shape, error?.code]),
      [
        ['failed', 'stream', 'overloaded'],
        ['completed', 'collect', undefined],
      ],
    )
  })
})
