import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { type CorpusStream, corpora } from '../../test/corpus.ts'
import { fromUtf8, toLatin1, toUtf8 } from '../bytes.ts'
import { DIALECTS, type Edit } from '../dialects/index.ts'
import { failure } from '../errors.ts'
import { DEFAULT_LIMITS, type Limits } from './budgets.ts'
import { DROP_USAGE_FRAME, type FrameEdit, redactFailures } from './frame-edit.ts'
import { RelayStage } from './relay-stage.ts'

const DELTA = 'data: {"id":"c1","choices":[{"index":0,"delta":{"content":"das Mehl 🌾"}}]}\n\n'
const FINISH = 'data: {"id":"c1","choices":[{"index":0,"delta":{},"finish_reason":"stop"}]}\n\n'
const USAGE = 'data: {"id":"c1","choices":[],"usage":{"prompt_tokens":7,"completion_tokens":3}}\n\n'
const DONE = 'data: [DONE]\n\n'
const ERROR = 'data: {"error":{"message":"Bad key sk-secret","type":"invalid_request_error"}}\n\n'

interface Setup {
  readonly edits?: readonly FrameEdit[]
  readonly limits?: Partial<Limits>
}

/** A stage of the chat dialect, and all that has come out of it. */
function begin({ edits = [], limits }: Setup = {}, dialect = DIALECTS.chat) {
  const made = new Set<Edit>()
  const stage = new RelayStage(dialect, { ...DEFAULT_LIMITS, ...limits }, made, edits)
  const sent: string[] = []
  const out = (bytes: Uint8Array) => sent.push(toLatin1(bytes))
  return {
    stage,
    made,
    sent,
    get text() {
      return toUtf8(Uint8Array.from(sent.join(''), letter => letter.charCodeAt(0)))
    },
    /** The chunk is wiped after the call: who kept it without a copy is found out. */
    push(chunk: string | Uint8Array) {
      const lent = typeof chunk === 'string' ? fromUtf8(chunk) : Uint8Array.from(chunk)
      stage.push(lent, out)
      lent.fill(0)
      return this
    },
    /** Pushes the bytes in pieces with these ends, and the rest. */
    pushCut(text: string | Uint8Array, ends: readonly number[]) {
      const bytes = typeof text === 'string' ? fromUtf8(text) : text
      for (const [at, end] of [...ends, bytes.length].entries()) this.push(bytes.subarray(ends[at - 1] ?? 0, end))
      return this
    },
    end() {
      stage.end(out)
      return this
    },
    fail(message: string) {
      stage.fail(failure('upstream', message), out)
      return this
    },
  }
}

/** Edits that change nothing: one sends every frame as it came, the other puts it in its own place. */
const IDLE: FrameEdit = { name: 'id-lines', apply: () => undefined }
const SAME: FrameEdit = { name: 'id-lines', apply: (text, start, end) => text.slice(start, end) }

const STREAMS = new Map(corpora().flatMap(({ streams }) => streams.map(stream => [stream.id, stream])))
const streamId = fc.constantFrom(...STREAMS.keys())
const cuts = fc.array(fc.nat(), { maxLength: 12 })

function relayed(id: string, cuts: readonly number[], edits: readonly FrameEdit[] = []) {
  const { dialect, bytes } = STREAMS.get(id) as CorpusStream
  const ends = cuts.map(cut => cut % (bytes.length + 1)).sort((a, b) => a - b)
  return begin({ edits }, DIALECTS[dialect]).pushCut(bytes, ends).end()
}

/** The bytes of a stream; without the torn frame of one that just stops. */
function wholeFrames(id: string): string {
  const { bytes, flags } = STREAMS.get(id) as CorpusStream
  const text = toLatin1(bytes)
  return flags.includes('truncated') ? (/^.*(?:\n\n|\r\n\r\n)/s.exec(text)?.[0] ?? '') : text
}

