import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type CorpusStream, type Expected, ownCorpus, recordedCorpus } from '../../test/corpus.ts'
import { toLatin1 } from '../bytes.ts'
import { frameEnd } from '../sse/index.ts'
import { DIALECTS, type FrameKind, type Meter, type Reading } from './index.ts'

/** Feeds a whole stream, frame by frame; what lacks its blank line comes last. */
function readAll(meter: Meter, bytes: Uint8Array): FrameKind[] {
  const text = toLatin1(bytes)
  const hasCr = text.includes('\r')
  const kinds: FrameKind[] = []
  let at = 0
  for (let end = frameEnd(text, 0, hasCr); end !== -1; end = frameEnd(text, at, hasCr)) {
    kinds.push(meter.frame(text, at, end))
    at = end
  }
  if (at < text.length) kinds.push(meter.frame(text, at, text.length))
  return kinds
}

const REASONS: Readonly<Record<string, string>> = {
  stop: 'stop',
  length: 'length',
  tool_calls: 'tool-calls',
  pause: 'paused',
}

function assertRead({ dialect, expected }: CorpusStream, reading: Reading): void {
  assertUsage(expected.usage, reading)
  const { finish, finishRaw, error } = expected
  const filtered = dialect === 'messages' ? 'refusal' : 'filtered'
  const reason = finish === 'content_filter' ? filtered : finish === null ? undefined : REASONS[finish]
  assert.equal(reading.finish?.reason, reason)
  assert.equal(reading.finish?.raw ?? null, finishRaw)
  assert.equal(reading.failure?.message ?? null, error?.message ?? null)
  assert.equal(reading.failure?.raw?.type ?? null, error?.type ?? null)
  const { text, refusal = '', toolCalls, reasoning } = expected
  const hasVisible = text !== '' || refusal !== '' || toolCalls.length > 0
  if (hasVisible) assert.ok(reading.hasToken)
  if (reasoning !== '') assert.ok(reading.hasReasoning)
}

/** All that the manifest says must be read; it leaves out a zero here and there. */
function assertUsage(expected: Expected['usage'], { usage }: Reading): void {
  if (expected === null) assert.deepEqual(usage, {})
  for (const name of ['input', 'output', 'cacheRead', 'cacheWrite', 'reasoning'] as const)
    assert.equal(usage[name], expected?.[name] ?? (usage[name] === 0 ? 0 : undefined), name)
}

for (const stream of [...ownCorpus(), ...recordedCorpus()]) {
  test(`the meter reads ${stream.id} as the manifest does`, () => {
    const meter = DIALECTS[stream.dialect].createMeter()
    const kinds = readAll(meter, stream.bytes)
    assertRead(stream, meter.reading)
    const { reading } = meter
    const isTruncated = stream.flags.includes('truncated')
    const isFailed = reading.failure !== undefined && !reading.isFinished
    assert.equal(reading.isFinished || reading.isTerminal, !isTruncated && !isFailed)
    assert.equal(kinds.includes('failure'), stream.expected.error !== null)
  })
}
