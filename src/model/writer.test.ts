import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { failure } from '../errors.ts'
import type { StreamEvent } from './event.ts'
import type { FinishReason } from './finish.ts'
import { checkGrammar } from './grammar.ts'
import type { Seal } from './seal.ts'
import { EventWriter, type NewBlock } from './writer.ts'

const TEXT: NewBlock = { kind: 'text', choice: 0 }
const CALL: NewBlock = { kind: 'tool-call', choice: 0, callId: 'c', name: 'f', runBy: 'client', input: 'json' }
const REASONING: NewBlock = { kind: 'reasoning', choice: 0, form: 'summary' }
const BROKEN = failure('upstream', 'Broken')

/** The events that these calls write. */
function written(write: (writer: EventWriter) => void): readonly StreamEvent[] {
  const events: StreamEvent[] = []
  write(new EventWriter(event => events.push(event)))
  return events
}

function sealOf(kind: Seal['kind'], value: string): Seal {
  return { dialect: 'messages', issuer: 'up', kind, value }
}

test('blocks are numbered in order of opening, over all candidates', () => {
  const indices: number[] = []
  written(writer => indices.push(writer.open(TEXT), writer.open({ ...TEXT, choice: 1 }), writer.open(CALL)))
  assert.deepEqual(indices, [0, 1, 2])
})

test('a stream that nobody started starts with the first thing that is said, without id and model', () => {
  assert.deepEqual(
    written(writer => writer.ping()),
    [{ type: 'message-start', id: undefined, model: undefined }, { type: 'ping' }],
  )
})

test('only the first start counts', () => {
  const events = written(writer => {
    writer.start({ id: 'a', model: 'm' })
    writer.start({ id: 'b', model: 'n' })
  })
  assert.deepEqual(events, [{ type: 'message-start', id: 'a', model: 'm' }])
})

test('seals are held until the block closes: the last of each kind, in order of their coming', () => {
  const events = written(writer => {
    const index = writer.open(REASONING)
    writer.seal(index, sealOf('signature', 'early'))
    writer.seal(index, sealOf('encrypted', 'e'))
    writer.text(index, 'hm')
    writer.seal(index, sealOf('signature', 'late'))
    writer.close(index)
  })
  assert.deepEqual(events.slice(2), [
    { type: 'text-delta', index: 0, text: 'hm' },
    { type: 'seal', index: 0, seal: sealOf('encrypted', 'e') },
    { type: 'seal', index: 0, seal: sealOf('signature', 'late') },
    { type: 'block-end', index: 0 },
  ])
})

test('the last finish of a candidate counts, and is told at the end, after what is still open', () => {
  const events = written(writer => {
    writer.open({ ...TEXT, choice: 1 })
    writer.finish(1, { reason: 'stop', raw: 'STOP' })
    writer.finish(1, { reason: 'filtered', raw: 'RECITATION' })
    writer.touch(0)
    writer.end()
  })
  assert.deepEqual(events.slice(2), [
    { type: 'block-end', index: 0 },
    { type: 'choice-end', choice: 0, finish: { reason: 'other', raw: undefined } },
    { type: 'choice-end', choice: 1, finish: { reason: 'filtered', raw: 'RECITATION' } },
    { type: 'message-end' },
  ])
})

const FINISHES: readonly (readonly [raw: string | undefined, said: FinishReason, told: FinishReason])[] = [
  ['stop', 'stop', 'tool-calls'],
  [undefined, 'other', 'tool-calls'],
  ['length', 'length', 'length'],
  ['odd', 'other', 'other'],
]

for (const [raw, said, told] of FINISHES)
  test(`a candidate that called a tool of the client's and ended with ${raw} finishes as ${told}`, () => {
    const events = written(writer => {
      writer.open(CALL)
      if (raw !== undefined) writer.finish(0, { reason: said, raw })
      writer.end()
    })
    assert.deepEqual(events.at(-2), { type: 'choice-end', choice: 0, finish: { reason: told, raw } })
  })

test("a tool of the provider's leaves the finish as it is", () => {
  const events = written(writer => {
    writer.open({ ...CALL, runBy: 'provider' })
    writer.finish(0, { reason: 'stop', raw: 'stop' })
    writer.end()
  })
  assert.deepEqual(events.at(-2), { type: 'choice-end', choice: 0, finish: { reason: 'stop', raw: 'stop' } })
})

