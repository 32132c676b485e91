/**
 * Streams to test with: the project's own, in `test/corpus`, and recorded ones where the environment
 * variable MILLRACE_CORPUS says (default: `../shared/corpus`, seen from the project's root).
 */
import { existsSync, globSync, readFileSync } from 'node:fs'
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
  /** Kinds of items that the provider ran. */
  readonly serverTools?: readonly string[]
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

/** Streams and the folder they lie in, `<id>.sse` each. */
export interface Corpus {
  readonly name: string
  readonly folder: string
  readonly streams: readonly CorpusStream[]
}

/** The project's own, and the recorded ones where they are present. */
export function corpora(): readonly Corpus[] {
  const all = [
    { name: 'own streams', folder: OWN, streams: ownCorpus() },
    { name: 'recorded streams', folder: RECORDED, streams: recordedCorpus() },
  ]
  return all.filter(({ streams }) => streams.length > 0)
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

/** A request as a real client sent it; host, ids and folders replaced. */
export interface ClientRequest {
  /** `Codex CLI 0.169.0, codex exec, exec_command then answer` */
  readonly client: string
  readonly method: string
  readonly path: string
  /** With its question mark; empty without one. */
  readonly query: string
  readonly headers: Readonly<Record<string, string>>
  readonly body: Buffer
}

/** Empty, with a printed line, where the recordings are absent. */
export function clientRequests(): readonly ClientRequest[] {
  if (!isRecordedHere()) return []
  return globSync('client-requests/*.json', { cwd: RECORDED }).flatMap(file => {
    const { client, requests } = readJson<RecordedRequests>(RECORDED, file)
    return requests.map(({ body, ...request }) => ({ client, ...request, body: Buffer.from(JSON.stringify(body)) }))
  })
}

/** The body of a request as a client sent it. */
export interface RequestBody {
  readonly file: string
  readonly dialect: DialectName
  readonly stream: boolean
  readonly body: Buffer
}

/** Empty, with a printed line, where the recordings are absent. */
export function requestBodies(): readonly RequestBody[] {
  if (!isRecordedHere()) return []
  const { requests } = readJson<{ requests: Omit<RequestBody, 'body'>[] }>(RECORDED, 'requests/manifest.json')
  return requests.map(request => ({ ...request, body: readFileSync(join(RECORDED, request.file)) }))
}

interface RecordedRequests {
  readonly client: string
  readonly requests: readonly (Omit<ClientRequest, 'client' | 'body'> & { readonly body: unknown })[]
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
