import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type Part, type Request, type Seal, type StreamEvent, type Turn, unfoldMessage } from '../model/index.ts'
import { SealMemory, type SealMemoryOptions } from './seal-memory.ts'

const ORIGIN = { dialect: 'messages', issuer: 'https://up.test' } as const
const SEAL: Seal = { ...ORIGIN, kind: 'signature', value: 'EqQB+/9z==' }
const THOUGHT: Part = { kind: 'reasoning', form: 'full', texts: ['Hm'], seals: [SEAL] }
const MiB = 1024 * 1024

const text = (text: string): Part => ({ kind: 'text', text })
const user = (...parts: readonly Part[]): Turn => ({ role: 'user', parts })
const assistant = (...parts: readonly Part[]): Turn => ({ role: 'assistant', parts })
const call = (callId: string): Part => ({
  ...{ kind: 'tool-call', callId, name: 'look', runBy: 'client', input: 'json', payload: '{}' },
})
const result = (callId: string, told: string): Part => ({
  ...{ kind: 'tool-result', callId, failed: false, content: [text(told)] },
})

function request(...turns: readonly Turn[]): Request {
  return { model: 'm', stream: true, instructions: [], turns, tools: [], sampling: {} }
}

/** A memory, the answers that it is told, and what it makes of turns. */
function begin(options: Partial<SealMemoryOptions> = {}) {
  const clock = { nowMs: 0 }
  const memory = new SealMemory({ maxAnswers: 9, now: () => clock.nowMs, ...options })
  return {
    memory,
    clock,
    answer(question: readonly Turn[], parts: readonly Part[], { owner, isCut = false }: Told = {}) {
      const recording = memory.of(owner).record(request(...question), ORIGIN)
      const events = eventsOf(parts)
      for (const event of isCut ? events.slice(0, -1) : events) recording?.note(event)
    },
    /** The first turn of the assistant. */
    restored(
      turns: readonly Turn[],
      owner?: string,
      origin: typeof ORIGIN | { dialect: 'messages'; issuer: string } = ORIGIN,
    ) {
      const { turns: restored } = memory.of(owner).restore(request(...turns), origin)
      return restored.find(({ role }) => role === 'assistant')?.parts
    },
  }
}

interface Told {
  readonly owner?: string
  /** The answer breaks off before its end. */
  readonly isCut?: boolean
}

function eventsOf(parts: readonly Part[]): readonly StreamEvent[] {
  const events: StreamEvent[] = []
  const finish = { reason: 'stop', raw: 'end_turn' } as const
  unfoldMessage({ id: 'a', model: 'm', candidates: [{ index: 0, parts, finish }] }, event => events.push(event))
  return events
}

const HELLO = user(text('Hello'))

test('a turn is known by its text, whatever became of the blanks around it', () => {
  const { answer, restored } = begin()
  answer([HELLO], [THOUGHT, text('Yes. ')])
  assert.deepEqual(restored([HELLO, assistant(text('Yes. ')), HELLO]), [THOUGHT, text('Yes. ')])
  assert.deepEqual(restored([HELLO, assistant(text('Yes.')), HELLO]), [THOUGHT, text('Yes.')])
  assert.deepEqual(restored([HELLO, assistant(text('No.')), HELLO]), [text('No.')])
})

test('a turn with calls is known by them, whatever became of its text', () => {
  const { answer, restored } = begin()
  answer([HELLO], [THOUGHT, text('Looking'), call('1'), call('2')])
  const results = user(result('1', 'a'), result('2', 'b'))
  assert.deepEqual(restored([HELLO, assistant(call('1'), call('2')), results]), [THOUGHT, call('1'), call('2')])
  assert.deepEqual(restored([HELLO, assistant(call('1')), results]), [call('1')])
})

test('the same answer to other words is another turn', () => {
  const { answer, restored } = begin()
  answer([HELLO], [THOUGHT, call('call_0')])
  const other = user(text('Bye'))
  assert.deepEqual(restored([other, assistant(call('call_0')), HELLO]), [call('call_0')])
  assert.deepEqual(restored([HELLO, assistant(call('call_0')), HELLO]), [THOUGHT, call('call_0')])
})

test('results of tools may have been shortened, and instructions changed', () => {
  const { memory } = begin()
  const before = [HELLO, assistant(call('1'))]
  const seals = memory.of(undefined)
  const recording = seals.record(request(...before, user(result('1', 'A long story'))), ORIGIN)
  for (const event of eventsOf([THOUGHT, text('Done')])) recording?.note(event)
  const after = [...before, user(result('1', '…')), { role: 'system', parts: [text('Be brief')] } as const]
  const { turns } = seals.restore(
    { ...request(...after, assistant(text('Done'))), instructions: [text('New')] },
    ORIGIN,
  )
  assert.deepEqual(turns.at(-1)?.parts, [THOUGHT, text('Done')])
})

