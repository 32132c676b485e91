/** Edits of the JSON in a frame that leave every other byte as it is. Frames have one character a byte. */
import { toLatin1 } from '../bytes.ts'
import { JsonError, type Span, scanArray, scanObject } from '../json/index.ts'
import { frameEnd } from '../sse/index.ts'

/**
 * The values of every member that a path leads to, duplicates too; none in what is no JSON.
 * @param path from the outside in; `*` stands for every item of an array
 */
export function spansAt(bytes: Uint8Array, [key, ...rest]: readonly string[], within?: Span): readonly Span[] {
  const found = orNothing(() => (key === '*' ? scanArray(bytes, within) : membersAt(bytes, key, within))) ?? []
  return rest.length === 0 ? found : found.flatMap(span => spansAt(bytes, rest, span))
}

function membersAt(bytes: Uint8Array, key: string | undefined, within: Span | undefined): readonly Span[] {
  return scanObject(bytes, within).filter(member => member.key === key)
}

/** What cannot be scanned is none of our business: it passes as it is. */
export function orNothing<T>(scan: () => T): T | undefined {
  try {
    return scan()
  } catch (error) {
    if (error instanceof JsonError) return undefined
    throw error
  }
}

const LINE_END = /\r\n|\r|\n/

/**
 * The frame with other data. Of several data lines one is made: what is JSON has no line ends that count.
 *
 * @param edit gets the data, one character a byte
 */
export function editData(frame: string, edit: (data: string) => Uint8Array): string {
  const lines = frame.split(LINE_END)
  const data = lines.filter(line => line.startsWith('data:')).map(line => line.slice(5).replace(/^ /, ''))
  if (data.length === 0) return frame
  const joined = data.join(' ')
  const edited = toLatin1(edit(joined))
  if (edited === joined) return frame
  if (data.length === 1) return frame.replace(joined, () => edited)
  const first = lines.findIndex(line => line.startsWith('data:'))
  const kept = lines.filter((line, at) => at === first || !line.startsWith('data:'))
  return kept.map(line => (line.startsWith('data:') ? `data: ${edited}` : line)).join('\n')
}

/** The frames of a text, and what is left of it as the last one. */
export function framesIn(text: string): readonly string[] {
  const frames: string[] = []
  let at = 0
  for (let end = frameEnd(text, 0, true); end >= 0; end = frameEnd(text, at, true)) {
    frames.push(text.slice(at, end))
    at = end
  }
  return at === text.length ? frames : [...frames, text.slice(at)]
}
