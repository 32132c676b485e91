import assert from 'node:assert/strict'
import { test } from 'node:test'
import { reportOf } from '../../test/reports.ts'
import { fromUtf8 } from '../bytes.ts'
import { Redactor } from '../redact.ts'
import { ConsoleTracer } from './console-tracer.ts'
import { FileTracer, type FileTracerOptions } from './file-tracer.ts'
import { HookManager } from './hooks.ts'
import { NullTracer } from './tracer.ts'
import { tracerHook } from './tracer-hook.ts'

const redactor = new Redactor(['told-secret'])
const request = {
  method: 'POST',
  url: new URL('https://api.example/v1/messages?beta=true&key=abc'),
  headers: ['x-api-key', 'abc', 'accept', 'text/event-stream'],
  body: fromUtf8('{"prompt":"my told-secret\n"}'),
}
const head = { status: 200, headers: ['set-cookie', 'a=b', 'request-id', 'r'] }

function consoleLines(includeBodies: boolean): string[] {
  const lines: string[] = []
  const tracer = new ConsoleTracer({ redactor, includeBodies, write: line => lines.push(line) })
  tracer.traceRequest('req_1', request)
  tracer.traceResponse('req_1', head, fromUtf8('{"text":"told-secret"}'))
  tracer.traceStreamStart('req_1', head)
  tracer.traceStreamChunk('req_1', fromUtf8('data: told-secret\u2028\n\n'))
  return lines
}

const shownRequest =
  '"method":"POST","url":"https://api.example/v1/messages?beta=true&key=[redacted]",' +
  '"headers":["x-api-key","[redacted]","accept","text/event-stream"]'
const shownHead = '"status":200,"headers":["set-cookie","[redacted]","request-id","r"]'

test('ConsoleTracer writes one redacted line for each step, without prompts', () => {
  assert.deepEqual(consoleLines(false), [
    `{"trace":"request","id":"req_1",${shownRequest},"bytes":28}`,
    `{"trace":"response","id":"req_1",${shownHead},"bytes":22}`,
    `{"trace":"stream-start","id":"req_1",${shownHead}}`,
    '{"trace":"stream-chunk","id":"req_1","bytes":22}',
  ])
})

test('ConsoleTracer shows bodies when asked for, redacted and on one line', () => {
  assert.deepEqual(consoleLines(true), [
    String.raw`{"trace":"request","id":"req_1",${shownRequest},"bytes":28,"body":"{\"prompt\":\"my [redacted]\n\"}"}`,
    String.raw`{"trace":"response","id":"req_1",${shownHead},"bytes":22,"body":"{\"text\":\"[redacted]\"}"}`,
    `{"trace":"stream-start","id":"req_1",${shownHead}}`,
    String.raw`{"trace":"stream-chunk","id":"req_1","bytes":22,"body":"data: [redacted]\u2028\n\n"}`,
  ])
})

test('ConsoleTracer ends with the report, its error redacted', () => {
  const lines: string[] = []
  const tracer = new ConsoleTracer({ redactor, write: line => lines.push(line) })
  tracer.traceStreamComplete({ ...reportOf('failed'), error: { code: 'upstream', message: 'Bad key told-secret' } })
  const { trace, exchange } = JSON.parse(lines[0] as string)
  assert.deepEqual(
    { trace, id: exchange.id, outcome: exchange.outcome, message: exchange.error.message },
    { trace: 'stream-complete', id: reportOf('failed').id, outcome: 'failed', message: 'Bad key [redacted]' },
  )
})

function fileTracer(options: Partial<FileTracerOptions> = {}): { tracer: FileTracer; files: Map<string, string> } {
  const files = new Map<string, string>()
  const append = async (path: string, text: string) => {
    files.set(path, (files.get(path) ?? '') + text)
  }
  return { tracer: new FileTracer({ folder: 'traces', redactor, append, onError: assert.ifError, ...options }), files }
}

const chunkLine = (id: string, bytes: number) => `{"trace":"stream-chunk","id":"${id}","bytes":${bytes}}\n`

