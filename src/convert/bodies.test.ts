import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ANSWER, FINISH, fakeDialect, frame, HELLO, MESSAGE, OPEN, START } from '../../test/fake-codec.ts'
import { fromUtf8, toUtf8 } from '../bytes.ts'
import { type Failure, failure } from '../errors.ts'
import { Losses } from '../model/index.ts'
import type { AnswerOptions } from './answer.ts'
import { CollectStage } from './collect.ts'
import { ExpandStage } from './expand.ts'
import { AnswerMemory } from './memory.ts'
import type { Seen } from './stage.ts'
import { ConvertWholeStage } from './whole.ts'

const client = fakeDialect('messages')
const upstream = fakeDialect('chat')

type Bodies = typeof CollectStage | typeof ExpandStage | typeof ConvertWholeStage

function begin<S extends Bodies>(Stage: S, options: Partial<AnswerOptions> = {}) {
  const stage = new Stage({
    ...{ client, upstream, losses: new Losses(), model: 'm', eventBytes: 1024, messageBytes: 1024 },
    ...options,
  })
  const out: string[] = []
  const emit = (bytes: Uint8Array) => void out.push(toUtf8(bytes))
  const seen: Seen = stage.seen
  return { stage, seen, out, emit, push: (text: string) => stage.push(fromUtf8(text), emit) }
}

const WHOLE = { ...MESSAGE, model: 'm', by: 'messages' }

test('a stream is collected into one body, which leaves as soon as it is over', () => {
  const { stage, seen, out, push } = begin(CollectStage)
  push(ANSWER.slice(0, -10))
  assert.deepEqual([out, seen.isReady], [[], false])
  push(ANSWER.slice(-10))
  assert.deepEqual(JSON.parse(out.join('')), WHOLE)
  assert.deepEqual(
    [seen.isReady, seen.reading.isTerminal, stage.mediaType, (stage as CollectStage).length],
    [true, true, 'application/json', fromUtf8(out[0] as string).length],
  )
})

test('a finished stream is collected at its end, an unfinished one is not', () => {
  const finished = begin(CollectStage)
  finished.push(START + OPEN + HELLO + FINISH)
  finished.stage.end(finished.emit)
  assert.equal(finished.out.length, 1)
  const torn = begin(CollectStage)
  torn.push(START + OPEN + HELLO)
  torn.stage.end(torn.emit)
  assert.deepEqual([torn.out, torn.seen.reading.isFinished], [[], false])
})

test('an error in a stream is no body, and nothing of the answer counts', () => {
  const { seen, out, push } = begin(CollectStage)
  push(START + OPEN + HELLO + frame({ type: 'error', failure: failure('overloaded', 'Busy') }))
  assert.deepEqual([out, seen.reading.failure?.code, seen.reading.progress], [[], 'overloaded', 0])
})

test('an answer over a limit is given up, and its memory given back', () => {
  const memory = new AnswerMemory(700)
  const long = frame({ type: 'text-delta', index: 0, text: 'x'.repeat(400) })
  const first = begin(CollectStage, { memory })
  first.push(START + OPEN + long)
  const second = begin(CollectStage, { memory })
  second.push(START + OPEN + long)
  assert.equal(second.seen.reading.failure?.message, 'Cannot hold the answer: all answers together are over 700 bytes')
  first.stage.release()
  assert.equal(memory.usedBytes, 0)
  const third = begin(CollectStage, { messageBytes: 500 })
  third.push(START + OPEN + long + long)
  assert.equal(
    third.seen.reading.failure?.message,
    'Cannot hold the answer: over the limit `messageBytes` of 500 bytes',
  )
})

test('a whole body is expanded to the stream that says the same', () => {
  const { stage, seen, out, emit, push } = begin(ExpandStage)
  push(JSON.stringify(MESSAGE))
  stage.end(emit)
  assert.equal(out.length, 1)
  assert.match(out[0] as string, /^data: {"type":"message-start","id":"a-1","model":"m"}\n\n.*"message-end"}\n\n$/s)
  const { isTerminal, finish, usage, hasToken } = seen.reading
  assert.deepEqual([isTerminal, finish?.reason, usage, hasToken], [true, 'stop', { input: 7, output: 3 }, true])
})

test('a whole body is converted to a whole body', () => {
  const { stage, seen, out, emit, push } = begin(ConvertWholeStage)
  push(JSON.stringify(MESSAGE))
  stage.end(emit)
  assert.deepEqual(JSON.parse(out.join('')), WHOLE)
  assert.deepEqual([seen.reading.isTerminal, seen.reading.usage], [true, { input: 7, output: 3 }])
})

test('what is no answer is a failure, and so is one that tells an error', () => {
  const busy: Failure = failure('overloaded', 'Busy')
  const cases = [
    [JSON.stringify({ error: busy }), 'overloaded', 'Busy'],
    ['<html>', 'upstream', `Cannot read the upstream's answer: it is no answer of its API, got "<html>"`],
    ['7', 'upstream', `Cannot read the upstream's answer: it is no answer of its API, got "7"`],
    ['{"candidates":[]}', 'upstream', /got "{"candidates":\[]}"/],
    [`"${'x'.repeat(2000)}"`, 'upstream', /over the limit `messageBytes` of 1024 bytes/],
  ] as const
  for (const Stage of [ExpandStage, ConvertWholeStage])
    for (const [body, code, message] of cases) {
      const { stage, seen, out, emit, push } = begin(Stage)
      push(body)
      stage.end(emit)
      assert.deepEqual([out, seen.reading.failure?.code, seen.reading.progress], [[], code, 0])
      if (typeof message === 'string') assert.equal(seen.reading.failure?.message, message)
      else assert.match(seen.reading.failure?.message ?? '', message)
    }
})

test('the items of an array are the chunks of a stream', () => {
  const { stage, out, emit, push } = begin(ConvertWholeStage)
  push(
    `[${ANSWER.trim()
      .split('\n\n')
      .map(event => event.slice(6))
      .join(',')}]`,
  )
  stage.end(emit)
  assert.deepEqual(JSON.parse(out.join('')), WHOLE)
})

test('one dialect is collected and expanded too', () => {
  const same = { client: upstream, upstream, model: undefined }
  const collected = begin(CollectStage, same)
  collected.push(ANSWER)
  assert.deepEqual(JSON.parse(collected.out.join('')), { ...MESSAGE, by: 'chat' })
  const expanded = begin(ExpandStage, same)
  expanded.push(JSON.stringify(MESSAGE))
  expanded.stage.end(expanded.emit)
  assert.match(expanded.out.join(''), /"up-model"/)
})
