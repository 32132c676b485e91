/** What every agent is to do over every upstream, said once. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { AgentName } from '../../src/cli/agents.ts'
import type { DialectName } from '../../src/dialects/index.ts'
import type { SeenRequest } from '../../src/simulator/index.ts'
import { answersIn, type Errand, House } from './house.ts'

/** How each upstream is asked for a good deal of thinking. */
const THINKING: Readonly<Record<DialectName, RegExp>> = {
  chat: /"reasoning_effort":"high"/,
  responses: /"reasoning":\{"effort":"high"/,
  gemini: /"thinkingLevel":"HIGH"/,
  messages: /"thinking":\{"type":"(adaptive|enabled)"/,
}

/** What the agent and one of its tools are told. */
export interface ToolRun {
  readonly agent: AgentName
  readonly spoken: DialectName
  /** The model that the agent is to ask for. Default: one that it does not know. */
  readonly model?: string
  /** The call of a tool that writes `flour` to `made.txt`, for the simulated model. */
  readonly call: string
}

/** It thinks, runs a tool, and answers with what the tool said. */
export async function runsTool(
  { agent, spoken, model, call }: ToolRun,
  errandOf: (lines: readonly string[], model?: string) => Errand,
): Promise<void> {
  // Agents offer other tools to models that they know, which the simulator does not.
  await using house = await House.open(spoken, {
    models: [{ match: 'gpt-*', upstream: 'upstream', model: 'sim/agent' }],
  })
  const script = ['think A file is wanted', `call ${call}`, 'say The tool said: {result}']
  const ended = await house.run(agent, errandOf(script, model))
  assert.match(ended.stdout, /^The tool said: .*(flour|made\.txt)/s, ended.stderr)
  assert.equal(await house.read('made.txt'), 'flour\n')
  assert.deepEqual(await answersIn(house), ['completed 200', 'completed 200'])
  const [asked, resumed] = house.calls
  assert.match(`${asked?.body}`, THINKING[spoken])
  // What the model thought comes back to it as it was sealed, and nothing did before.
  assert.deepEqual(sealsIn(asked), [])
  assert.equal(sealsIn(resumed).length, 1)
  assert.deepEqual(house.dialled, [])
}

/** The simulator's own opaque tokens in what it was sent, each once. */
function sealsIn(call: SeenRequest | undefined): readonly string[] {
  return [...new Set(call?.body.match(/\bc2ltO[\w+/=]+/g))]
}

/** @param errandOf an errand whose requests carry settings of the simulator */
export function testTroubles(
  agent: AgentName,
  spoken: DialectName,
  errandOf: (settings: string, lines: readonly string[]) => Errand,
): void {
  test('waits as long as a 429 says, and goes on', async () => {
    await using house = await House.open(spoken)
    const ended = await house.run(agent, errandOf('status=429,retryafter=2,times=1', ['say Ground']))
    assert.equal(ended.stdout, 'Ground\n', ended.stderr)
    assert.deepEqual(await answersIn(house), ['failed 429', 'completed 200'])
    const [refused, asked] = house.calls
    assert.ok(Number(asked?.time) - Number(refused?.time) >= 1900)
  })

  test('asks again after an error in mid-stream', async () => {
    await using house = await House.open(spoken)
    const ended = await house.run(agent, errandOf('fault=error,times=1', ['say Ground']))
    assert.equal(ended.stdout, 'Ground\n', ended.stderr)
    assert.deepEqual(await answersIn(house), ['failed 200', 'completed 200'])
  })

  test('asks again when a stream has stalled and the gateway has said so', async () => {
    await using house = await House.open(spoken, { timeouts: { idleMs: 1500 } })
    const ended = await house.run(agent, errandOf('fault=stall,times=1', ['say Ground']))
    assert.equal(ended.stdout, 'Ground\n', ended.stderr)
    assert.deepEqual(await answersIn(house), ['timeout 200', 'completed 200'])
  })
}