test('FileTracer writes a file for each request, lines in order', async () => {
  const { tracer, files } = fileTracer()
  tracer.traceStreamChunk('a', new Uint8Array(1))
  tracer.traceStreamChunk('b', new Uint8Array(2))
  tracer.traceStreamChunk('a', new Uint8Array(3))
  await tracer.flush()
  assert.deepEqual(Object.fromEntries(files), {
    'traces/a.jsonl': chunkLine('a', 1) + chunkLine('a', 3),
    'traces/b.jsonl': chunkLine('b', 2),
  })
})

test('FileTracer names no file outside its folder', async () => {
  const { tracer, files } = fileTracer()
  for (const id of ['../etc/passwd', 'C:\\x', '', 'ä', 'x'.repeat(1000)]) tracer.traceStreamChunk(id, new Uint8Array(1))
  await tracer.flush()
  assert.deepEqual(
    [...files.keys()],
    [
      'traces/~002e~002e~002fetc~002fpasswd.jsonl',
      'traces/C~003a~005cx.jsonl',
      'traces/.jsonl',
      'traces/~00e4.jsonl',
      `traces/${'x'.repeat(48)}.jsonl`,
    ],
  )
})

test('FileTracer stops at the largest size of a file, visibly', async () => {
  const { tracer, files } = fileTracer({ maxFileBytes: 100 })
  for (let at = 0; at < 5; at++) tracer.traceStreamChunk('a', new Uint8Array(1))
  await tracer.flush()
  assert.equal(files.get('traces/a.jsonl'), `${chunkLine('a', 1)}${chunkLine('a', 1)}{"trace":"cut"}\n`)
})

test('FileTracer tells of files that cannot be written, and goes on', async () => {
  const errors: unknown[] = []
  const append = () => {
    throw new Error('disk is full')
  }
  const { tracer } = fileTracer({ append, onError: error => errors.push(error) })
  tracer.traceStreamChunk('a', new Uint8Array(1))
  tracer.traceStreamComplete(reportOf('completed'))
  await tracer.flush()
  assert.deepEqual(errors.map(String), ['Error: disk is full', 'Error: disk is full'])
})

test('NullTracer wants nothing', () => {
  assert.equal(new NullTracer().shouldTrace(), false)
})

test('FileTracer keeps so many files, the newest', async () => {
  const { tracer, files } = fileTracer({ maxFiles: 2, remove: path => void files.delete(path) })
  for (const id of ['a', 'b', 'c']) {
    tracer.traceStreamStart(id, head)
    tracer.traceStreamComplete({ ...reportOf('completed'), id })
  }
  await tracer.flush()
  assert.deepEqual([...files.keys()], ['traces/b.jsonl', 'traces/c.jsonl'])
})

test('a tracer follows exchanges as a hook, those that it wants', async () => {
  const { tracer, files } = fileTracer()
  tracer.shouldTrace = ({ url }) => url.pathname !== '/unwanted'
  const hooks = new HookManager()
  hooks.register(tracerHook(tracer))
  for (const id of ['wanted', 'unwanted']) {
    const common = { time: 0, requestId: id, metadata: new Map([['responseHead', head]]) }
    await hooks.prepare({
      ...common,
      event: 'provider.request.prepared',
      data: { ...request, url: new URL(`http://h/${id}`) },
    })
    hooks.emit({ ...common, event: 'provider.response.received', data: { status: 200 } })
    const data = { bytes: 2, chunks: 1, content: fromUtf8('hi') }
    hooks.emit({ ...common, event: 'provider.stream.chunk', data: { form: 'raw', ...data } })
    hooks.emit({ ...common, event: 'provider.stream.chunk', data: { form: 'converted', ...data } })
    hooks.emit({ ...common, event: 'provider.stream.end', data: { ...reportOf('completed'), id } })
  }
  await hooks.drain()
  await tracer.flush()
  assert.deepEqual([...files.keys()], ['traces/wanted.jsonl'])
  const lines = (files.get('traces/wanted.jsonl') ?? '').trim().split('\n')
  assert.deepEqual(
    lines.map(line => JSON.parse(line).trace),
    ['request', 'stream-start', 'stream-chunk', 'stream-complete'],
  )
  assert.equal(hooks.counts.errors, 0)
})