test('bytes out equal bytes in, at any cuts of any stream', () => {
  const property = fc.property(streamId, cuts, (id, cuts) => {
    assert.equal(relayed(id, cuts).sent.join(''), wholeFrames(id))
  })
  fc.assert(property, { numRuns: 500 })
})

test('an edit that changes nothing is byte-equal, at any cuts of any stream', () => {
  const property = fc.property(streamId, cuts, fc.constantFrom(IDLE, SAME), (id, cuts, edit) => {
    assert.equal(relayed(id, cuts, [edit]).sent.join(''), wholeFrames(id))
  })
  fc.assert(property, { numRuns: 500 })
})

test('what is read does not depend on the cuts', () => {
  const property = fc.property(streamId, cuts, (id, cuts) => {
    assert.deepEqual(relayed(id, cuts).stage.seen.reading, relayed(id, []).stage.seen.reading)
  })
  fc.assert(property, { numRuns: 300 })
})

test('only whole frames leave, at any cut', () => {
  for (let at = 1; at < DELTA.length; at++) {
    const run = begin().push(DELTA + DELTA.slice(0, at))
    assert.equal(run.text, DELTA)
    assert.equal(run.stage.seen.midFrame, false)
  }
})

for (const [name, end] of [
  ['LF', '\n'],
  ['CR', '\r'],
] as const)
  test(`the usage frame that nobody asked for is left out at every cut, with lines that end in ${name}`, () => {
    const stream = (DELTA + FINISH + USAGE + DONE).replaceAll('\n', end)
    const rest = (DELTA + FINISH + DONE).replaceAll('\n', end)
    for (let at = 1; at < stream.length; at++) {
      const run = begin({ edits: [DROP_USAGE_FRAME] })
        .pushCut(stream, [at])
        .end()
      assert.equal(run.text, rest, `cut at ${at}`)
      assert.deepEqual([...run.made], ['usage-frame'])
      assert.deepEqual(run.stage.seen.reading.usage, { input: 7, output: 3 })
    }
  })

test('half of a CRLF that is left of a frame without its other half means nothing', () => {
  const stream = (DELTA + USAGE + DONE).replaceAll('\n', '\r\n')
  const at = fromUtf8(stream.slice(0, stream.indexOf('data: [DONE]') - 1)).length
  const run = begin({ edits: [DROP_USAGE_FRAME] })
    .pushCut(stream, [at])
    .end()
  assert.equal(run.text, `${DELTA.replaceAll('\n', '\r\n')}\ndata: [DONE]\r\n\r\n`)
})

test('a usage frame that lacks its blank line is left out too', () => {
  const run = begin({ edits: [DROP_USAGE_FRAME] })
    .push(DELTA + FINISH + USAGE.trimEnd())
    .end()
  assert.equal(run.text, DELTA + FINISH)
  assert.deepEqual(run.stage.seen.reading.usage, { input: 7, output: 3 })
})

test('an error in foreign words is told again in those of the dialect, redacted, and once', () => {
  for (const dialect of Object.values(DIALECTS)) {
    for (const frame of ['data: {"error":"Bad key sk-12345678"}', 'data: {"error":"Bad key sk-12345678"}\r\n\r\n']) {
      const relay = begin({ edits: [redactFailures(text => text.replaceAll('sk-12345678', '[redacted]'))] }, dialect)
      relay.push(frame).end()
      const told = dialect.failure.encodeInStream(failure('upstream', 'Bad key [redacted]'), undefined)
      const closed = frame.endsWith('\n') ? frame : `${frame}\n\n`
      assert.equal(relay.text, closed.replace('sk-12345678', '[redacted]') + told)
      assert.deepEqual([...relay.made].sort(), ['ended', 'redacted'])
    }
  }
})

test('an error frame that lacks its blank line is redacted too', () => {
  const redact = redactFailures(text => text.replaceAll('sk-secret', '[redacted]'))
  const run = begin({ edits: [redact] })
    .push(DELTA + ERROR.trimEnd())
    .end()
  assert.equal(run.text, DELTA + ERROR.trimEnd().replace('sk-secret', '[redacted]'))
  assert.deepEqual([...run.made], ['redacted'])
})

