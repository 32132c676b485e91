import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { emptyReading, type FrameKind, type Meter } from '../dialects/index.ts'
import { MeterCollector } from './collector.ts'

/** A dialect of one event: `data: {"in":1}` and `data: {"out":2}`, final. Notes the frames it got. */
class TwoWordMeter implements Meter {
  readonly reading = emptyReading()
  readonly frames: string[] = []

  frame(text: string, start: number, end: number): FrameKind {
    const frame = text.slice(start, end)
    this.frames.push(frame)
    const [, name, tokens] = /"(in|out)":(\d+)/.exec(frame) ?? []
    if (name === undefined) return 'quiet'
    this.reading.usage = {
      ...this.reading.usage,
      [name === 'in' ? 'input' : 'output']: Number(tokens),
      reportedCostUsd: 0.5,
    }
    this.reading.isUsageFinal = name === 'out'
    return 'usage'
  }
}

function collected(chunks: readonly string[]): { frames: string[]; finals: boolean[]; collector: MeterCollector } {
  const meter = new TwoWordMeter()
  const collector = new MeterCollector(() => meter)
  const finals = chunks.map(chunk => collector.processRawChunk(chunk))
  return { frames: meter.frames, finals, collector }
}

test('MeterCollector reads events from chunks that hold a part of one or several', () => {
  const { frames, finals, collector } = collected([
    'data: {"in',
    '":1}\n\n: ping\n\ndata: {"o',
    'ut":2}\n\n',
    'data: {}\n\n',
  ])
  assert.deepEqual(frames, ['data: {"in":1}\n\n', ': ping\n\n', 'data: {"out":2}\n\n', 'data: {}\n\n'])
  assert.deepEqual(finals, [false, false, true, false])
  assert.deepEqual(collector.getMetrics(), {
    tokensInput: 1,
    tokensOutput: 2,
    cacheReadTokens: null,
    cacheWriteTokens: null,
    cacheWrite1hTokens: null,
    reasoningTokens: null,
    costUsd: 0.5,
    provenance: 'reported',
    priceSource: 'upstream',
  })
})

test('MeterCollector knows nothing before the first event', () => {
  const { collector } = collected(['data: {"in":1}'])
  assert.equal(collector.getMetrics().tokensInput, null)
  assert.equal(collector.getMetrics().provenance, 'none')
})

test('MeterCollector leaves converted chunks alone, and takes a chunk of unknown origin as raw', () => {
  const { frames, collector } = collected([])
  assert.equal(collector.processConvertedChunk('data: {"out":2}\n\n'), false)
  assert.deepEqual(frames, [])
  assert.equal(collector.processChunk('data: {"out":2}\r\n\r\n'), true)
  assert.deepEqual(frames, ['data: {"out":2}\r\n\r\n'])
})

test('MeterCollector gives up an endless event and reads the next', () => {
  const { collector } = collected(['data: ', ...Array.from({ length: 9 }, () => 'x'.repeat(1024 * 1024)), '\n\n'])
  assert.equal(collector.processRawChunk('data: {"out":2}\n\n'), true)
})

test('the same metrics at every cut', () => {
  const text = 'data: {"in":3,"é":"🙂"}\r\n\r\ndata: x\n\ndata: {"out":4}\n\n'
  fc.assert(
    fc.property(fc.array(fc.nat(text.length)), cuts => {
      const points = [0, ...cuts.sort((a, b) => a - b), text.length]
      const { collector, finals } = collected(points.slice(1).map((end, at) => text.slice(points[at], end)))
      const { tokensInput, tokensOutput } = collector.getMetrics()
      assert.deepEqual([tokensInput, tokensOutput, finals.filter(Boolean).length], [3, 4, 1])
    }),
  )
})