test('a failure closes what is open as torn, tells no finish, and is the end', () => {
  const events = written(writer => {
    const index = writer.open(TEXT)
    writer.finish(0, { reason: 'stop', raw: 'stop' })
    writer.fail(BROKEN)
    writer.text(index, 'more')
    writer.end()
    writer.fail(BROKEN)
  })
  assert.deepEqual(events.slice(2), [
    { type: 'block-end', index: 0, isTorn: true },
    { type: 'error', failure: BROKEN },
  ])
})

test('a failure before anything was said stands alone', () => {
  assert.deepEqual(
    written(writer => writer.fail(BROKEN)),
    [{ type: 'error', failure: BROKEN }],
  )
})

test('an annotation of a block that has closed is one of its candidate', () => {
  const events = written(writer => {
    const index = writer.open(TEXT)
    writer.annotate(0, { kind: 'url' }, index)
    writer.close(index)
    writer.annotate(0, { kind: 'file' }, index)
  })
  assert.deepEqual(
    events.filter(({ type }) => type === 'annotation'),
    [
      { type: 'annotation', choice: 0, index: 0, annotation: { kind: 'url' } },
      { type: 'annotation', choice: 0, annotation: { kind: 'file' } },
    ],
  )
})

test('an answer is finished when every candidate that was named has its finish', () => {
  written(writer => {
    assert.equal(writer.isFinished, false)
    writer.finish(0, { reason: 'stop', raw: 'stop' })
    assert.equal(writer.isFinished, true)
    writer.touch(1)
    assert.equal(writer.isFinished, false)
  })
})

/** One call of the writer with whatever arguments. */
type Call = (writer: EventWriter) => void

const index = fc.nat({ max: 6 })
const choice = fc.nat({ max: 2 })
const text = fc.constantFrom('', 'a', '\ud83c', '{"a":')
const native = fc.constant({ dialect: 'chat', members: { a: 1 } } as const)
const block: fc.Arbitrary<NewBlock> = fc
  .tuple(choice, native)
  .chain(([choice, native]) =>
    fc.constantFrom<NewBlock>(
      { kind: 'text', choice },
      { kind: 'refusal', choice, native },
      { ...REASONING, choice },
      { ...CALL, choice },
      { ...CALL, choice, runBy: 'provider' },
      { kind: 'tool-result', choice, callId: 'c', failed: false },
      { kind: 'media', choice, mediaType: 'audio/wav' },
      { kind: 'native', choice, native },
    ),
  )

const CALLS: readonly fc.Arbitrary<Call>[] = [
  fc.constant(writer => writer.start({ id: 'a', model: undefined })),
  choice.map(choice => writer => writer.touch(choice)),
  block.map(block => writer => void writer.open(block)),
  block.map(block => writer => void writer.open(block)),
  fc.tuple(index, text).map(
    ([index, text]) =>
      writer =>
        writer.text(index, text),
  ),
  fc.tuple(index, text, fc.constantFrom([], [{ token: 'a', logprob: -1 }])).map(
    ([index, text, logprobs]) =>
      writer =>
        writer.text(index, text, logprobs),
  ),
  index.map(index => writer => writer.breakPart(index)),
  fc.tuple(index, text).map(
    ([index, text]) =>
      writer =>
        writer.payload(index, text),
  ),
  fc.tuple(index, text).map(
    ([index, text]) =>
      writer =>
        writer.data(index, text),
  ),
  fc.tuple(index, fc.constantFrom('signature', 'encrypted'), text).map(
    ([index, kind, value]) =>
      writer =>
        writer.seal(index, sealOf(kind, value)),
  ),
  fc.tuple(choice, fc.option(index, { nil: undefined })).map(
    ([choice, index]) =>
      writer =>
        writer.annotate(choice, { kind: 'url' }, index),
  ),
  fc.tuple(index, fc.option(native, { nil: undefined })).map(
    ([index, native]) =>
      writer =>
        writer.close(index, native),
  ),
  fc.constant(writer => writer.usage({ input: 1 })),
  native.map(native => writer => writer.native('x', native)),
  fc.constant(writer => writer.ping()),
  choice.map(choice => writer => writer.finish(choice, { reason: 'stop', raw: 'stop' })),
]

const ENDS = fc.constantFrom<Call>(
  writer => writer.end(),
  writer => writer.fail(BROKEN),
)

test('whatever is called in whatever order, the sequence is legal', () => {
  const calls = fc.array(fc.oneof(...CALLS), { maxLength: 60 })
  fc.assert(
    fc.property(calls, ENDS, calls, (before, end, after) => {
      const events = written(writer => {
        for (const call of [...before, end, ...after]) call(writer)
      })
      assert.equal(checkGrammar(events), undefined)
    }),
    { numRuns: 2000 },
  )
})
