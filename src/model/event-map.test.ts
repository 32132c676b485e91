import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import fc from 'fast-check'
import type { StreamEvent } from './event.ts'
import { EventMap, type MapEvents } from './event-map.ts'
import { checkGrammar } from './grammar.ts'

const START: StreamEvent = { type: 'message-start', id: 'a-1', model: 'm' }
const OPEN: StreamEvent = { type: 'block-start', index: 0, choice: 0, kind: 'text' }
const HELLO: StreamEvent = { type: 'text-delta', index: 0, text: 'Hello' }
const CLOSE: StreamEvent = { type: 'block-end', index: 0 }
const THINK: StreamEvent = { type: 'block-start', index: 1, choice: 0, kind: 'reasoning', form: 'full' }
const THOUGHT: StreamEvent = { type: 'text-delta', index: 1, text: 'Hm' }
const STILL: StreamEvent = { type: 'block-end', index: 1 }
const USAGE: StreamEvent = { type: 'usage', usage: { input: 7, output: 3 } }
const STOP: StreamEvent = { type: 'choice-end', choice: 0, finish: { reason: 'stop', raw: 'stop' } }
const END: StreamEvent = { type: 'message-end' }
const ANSWER = [START, OPEN, HELLO, CLOSE, THINK, THOUGHT, STILL, USAGE, STOP, END]

function run(map: MapEvents, events: readonly StreamEvent[] = ANSWER) {
  const mapping = new EventMap(map)
  const results = events.flatMap(event => mapping.push(event))
  return { results, failure: mapping.failure }
}

suite('events are mapped', () => {
  test('to themselves: the very same objects', () => {
    const { results } = run(event => event)
    assert.equal(results.length, ANSWER.length)
    assert.ok(results.every((event, at) => event === ANSWER[at]))
  })

  test('one to several, one to nothing; a delta without text is nothing', () => {
    const { results, failure } = run(event => {
      if (event === HELLO) return [HELLO, { ...HELLO, text: ', you' }, { ...HELLO, text: '' }]
      return event === THOUGHT ? undefined : event
    })
    assert.equal(failure, undefined)
    assert.deepEqual(results, [START, OPEN, HELLO, { ...HELLO, text: ', you' }, CLOSE, THINK, STILL, USAGE, STOP, END])
  })

  test('a block whose start is left out is left out whole, unasked, and the others close up', () => {
    const asked: StreamEvent[] = []
    const { results, failure } = run(event => {
      asked.push(event)
      return event === OPEN ? undefined : event
    })
    assert.equal(failure, undefined)
    assert.deepEqual(results, [
      START,
      { ...THINK, index: 0 },
      { ...THOUGHT, index: 0 },
      { ...STILL, index: 0 },
      USAGE,
      STOP,
      END,
    ])
    assert.deepEqual(asked, [START, OPEN, THINK, THOUGHT, STILL, USAGE, STOP, END])
  })

  test('a block of ones own moves those behind it', () => {
    const own: StreamEvent[] = [
      { type: 'block-start', index: -1, choice: 0, kind: 'text' },
      { type: 'text-delta', index: -1, text: 'Note' },
      { type: 'block-end', index: -1 },
    ]
    const { results, failure } = run(event => (event === OPEN ? [...own, OPEN] : event))
    assert.equal(failure, undefined)
    assert.deepEqual(
      results.flatMap(event => ('index' in event ? [event.index] : [])),
      [0, 0, 0, 1, 1, 1, 2, 2, 2],
    )
  })
})

suite('what the function breaks ends the answer with an error', () => {
  const cases: readonly (readonly [what: string, map: MapEvents, message: RegExp])[] = [
    [
      'it throws',
      event => {
        if (event === HELLO) throw new Error('no rule for this')
        return event
      },
      /no rule for this$/,
    ],
    ['usage left out', event => (event === USAGE ? undefined : event), /`usage` cannot be left out$/],
    ['the finish left out', event => (event === STOP ? [] : event), /`choice-end` cannot be left out$/],
    ['the end left out', event => (event === END ? [] : event), /`message-end` cannot be left out$/],
    ['the end twice', event => (event === END ? [END, END] : event), /message-end after the end$/],
    ['an end of a block left out', event => (event === CLOSE ? [] : event), /while block 0 is open$/],
    ['a delta for nothing', event => (event === USAGE ? [HELLO, USAGE] : event), /block 0, which is not open$/],
    ['an index that is taken', event => (event === HELLO ? [OPEN, HELLO] : event), /there is a block 0 already$/],
    ['no event at all', event => (event === HELLO ? (Promise.resolve(event) as never) : event), /unknown type/],
  ]
  for (const [what, map, message] of cases)
    test(what, () => {
      const { results, failure } = run(map)
      assert.match(failure?.message ?? '', message)
      assert.match(failure?.message ?? '', /^Cannot map the events of the answer: /)
      assert.equal(failure?.status, 500)
      assert.equal(checkGrammar(results), undefined)
      assert.deepEqual(results.at(-1), { type: 'error', failure })
    })

  test('an error of its own is told as it is', () => {
    const refused = { code: 'forbidden', status: 403, message: 'Not in this house' } as const
    const { results, failure } = run(event => (event === HELLO ? { type: 'error', failure: refused } : event))
    assert.deepEqual(results, [START, OPEN, CLOSE, { type: 'error', failure: refused }])
    assert.equal(failure, refused)
  })

  test('an error of the upstream stays an error, and whatever is open is closed', () => {
    const error = { type: 'error', failure: { code: 'upstream', status: 502, message: 'Out of oil' } } as const
    const { results, failure } = run(
      event => (event === error ? END : event === CLOSE ? [] : event),
      [START, OPEN, HELLO, CLOSE, error],
    )
    assert.deepEqual(results, [START, OPEN, HELLO, CLOSE, error])
    assert.equal(failure, undefined)
  })

  test('whatever it returns, the sequence is legal', () => {
    const any = fc.oneof(fc.constantFrom(...ANSWER), fc.constant(undefined), fc.subarray(ANSWER))
    fc.assert(
      fc.property(fc.infiniteStream(fc.option(any, { nil: 'same' as const })), answers => {
        const { results, failure } = run(event => {
          const answer = answers.next().value
          return answer === 'same' ? event : answer
        })
        if (failure === undefined) assert.deepEqual(results.at(-1), END)
        assert.equal(checkGrammar(results), undefined)
      }),
    )
  })
})
