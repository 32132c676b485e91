import { fromUtf8, toUtf8 } from '../bytes.ts'
import type { DialectName } from '../dialects/index.ts'
import { type FailureCode, MillraceError } from '../errors.ts'
import type { StreamReport } from '../observe/index.ts'
import {
  CAPTURE_VERSION,
  type Capture,
  type CapturedRequest,
  type CaptureSubject,
  type Side,
  type Step,
} from './capture.ts'

/** A line of the file, as far as it is known. */
type Line = Readonly<Record<string, unknown>>

/** A header's name and value, in characters of one byte. */
const NAME = /^[!#$%&'*+.^_`|~0-9a-z-]+$/i
const VALUE = /^[\t\x20-\x7e\x80-\xff]*$/

const NOTHING: Uint8Array = new Uint8Array(0)

/**
 * Reads the file of a captured exchange. Lines and members that it does not know are passed over. A file
 * that was torn while it was written is read up to the tear.
 *
 * @throws {MillraceError} bad-request, when it is no such file, is of another version, or is broken in the middle.
 */
export function decodeCapture(file: Uint8Array): Capture {
  const lines = linesOf(toUtf8(file))
  const subject = subjectOf(lines[0] ?? {})
  const requests: Partial<Record<Side, CapturedRequest>> = {}
  const steps: Step[] = []
  let leftOut = { client: 0, upstream: 0 }
  let report: StreamReport | undefined
  for (const line of lines) {
    if (line.type === 'request') requests[sideOf(line)] = requestOf(line, requests.client)
    else if (line.type === 'left-out') leftOut = { client: numberOf(line.client), upstream: numberOf(line.upstream) }
    else if (line.type === 'report') report = line.report as StreamReport
    else {
      const step = stepOf(line)
      if (step !== undefined) steps.push(step)
    }
  }
  return { ...subject, client: requests.client, upstream: requests.upstream, steps, leftOut, report }
}

/** What the first line of a file says. */
export function decodeSubject(firstLine: string): CaptureSubject {
  return subjectOf(parse(firstLine, 1))
}

function linesOf(text: string): readonly Line[] {
  const lines = text.split('\n')
  // Behind the last line end stands nothing, or what a tear has left of a line.
  const torn = lines.pop()
  const read = lines.map((line, at) => parse(line, at + 1))
  if (torn === '' || torn === undefined) return read
  try {
    return [...read, parse(torn, lines.length + 1)]
  } catch (error) {
    if (read.length > 0) return read
    throw error
  }
}

function parse(text: string, number: number): Line {
  try {
    const line: unknown = JSON.parse(text)
    if (typeof line === 'object' && line !== null) return line as Line
  } catch (cause) {
    throw new MillraceError('bad-request', `Cannot read the capture: line ${number} is not JSON`, { cause })
  }
  throw new MillraceError('bad-request', `Cannot read the capture: line ${number} is not a JSON object`)
}

function subjectOf({ type, version, id, time, key, client, upstream }: Line): CaptureSubject {
  const isSubject = type === 'capture' && typeof id === 'string'
  if (!isSubject) throw new MillraceError('bad-request', 'Cannot read the capture: the file does not begin as one')
  if (version !== CAPTURE_VERSION) {
    const why = `its version is ${JSON.stringify(version)}, this program reads ${CAPTURE_VERSION}`
    throw new MillraceError('bad-request', `Cannot read the capture: ${why}`)
  }
  const dialectOf = (side: unknown) => ((side as Line | undefined)?.dialect as DialectName | undefined) ?? null
  return {
    ...{ id, time: String(time), key: typeof key === 'string' ? key : null },
    dialects: { client: dialectOf(client), upstream: dialectOf(upstream) },
    upstreamName: ((upstream as Line | undefined)?.name as string | undefined) ?? null,
  }
}

function requestOf(line: Line, client: CapturedRequest | undefined): CapturedRequest {
  return {
    method: String(line.method),
    url: String(line.url),
    headers: headersOf(line),
    body: line.body === 'as-client' ? (client?.body ?? NOTHING) : bytesOf(line),
    leftOut: numberOf(line.leftOut),
  }
}

function stepOf(line: Line): Step | undefined {
  const at = numberOf(line.at)
  const side = sideOf(line)
  switch (line.type) {
    case 'head': {
      const head = { status: statusOf(line), headers: headersOf(line) }
      const { decoded } = line
      return { type: 'head', at, side, head: typeof decoded === 'string' ? { ...head, decoded } : head }
    }
    case 'chunk':
      return { type: 'chunk', at, side, bytes: bytesOf(line) }
    case 'end': {
      const error = line.error as Line | undefined
      if (error === undefined) return { type: 'end', at, error: undefined }
      const { code, transport, message } = error
      return {
        ...{ type: 'end', at },
        error: {
          code: code as FailureCode,
          transport: typeof transport === 'string' ? transport : undefined,
          message: String(message),
        },
      }
    }
    default:
      return undefined
  }
}

/** @throws {MillraceError} bad-request, when no answer can have it. */
function statusOf({ status }: Line): number {
  if (typeof status === 'number' && Number.isInteger(status) && status >= 200 && status <= 999) return status
  throw new MillraceError('bad-request', `Cannot read the capture: no answer has the status ${JSON.stringify(status)}`)
}

function sideOf({ from, to }: Line): Side {
  return from === 'client' || to === 'client' ? 'client' : 'upstream'
}

/** What could not have come over a wire is left out. */
function headersOf({ headers }: Line): readonly string[] {
  const raw: readonly unknown[] = Array.isArray(headers) ? headers : []
  const read: string[] = []
  for (let at = 0; at + 1 < raw.length; at += 2) {
    const [name, value] = [String(raw[at]), String(raw[at + 1])]
    if (NAME.test(name) && VALUE.test(value)) read.push(name, value)
  }
  return read
}

function bytesOf({ text, base64 }: Line): Uint8Array {
  if (typeof text === 'string') return fromUtf8(text)
  return typeof base64 === 'string' ? Buffer.from(base64, 'base64') : NOTHING
}

function numberOf(value: unknown): number {
  return typeof value === 'number' ? value : 0
}
