/**
 * Streams to test with: the project's own, in `test/corpus`, and recorded ones where the environment
 * variable MILLRACE_CORPUS says (default: `../shared/corpus`, seen from the project's root).
 */
import { existsSync, readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import type { DialectName } from '../src/dialects/index.ts'

const ROOT = resolve(import.meta.dirname, '..')
const OWN = join(ROOT, 'test/corpus')
const RECORDED = resolve(ROOT, process.env.MILLRACE_CORPUS ?? '../shared/corpus')

export interface CorpusStream {
  /** `<dialect>/<upstream>-<feature>` */
  readonly id: string
  readonly dialect: DialectName
  readonly provider: string
  /** Why it is special: `error`, `truncated`, `multi-choice`, ... */
  readonly flags: readonly string[]
  readonly expected: Expected
  readonly bytes: Buffer
}

/** What a correct reader makes of a stream. Of several candidates, the first. */
export interface Expected {
  readonly text: string
  readonly reasoning: string
  readonly refusal?: string
  readonly toolCalls: readonly ExpectedCall[]
  readonly usage: ExpectedUsage | null
  readonly finish: 'stop' | 'length' | 'tool_calls' | 'content_filter' | 'pause' | null
  readonly finishRaw: string | null
  readonly error: ExpectedError | null
}

export interface ExpectedCall {
  readonly id: string | null
  readonly name: string
  readonly args: unknown
  readonly raw: string
}

/** `input` holds cache reads and writes, `output` holds reasoning. */
export interface ExpectedUsage {
  readonly input: number
  readonly output?: number
  readonly cacheRead?: number
  readonly cacheWrite?: number
  readonly reasoning?: number
}

export interface ExpectedError {
  readonly type: string | null
  readonly message: string
  readonly code: string | number | null
}

/** An HTTP error answer as a provider sent it. */
export interface RecordedError {
  readonly dialect: DialectName
  readonly provider: string
  readonly status: number
  readonly headers: Readonly<Record<string, string>>
  readonly body: unknown
}

export function ownCorpus(): readonly CorpusStream[] {
  return streamsOf(OWN)
}

/** Empty, with a printed line, where the recordings are absent. */
export function recordedCorpus(): readonly CorpusStream[] {
  return isRecordedHere() ? streamsOf(RECORDED) : []
}

/** Empty, with a printed line, where the recordings are absent. */
export function recordedErrors(): readonly RecordedError[] {
  return isRecordedHere() ? readJson<{ errors: RecordedError[] }>(RECORDED, 'errors.json').errors : []
}

interface ManifestEntry extends Omit<CorpusStream, 'bytes'> {
  readonly file: string
}

function streamsOf(folder: string): CorpusStream[] {
  const { streams } = readJson<{ streams: ManifestEntry[] }>(folder, 'manifest.json')
  return streams.map(({ file, expected, ...entry }) => ({
    ...entry,
    expected: { ...expected, error: expected.error ?? null },
    bytes: readFileSync(join(folder, file)),
  }))
}

function readJson<T>(folder: string, file: string): T {
  return JSON.parse(readFileSync(join(folder, file), 'utf8')) as T
}

function isRecordedHere(): boolean {
  const isHere = existsSync(join(RECORDED, 'manifest.json'))
  if (!isHere) console.log(`No recorded streams at ${RECORDED}: only the project's own are tested`)
  return isHere
}
