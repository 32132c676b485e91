import assert from 'node:assert/strict'
import type { Edit } from '../../src/dialects/index.ts'
import type { FinishReason, Provenance } from '../../src/model/index.ts'
import type { StreamReport } from '../../src/observe/index.ts'
import type { CorpusStream, Expected } from '../corpus.ts'
import { dataOf, framesOf, withoutTornFrame } from './frames.ts'

/** Asserts that the report of a replayed stream says what the manifest says. */
export function checkReport(report: StreamReport, stream: CorpusStream, edits: readonly Edit[]): void {
  const { dialect, expected, bytes } = stream
  const isCut = isTruncated(stream)
  const error = isCut ? 'Upstream ended the stream without its terminal event' : failureOf(expected)
  const frames = framesOf(isCut ? withoutTornFrame(bytes) : bytes)
  assert.partialDeepStrictEqual(report, {
    client: { dialect },
    upstream: { name: 'upstream', dialect },
    lane: edits.includes('usage-frame') ? 'edit' : 'relay',
    shape: 'stream',
    status: 200,
    outcome: isCut ? 'truncated' : error === undefined ? 'completed' : 'failed',
    finish: finishOf(expected),
    usage: expectedUsage(report, stream),
    bytesIn: bytes.length,
    events: frames.filter(frame => dataOf(frame) !== undefined).length,
    attempts: [{ upstream: 'upstream', dialect, status: 200 }],
  })
  assert.equal(report.error?.message, error)
  assert.deepEqual(report.edits, edits)
}

/** It broke off, and the provider did not say why. */
export function isTruncated({ flags, expected }: CorpusStream): boolean {
  return flags.includes('truncated') && !expected.error
}

/** An error after the finish does not undo it. */
function failureOf({ error, finish }: Expected): string | undefined {
  return finish === null ? error?.message : undefined
}

function finishOf({ finish, finishRaw }: Expected): StreamReport['finish'] {
  if (finish === null) return null
  // The manifests have one word for a filter's doing and for the model's own.
  return { reason: finishRaw === 'refusal' ? 'refusal' : REASONS[finish], raw: finishRaw }
}

const REASONS = {
  stop: 'stop',
  length: 'length',
  tool_calls: 'tool-calls',
  content_filter: 'filtered',
  pause: 'paused',
} as const satisfies Record<NonNullable<Expected['finish']>, FinishReason>

function usageOf({ dialect, expected: { usage }, bytes }: CorpusStream) {
  const { input = null, output = null, cacheRead, cacheWrite = null, reasoning = null } = usage ?? {}
  // Databricks says so, and the manifests leave it out.
  const unsaid = dialect === 'chat' ? /"cache_read_input_tokens":(\d+)/.exec(bytes.toString('latin1')) : null
  return { input, output, cacheRead: cacheRead ?? (unsaid && Number(unsaid[1])), cacheWrite, reasoning }
}

/** What the provider told; where it did not have the last word, what it left out may be estimated. */
function expectedUsage({ usage }: StreamReport, stream: CorpusStream): Partial<StreamReport['usage']> {
  const [told, provenance] = [usageOf(stream), provenanceOf(stream)]
  if (provenance === 'reported' || usage.provenance !== 'estimated') return { ...told, provenance }
  assert.ok((usage.output ?? 0) > 0 && (usage.output ?? 0) >= (told.output ?? 0))
  assert.ok((usage.input ?? 0) > 0)
  const { output: _output, input, ...parts } = told
  return { ...parts, ...(input === null ? {} : { input }) }
}

/** Usage is the last word in an answer that ended, and when an error brought it along. */
function provenanceOf(stream: CorpusStream): Provenance {
  const { expected, bytes } = stream
  if (expected.usage === null) return 'none'
  if (isTruncated(stream)) return 'partial'
  const from = expected.error ? bytes.indexOf(JSON.stringify(expected.error.message)) : 0
  return /"usage(?:Metadata)?":\s*\{/.test(bytes.toString('latin1', from)) ? 'reported' : 'partial'
}
