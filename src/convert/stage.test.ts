import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ANSWER, END, FINISH, fakeDialect, frame, HELLO, OPEN, START, USAGE } from '../../test/fake-codec.ts'
import { fromUtf8, toUtf8 } from '../bytes.ts'
import { failure } from '../errors.ts'
import { Losses } from '../model/index.ts'
import type { AnswerOptions } from './answer.ts'
import { ConvertStage } from './stage.ts'

const client = fakeDialect('messages')
const upstream = fakeDialect('chat')

function begin(options: Partial<AnswerOptions> = {}) {
  const stage = new ConvertStage({
    ...{ client, upstream, losses: new Losses(), model: 'm', eventBytes: 1024, messageBytes: 1024 },
    ...options,
  })
  const out: string[] = []
  const emit = (bytes: Uint8Array) => void out.push(toUtf8(bytes))
  return { stage, out, emit, push: (text: string) => stage.push(fromUtf8(text), emit) }
}

const CLOSE = frame({ type: 'block-end', index: 0 })

test('what one push brings leaves in one piece, in the words of the client', () => {
  const { push, out } = begin()
  push(ANSWER)
  assert.deepEqual(out, [START.replace('up-model', 'm') + OPEN + HELLO + USAGE + CLOSE + FINISH + END])
})

test('nothing leaves for a torn event', () => {
  const { push, out, stage } = begin()
  push(START.slice(0, 20))
  assert.deepEqual([out, stage.seen.isReady], [[], false])
  push(START.slice(20))
  assert.deepEqual([out.length, stage.seen.isReady], [1, true])
})

test('the reading is that of the answer', () => {
  const { push, stage } = begin()
  const { reading } = stage.seen
  push(START + OPEN)
  assert.deepEqual([reading.events, reading.progress, reading.hasToken, reading.answerId], [2, 0, false, 'a-1'])
  push(HELLO)
  assert.deepEqual([reading.progress, reading.hasToken, reading.isFinished], [1, true, false])
  push(FINISH)
  assert.deepEqual([reading.isFinished, reading.isTerminal, reading.finish], [true, false, undefined])
  push(USAGE + END)
  assert.deepEqual(
    [reading.isTerminal, reading.finish?.reason, reading.usage, reading.isUsageFinal, reading.model],
    [true, 'stop', { input: 7, output: 3 }, true, 'up-model'],
  )
})

test('what is finished is told at the end, what is not is left to fail', () => {
  const finished = begin()
  finished.push(START + OPEN + HELLO + FINISH)
  finished.stage.end(finished.emit)
  assert.equal(finished.out.join('').endsWith(CLOSE + FINISH + END), true)

  const torn = begin()
  torn.push(START + OPEN + HELLO)
  torn.stage.end(torn.emit)
  assert.equal(torn.stage.seen.reading.isFinished, false)
  torn.stage.fail(failure('truncated', 'Gone'), torn.emit)
  assert.match(torn.out.at(-1) as string, /"block-end".*\n\nevent: error\ndata: .*"Gone"/)
})

test('an error of the upstream is told once, without its secrets and its own words', () => {
  const failed = failure('overloaded', 'Key sk-1 is busy', { raw: { type: 'server_error', code: 'b-7' } })
  const { push, out, stage } = begin({ redact: text => text.replace('sk-1', '[redacted]') })
  push(START + OPEN + HELLO + frame({ type: 'error', failure: failed }))
  assert.deepEqual(stage.seen.reading.failure, failure('overloaded', 'Key [redacted] is busy'))
  assert.equal(out.join('').match(/event: error/g)?.length, 1)
  assert.doesNotMatch(out.join(''), /sk-1|b-7/)
})

test('an event over the limit is a failure of the upstream', () => {
  const { push, out, stage } = begin()
  push(START + OPEN + HELLO)
  push(`data: ${'x'.repeat(2000)}`)
  const { failure: told } = stage.seen.reading
  assert.deepEqual([told?.code, told?.message], ['upstream', 'Cannot read event: over the event limit of 1024 bytes'])
  assert.match(out.at(-1) as string, /event: error/)
  push(FINISH + END)
  assert.equal(out.length, 2)
})

test('a codec at fault fails the answer, not the process', () => {
  for (const faulty of [
    { client: fakeDialect('messages', { createStreamEncoder: () => ({ push: () => assert.fail('Ouch') }) }) },
    { upstream: fakeDialect('chat', { createStreamDecoder: broken }) },
  ]) {
    const { push, out, stage } = begin(faulty)
    push(START + OPEN + HELLO)
    assert.equal(stage.seen.reading.failure?.message, 'Cannot convert the answer: Ouch')
    assert.match(out.join(''), /^event: error\n[^\n]*Ouch[^\n]*\n\n$/)
  }
})

function broken(): never {
  return {
    isFinished: false,
    isTerminal: false,
    push: () => assert.fail('Ouch'),
    end: () => assert.fail('Ouch'),
    fail: () => assert.fail('Ouch'),
  } as never
}

test('the same comes out at every cut', () => {
  const bytes = fromUtf8(ANSWER)
  const whole = begin()
  whole.push(ANSWER)
  for (let at = 1; at < bytes.length; at++) {
    const { stage, out, emit } = begin()
    stage.push(bytes.subarray(0, at), emit)
    stage.push(bytes.subarray(at), emit)
    assert.equal(out.join(''), whole.out[0], `cut at ${at}`)
  }
})
