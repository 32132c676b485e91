/** Claude Code, the program itself, over upstreams of every dialect. */
import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import type { DialectName } from '../../src/dialects/index.ts'
import { whyNotInstalled } from '../on-demand.ts'
import { answersIn, type Errand, House, sealsIn, TOOL_SAID } from './house.ts'

const skip = await whyNotInstalled(import.meta.dirname)

const UPSTREAMS = ['chat', 'responses', 'gemini', 'messages'] as const satisfies readonly DialectName[]

/** Does what the lines say, with leave to run commands. */
function claude(...lines: readonly string[]): Errand {
  return { args: ['--model', 'sim/agent', '--allowedTools', 'Bash', '--print', ['Please:', ...lines].join('\n')] }
}

function faulty(settings: string, ...lines: readonly string[]): Errand {
  return { ...claude(...lines), variables: { ANTHROPIC_CUSTOM_HEADERS: `x-sim: ${settings}` } }
}

const BASH = JSON.stringify({ command: 'echo flour | tee made.txt', description: 'Make a file' })

/** How each upstream is asked for thinking. */
const THINKING: Readonly<Record<DialectName, RegExp>> = {
  chat: /"reasoning_effort":"high"/,
  responses: /"reasoning":\{"effort":"high"/,
  gemini: /"thinkingLevel":"HIGH"/,
  messages: /"thinking":\{"type":"adaptive"/,
}

for (const spoken of UPSTREAMS)
  suite(`Claude Code over an upstream of ${spoken}`, { skip, concurrency: 2 }, () => {
    test('thinks, runs a tool, and answers with its result', async () => {
      await using house = await House.open(spoken)
      const ended = await house.run('claude', claude('think A file is wanted', `call Bash ${BASH}`, TOOL_SAID))
      assert.equal(ended.stdout, 'The tool said: flour\n', ended.stderr)
      assert.equal(await house.read('made.txt'), 'flour\n')
      assert.deepEqual(await answersIn(house), ['completed 200', 'completed 200'])
      const [asked, resumed] = house.calls
      assert.match(`${asked?.body}`, THINKING[spoken])
      // What the model thought comes back to it as it was sealed, and nothing did before.
      assert.deepEqual(sealsIn(asked), [])
      assert.equal(sealsIn(resumed).length, 1)
      assert.deepEqual(house.dialled, [])
    })

    test('waits as long as a 429 says, and goes on', async () => {
      await using house = await House.open(spoken)
      const ended = await house.run('claude', faulty('status=429,retryafter=2,times=1', 'say Ground'))
      assert.equal(ended.stdout, 'Ground\n', ended.stderr)
      assert.deepEqual(await answersIn(house), ['failed 429', 'completed 200'])
      const [refused, asked] = house.calls
      assert.ok(Number(asked?.time) - Number(refused?.time) >= 1900)
    })

    test('asks again after an error in mid-stream', async () => {
      await using house = await House.open(spoken)
      const ended = await house.run('claude', faulty('fault=error,times=1', 'say Ground'))
      assert.equal(ended.stdout, 'Ground\n', ended.stderr)
      assert.deepEqual(await answersIn(house), ['failed 200', 'completed 200'])
    })

    test('asks again when a stream has stalled and the gateway has said so', async () => {
      await using house = await House.open(spoken, { timeouts: { idleMs: 1500 } })
      const ended = await house.run('claude', faulty('fault=stall,times=1', 'say Ground'))
      assert.equal(ended.stdout, 'Ground\n', ended.stderr)
      assert.deepEqual(await answersIn(house), ['timeout 200', 'completed 200'])
    })
  })

suite('Claude Code after an overload in mid-stream', { skip }, () => {
  test('asks for a whole answer, and gets it of an upstream that only streams', async () => {
    await using house = await House.open('messages', { upstream: { streamOnly: true } })
    const ended = await house.run('claude', faulty('fault=error,times=1', 'say Ground'))
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