test('an owner is given nothing of another one, and neither is another issuer', () => {
  const { answer, restored } = begin()
  answer([HELLO], [THOUGHT, text('Yes')], { owner: 'one' })
  const turns = [HELLO, assistant(text('Yes')), HELLO]
  const bare = [text('Yes')]
  assert.deepEqual(restored(turns, 'two'), bare)
  assert.deepEqual(restored(turns), bare)
  assert.deepEqual(restored(turns, 'one', { dialect: 'messages', issuer: 'https://other.test' }), bare)
  assert.deepEqual(restored(turns, 'one'), [THOUGHT, ...bare])
})

test('a turn that came back with its seals is left alone', () => {
  const { answer, restored } = begin()
  answer([HELLO], [THOUGHT, text('Yes')])
  const own: Part = { ...THOUGHT, texts: ['As it came'] }
  assert.deepEqual(restored([HELLO, assistant(own, text('Yes'))]), [own, text('Yes')])
})

test('only a complete answer that holds seals of its own issuer and can be known again takes room', () => {
  const { answer, memory } = begin()
  const unsealed: Part = { kind: 'reasoning', form: 'full', texts: ['Hm'] }
  const foreign: Part = { ...THOUGHT, seals: [{ ...SEAL, issuer: 'https://other.test' }] }
  answer([HELLO], [THOUGHT, text('Cut')], { isCut: true })
  answer([HELLO], [unsealed, text('Plain')])
  answer([HELLO], [foreign, text('Foreign')])
  answer([HELLO], [THOUGHT])
  answer([HELLO], [THOUGHT, text(' \n')])
  answer([HELLO], [THOUGHT, call('')])
  answer([HELLO], [THOUGHT, { kind: 'refusal', text: 'No' }, text('Refused')])
  answer([HELLO, assistant(text('Begun: '))], [THOUGHT, text('Continued')])
  assert.deepEqual([memory.size, memory.usedBytes], [0, 0])
})

test('of what the client keeps only the measure is held', () => {
  const { answer, memory } = begin()
  answer([HELLO], [THOUGHT, text('x'.repeat(5 * MiB)), { ...call('1'), payload: `"${'y'.repeat(5 * MiB)}"` } as Part])
  assert.equal(memory.size, 1)
  assert.ok(memory.usedBytes < 1000)
})

const turnsOf = (n: number) => [HELLO, assistant(text(`Answer ${n}`)), HELLO]

test('over the number of answers, the one that was not asked for longest goes', () => {
  const { answer, restored, memory } = begin({ maxAnswers: 3 })
  for (const n of [1, 2, 3]) answer([HELLO], [THOUGHT, text(`Answer ${n}`)])
  assert.equal(restored(turnsOf(1))?.length, 2)
  answer([HELLO], [THOUGHT, text('Answer 4')])
  assert.deepEqual(
    [1, 2, 3, 4].map(n => restored(turnsOf(n))?.length),
    [2, 1, 2, 2],
  )
  assert.equal(memory.size, 3)
})

test('over the number of bytes too, and one answer has a share of them at most', () => {
  const maxBytes = 64_000
  const { answer, restored, memory } = begin({ maxAnswers: 99, maxBytes })
  const long = (length: number): Part => ({ ...THOUGHT, texts: ['x'.repeat(length)] }) as Part
  answer([HELLO], [long(1600), text('Answer 0')])
  assert.ok(memory.usedBytes > 3200 && memory.usedBytes < 4000)
  answer([HELLO], [long(2100), text('Too long')])
  assert.equal(memory.size, 1)
  for (let n = 1; n < 40; n++) answer([HELLO], [long(1600), text(`Answer ${n}`)])
  assert.ok(memory.usedBytes <= maxBytes && memory.usedBytes > maxBytes - 4000)
  assert.deepEqual([restored(turnsOf(0))?.length, restored(turnsOf(39))?.length], [1, 2])
})

test('the same turn takes room once', () => {
  const { answer, memory } = begin()
  answer([HELLO], [THOUGHT, text('Yes')])
  const { usedBytes } = memory
  answer([HELLO], [THOUGHT, text('Yes')])
  assert.deepEqual([memory.size, memory.usedBytes], [1, usedBytes])
})

test('what nobody asks for is forgotten with time, and all when the memory is cleared', () => {
  const { answer, restored, memory, clock } = begin({ maxAgeMs: 100 })
  for (const n of [1, 2]) answer([HELLO], [THOUGHT, text(`Answer ${n}`)])
  clock.nowMs = 80
  assert.equal(restored(turnsOf(1))?.length, 2)
  clock.nowMs = 150
  assert.deepEqual([restored(turnsOf(2))?.length, restored(turnsOf(1))?.length, memory.size], [1, 2, 1])
  memory.clear()
  assert.deepEqual([restored(turnsOf(1))?.length, memory.size, memory.usedBytes], [1, 0, 0])
})
