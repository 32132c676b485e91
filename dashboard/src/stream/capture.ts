/** A captured exchange, as docs/capture.md tells its file. What is not known is passed over. */

export type Side = 'client' | 'upstream'

export interface CapturedRequest {
  readonly method: string
  readonly url: string
  readonly headers: readonly string[]
  readonly body: string
}

export interface CapturedHead {
  readonly status: number
  readonly headers: readonly string[]
}

/** One event with its blank line, or what else was sent as one. */
export interface Frame {
  readonly atMs: number
  readonly text: string
}

/** What both sides said at one moment. */
export interface Moment {
  readonly atMs: number
  readonly upstream: string | undefined
  readonly client: string | undefined
}

export interface Capture {
  readonly request: CapturedRequest | undefined
  readonly asked: CapturedRequest | undefined
  readonly heads: Readonly<Partial<Record<Side, CapturedHead>>>
  readonly moments: readonly Moment[]
}

interface Line {
  readonly type?: string
  readonly at?: number
  readonly from?: Side
  readonly to?: Side
  readonly text?: string
  readonly base64?: string
  readonly body?: string
  readonly method?: string
  readonly url?: string
  readonly headers?: readonly string[]
  readonly status?: number
}

/** What is said in one turn of the gateway is one moment, in milliseconds. */
const SAME_MS = 3

export function readCaptureFile(file: string): Capture {
  const lines = file.split('\n').flatMap(lineIn)
  const requests = lines.filter(({ type }) => type === 'request')
  const request = requestIn(requests.find(({ from }) => from === 'client'))
  const asked = requestIn(
    requests.find(({ to }) => to === 'upstream'),
    request?.body,
  )
  const heads: Partial<Record<Side, CapturedHead>> = {}
  for (const line of lines)
    if (line.type === 'head') heads[sideOf(line)] = { status: line.status ?? 0, headers: line.headers ?? [] }
  const chunks = lines.filter(({ type }) => type === 'chunk')
  const frames = (side: Side) => framesIn(chunks.filter(line => sideOf(line) === side))
  return { request, asked, heads, moments: aligned(frames('upstream'), frames('client')) }
}

function lineIn(text: string): Line[] {
  try {
    const line: unknown = JSON.parse(text)
    return typeof line === 'object' && line !== null ? [line] : []
  } catch {
    // The last line of a file that was torn.
    return []
  }
}

function sideOf({ from }: Line): Side {
  return from === 'upstream' ? 'upstream' : 'client'
}

function requestIn(line: Line | undefined, clientBody = ''): CapturedRequest | undefined {
  if (line === undefined) return undefined
  const { method = 'POST', url = '', headers = [], body } = line
  return { method, url, headers, body: body === 'as-client' ? clientBody : textOf(line) }
}

function textOf({ text, base64 }: Line): string {
  return text ?? (base64 === undefined ? '' : `(bytes) ${base64}`)
}

/** Reads and writes end anywhere: a frame is there when its blank line is. */
function framesIn(chunks: readonly Line[]): Frame[] {
  const frames: Frame[] = []
  let torn = ''
  let atMs = 0
  for (const chunk of chunks) {
    atMs = chunk.at ?? atMs
    torn += textOf(chunk)
    const ends = [...torn.matchAll(/\r\n\r\n|\n\n|\r\r/g)].map(({ index, 0: blank }) => index + blank.length)
    let start = 0
    for (const end of ends) {
      frames.push({ atMs, text: torn.slice(start, end).trimEnd() })
      start = end
    }
    torn = torn.slice(start)
  }
  if (torn !== '') frames.push({ atMs, text: torn })
  return frames
}

/** Left and right by time: what one side said stands beside what the other said at that moment. */
function aligned(upstream: readonly Frame[], client: readonly Frame[]): Moment[] {
  const moments: Moment[] = []
  let [left, right] = [0, 0]
  while (left < upstream.length || right < client.length) {
    const [said, given] = [upstream[left], client[right]]
    const isTogether = said !== undefined && given !== undefined && Math.abs(said.atMs - given.atMs) <= SAME_MS
    const isLeft = said !== undefined && (isTogether || given === undefined || said.atMs <= given.atMs)
    const isRight = given !== undefined && (isTogether || !isLeft)
    moments.push({
      atMs: (isLeft ? said?.atMs : given?.atMs) ?? 0,
      upstream: isLeft ? said?.text : undefined,
      client: isRight ? given?.text : undefined,
    })
    if (isLeft) left++
    if (isRight) right++
  }
  return moments
}