const LAST = [
  ['a finish with the word data: in its text', DELTA.replace('das Mehl', 'data: x').trimEnd()],
  ['data in several lines', 'data: {"choices":[\ndata: {"delta":{"content":"a"}}]}'],
  ['[DONE]', 'data: [DONE]'],
  ['an error that is written into the stream as it is', '{\n  "error": {\n    "message": "Overloaded"\n  }\n}\n'],
] as const

for (const [name, last] of LAST)
  test(`a last frame without its blank line is whole: ${name}`, () => {
    const run = begin()
      .push(DELTA + last)
      .end()
    assert.equal(run.text.slice(0, (DELTA + last).length), DELTA + last)
    assert.equal(run.stage.seen.reading.events, 2)
  })

const TORN = [
  ['half an object', DELTA.slice(0, 40)],
  ['half an object whose text looks like another one', 'data: {"choices":[{"delta":{"content":"data: {}'],
  ['a name without data', 'event: message'],
  ['half a name', 'dat'],
] as const

for (const [name, torn] of TORN)
  test(`a last frame is torn and kept back: ${name}`, () => {
    const run = begin()
      .push(DELTA + torn)
      .end()
    assert.equal(run.text, DELTA)
  })

test('an error that has to follow an open last frame stands apart from it', () => {
  const run = begin()
    .push(DELTA + DELTA.trimEnd())
    .end()
    .fail('Upstream closed')
  assert.equal(run.text.indexOf('data: {"error"'), 2 * DELTA.length)
})

test('a frame beyond what is held passes in pieces and is read at its end, at every cut', () => {
  const long = FINISH.replace('"id":"c1"', `"id":"${'x'.repeat(100)}"`)
  const stream = DELTA + long + DONE
  for (let at = 1; at < stream.length - 8; at++) {
    const run = begin({ limits: { holdBytes: 60 } })
    run.pushCut(stream, [at, at + 8]).end()
    assert.equal(run.text, stream, `cut at ${at}`)
    const { finish, malformed } = run.stage.seen.reading
    assert.deepEqual([finish?.raw, malformed, run.stage.seen.midFrame], ['stop', 0, false])
  }
})

test('a frame beyond what is read passes all the same and is counted', () => {
  const long = `data: {"x":"${'x'.repeat(1000)}"}\n\n`
  const run = begin({ limits: { holdBytes: 60, eventBytes: 200 } })
  run.pushCut(long, [50, 100, 150, 200, 250, 600]).push(FINISH).end()
  assert.equal(run.text, long + FINISH)
  assert.deepEqual([run.stage.seen.reading.malformed, run.stage.seen.reading.finish?.raw], [1, 'stop'])
})

test('a frame that is longer than all limits at once loses nothing', () => {
  const long = `data: {"x":"${'x'.repeat(1000)}"}\n\n`
  for (const limits of [
    { holdBytes: 60, eventBytes: 200 },
    { holdBytes: 400, eventBytes: 200 },
  ])
    for (const at of [50, 100, 300, 500, 900]) assert.equal(begin({ limits }).pushCut(long, [at]).end().text, long)
})

test('inside of a frame that passes in pieces no error is told', () => {
  const run = begin({ limits: { holdBytes: 60 } }).push(DELTA.slice(0, 70))
  assert.equal(run.stage.seen.midFrame, true)
  assert.equal(run.fail('Upstream closed').text, DELTA.slice(0, 70))
})

test('an endless line in single bytes takes linear time and no memory but its own', () => {
  const bytes = 600_000
  const run = begin({ limits: { holdBytes: bytes, eventBytes: bytes } })
  const byte = fromUtf8('x')
  const heapBefore = process.memoryUsage().heapUsed
  const startedAt = performance.now()
  for (let at = 0; at < bytes; at++) run.stage.push(byte, () => {})
  assert.ok(performance.now() - startedAt < 2000)
  assert.ok(process.memoryUsage().heapUsed - heapBefore < 60e6)
})
