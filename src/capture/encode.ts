import { isUtf8, toUtf8 } from '../bytes.ts'
import { oneLine, Redactor } from '../redact.ts'
import { CAPTURE_VERSION, type Side } from './capture.ts'
import { type Mark, type Recorded, type RecordedRequest, SIDES } from './recorded.ts'
import { redactedBody, redactedChunks } from './redacted-chunks.ts'
import { secretsIn } from './secrets.ts'

/**
 * Writes the file of an exchange, without its secrets. `docs/capture.md` tells the lines.
 * @param secrets every configured key; those that came with the exchange are found by themselves
 */
export function encodeCapture(recorded: Recorded, secrets: Iterable<string> = []): string {
  const redactor = new Redactor([...secrets, ...secretsIn(recorded)])
  const { id, time, key, dialects, upstreamName, client, upstream, leftOut, report } = recorded
  const lines: object[] = [
    {
      ...{ type: 'capture', version: CAPTURE_VERSION, id, time, key },
      client: { dialect: dialects.client },
      upstream: { name: upstreamName, dialect: dialects.upstream },
    },
    requestLine('client', client, redactor),
    ...(upstream === undefined ? [] : [requestLine('upstream', upstream, redactor)]),
    ...stepLines(recorded, redactor),
    ...(leftOut.client + leftOut.upstream > 0 ? [{ type: 'left-out', ...leftOut }] : []),
    // Its texts were redacted for the secrets of the configuration only.
    { type: 'report', report: JSON.parse(redactor.text(JSON.stringify(report))) },
  ]
  // JSON escapes most controls; a file that is shown in a terminal steers nothing.
  return lines.map(line => `${oneLine(JSON.stringify(line))}\n`).join('')
}

function requestLine(side: Side, { method, url, headers, body, leftOut }: RecordedRequest, redactor: Redactor): object {
  return {
    type: 'request',
    ...(side === 'client' ? { from: side } : { to: side }),
    ...{ method, url: redactor.url(url), headers: redactor.headers(headers) },
    ...(body === 'as-client' ? { body: 'as-client' } : content(redactedBody(body, redactor))),
    ...(leftOut > 0 ? { leftOut } : {}),
  }
}

/** Chunks and what stands between them, in the order in which they came. */
function stepLines({ bytes, chunks, marks }: Recorded, redactor: Redactor): readonly object[] {
  const pieces = SIDES.map((side, number) => {
    const ends: number[] = []
    for (let at = 0; at < chunks.length; at += 3) if (chunks[at + 1] === number) ends.push(chunks[at + 2] as number)
    return redactedChunks(bytes[side], ends, redactor).values()
  })
  const lines: object[] = []
  let next = 0
  for (let at = 0; at < chunks.length; at += 3) {
    for (; next < marks.length && (marks[next] as Mark).after <= at / 3; next++)
      lines.push(markLine(marks[next] as Mark, redactor))
    const number = chunks[at + 1] as number
    const piece = pieces[number]?.next().value as Uint8Array
    lines.push({ type: 'chunk', at: chunks[at], ...whose(SIDES[number] as Side), ...content(piece) })
  }
  return [...lines, ...marks.slice(next).map(mark => markLine(mark, redactor))]
}

function markLine(mark: Mark, redactor: Redactor): object {
  const { type, at } = mark
  if (mark.type === 'head') {
    const { status, headers, decoded } = mark.head
    return { type, at, ...whose(mark.side), status, headers: redactor.headers(headers), ...(decoded && { decoded }) }
  }
  const { error } = mark
  return {
    ...{ type, at, ...whose('upstream') },
    ...(error && { error: { ...error, message: redactor.text(error.message) } }),
  }
}

function whose(side: Side): object {
  return side === 'upstream' ? { from: side } : { to: side }
}

/** Bytes as JSON can hold them. */
function content(bytes: Uint8Array): object {
  if (isUtf8(bytes)) return { text: toUtf8(bytes) }
  return { base64: Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('base64') }
}
