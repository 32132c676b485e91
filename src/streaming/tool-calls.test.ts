import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { StreamEvent } from '../model/index.ts'
import { ToolCallRecord } from './tool-calls.ts'

function call(index: number, name: string, ...pieces: readonly string[]): readonly StreamEvent[] {
  const start = { kind: 'tool-call', callId: `call_${index}`, name, runBy: 'client', input: 'json' } as const
  return [
    { type: 'block-start', index, choice: 0, ...start },
    ...pieces.map(text => ({ type: 'payload-delta', index, text }) as const),
    { type: 'block-end', index },
  ]
}

const END: StreamEvent = { type: 'message-end' }

function noted(events: readonly StreamEvent[]) {
  const record = new ToolCallRecord()
  for (const event of [...events, END]) record.note(event)
  return record.completed.map(({ name, payload }) => [name, payload])
}

test('calls are noted when they are complete, whole', () => {
  assert.deepEqual(noted([...call(0, 'weigh', '{"kg":', '2}'), ...call(1, 'grind')]), [
    ['weigh', '{"kg":2}'],
    ['grind', ''],
  ])
})

test('a call that an error breaks off is none, though its block is closed', () => {
  const failure = { code: 'upstream', status: 502, message: 'Out of oil' } as const
  const usage: StreamEvent = { type: 'usage', usage: { output: 2 } }
  const events = [...call(0, 'weigh', '{}'), ...call(1, 'grind', '{"k'), usage, { type: 'error', failure } as const]
  assert.deepEqual(noted(events), [['weigh', '{}']])
})

test('a call that is too long to be kept is noted without its payload', () => {
  assert.deepEqual(noted([...call(0, 'weigh', 'x'.repeat(1024 * 1024 + 1)), ...call(1, 'grind', '{}')]), [
    ['weigh', undefined],
    ['grind', undefined],
  ])
})
