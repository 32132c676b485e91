import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import { act } from './agent.ts'
import type { Asked } from './asked.ts'
import { type Block, sealOf } from './script.ts'

const SCRIPT = `Please do this:
think First the flour
call grind {"sacks":2}
call grind {"sacks":3}
think And now the bread
call bake "two loaves"
say It said: {result}`

const GRIND = { name: 'grind', schema: {} }
const BAKE = { name: 'kitchen__bake', schema: {} }

function asked(more: Partial<Asked> = {}): Asked {
  const { userTexts = [SCRIPT], toolResults = [], tools = [GRIND, BAKE] } = more
  const rest = { dialect: 'chat', model: 'sim/agent', stream: true, includeUsage: false, prompt: 'p' } as const
  return { ...rest, userText: '', endsWithToolResult: false, userTexts, toolResults, tools }
}

const call = (blocks: readonly Block[]) =>
  blocks.flatMap(block => (block.kind === 'tool-call' ? `${block.call} ${block.name} ${block.input}` : []))

suite('sim/agent', () => {
  test('thinks and calls, side by side what stands side by side', () => {
    const [first, ...calls] = act(asked())
    assert.deepEqual(first, { kind: 'reasoning', text: 'First the flour', seal: sealOf(asked()) })
    assert.deepEqual(call(calls), ['0 grind {"sacks":2}', '1 grind {"sacks":3}'])
  })

  test('goes on when all calls have results', () => {
    assert.deepEqual(call(act(asked({ toolResults: ['2 sacks'] }))), ['0 grind {"sacks":2}', '1 grind {"sacks":3}'])
    const [thought, ...calls] = act(asked({ toolResults: ['2 sacks', '3 sacks'] }))
    assert.equal(thought?.kind === 'reasoning' && thought.text, 'And now the bread')
    assert.deepEqual(call(calls), ['0 kitchen__bake {"input":"two loaves"}'])
  })

  test('says what the last tool said', () => {
    const toolResults = ['2 sacks', '3 sacks', 'warm']
    assert.deepEqual(act(asked({ toolResults })), [{ kind: 'text', text: 'It said: warm' }])
  })

  test('plays the last script of a conversation', () => {
    const userTexts = [SCRIPT, 'Thanks', 'call grind {"sacks":9}']
    assert.deepEqual(call(act(asked({ userTexts, toolResults: ['a', 'b', 'c'] }))), ['0 grind {"sacks":9}'])
    assert.deepEqual(act(asked({ userTexts, toolResults: ['a', 'b', 'c', 'd'] })), [])
  })

  test('does nothing without a script', () => {
    assert.deepEqual(act(asked({ userTexts: ['Hello, I think so', ''] })), [])
  })

  test('calls a tool that takes free text with free text, in its group', () => {
    const tools = [GRIND, { name: 'bake', schema: {}, namespace: 'kitchen', isFreeText: true }]
    assert.deepEqual(act(asked({ tools, toolResults: ['2', '3'] })).at(-1), {
      kind: 'tool-call',
      call: 0,
      name: 'bake',
      namespace: 'kitchen',
      input: 'two loaves',
      isFreeText: true,
    })
  })

  test('refuses to call what is not offered, and input that is no JSON', () => {
    assert.throws(() => act(asked({ tools: [BAKE] })), /Cannot call "grind": the tools are kitchen__bake$/)
    assert.throws(() => act(asked({ userTexts: ['call grind {'] })), /Cannot read the input of a call: it is not JSON/)
  })
})
