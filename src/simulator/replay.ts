import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { toLatin1 } from '../bytes.ts'
import { CAPTURE_SUFFIX, type Capture, decodeCapture } from '../capture/index.ts'
import type { DialectName } from '../dialects/index.ts'
import { MillraceError } from '../errors.ts'
import { frameEnd } from '../sse/index.ts'
import type { Piece } from './framing.ts'

const PREFIX = 'replay/'
const NAME = /^\w[\w.-]*$/

export function isReplay(model: string): boolean {
  return model.startsWith(PREFIX)
}

/**
 * Reads a recorded stream, event by event; joined the pieces are the file.
 *
 * @param model `replay/<dialect>/<name>`, or `replay/<name>` with the request's dialect
 * @throws {MillraceError} not-found, when no stream of that dialect is recorded by that name.
 */
export async function readReplay(
  directory: string | undefined,
  model: string,
  dialect: DialectName,
): Promise<readonly Piece[]> {
  const [first = '', second] = model.slice(PREFIX.length).split('/')
  const [folder, name] = second === undefined ? [dialect, first] : [first, second]
  const missing = (why: string, cause?: unknown) =>
    new MillraceError('not-found', `Cannot replay "${model}": ${why}`, { cause })
  if (directory === undefined) throw missing('no folder of recorded streams was given')
  if (folder !== dialect) throw missing(`this is a request of the ${dialect} dialect`)
  if (!NAME.test(name)) throw missing(`"${name}" is not a name of a file`)
  try {
    return eventsOf(await readFile(join(directory, folder, `${name}.sse`)))
  } catch (cause) {
    throw missing(`there is no ${folder}/${name}.sse in the folder`, cause)
  }
}

/**
 * Reads a captured exchange; undefined where none has this name.
 *
 * @param model `replay/<name>`
 * @throws {MillraceError} not-found, when it was captured of another dialect; bad-request, when it cannot be read.
 */
export async function readCaptured(
  directory: string | undefined,
  model: string,
  dialect: DialectName,
): Promise<Capture | undefined> {
  const name = model.slice(PREFIX.length)
  if (directory === undefined || !NAME.test(name)) return undefined
  const file = await readFile(join(directory, `${name}${CAPTURE_SUFFIX}`)).catch(() => undefined)
  if (file === undefined) return undefined
  const capture = decodeCapture(file)
  if (capture.upstream !== undefined && capture.dialects.upstream === dialect) return capture
  const why = `it was captured of ${capture.dialects.upstream ?? 'no upstream'}, this is a request of ${dialect}`
  throw new MillraceError('not-found', `Cannot replay "${model}": ${why}`)
}

function eventsOf(bytes: Uint8Array): readonly Piece[] {
  const text = toLatin1(bytes)
  const hasCr = text.includes('\r')
  const pieces: Piece[] = []
  for (let from = 0, to = 0; from < bytes.length; from = to) {
    to = frameEnd(text, from, hasCr)
    if (to === -1) to = bytes.length
    pieces.push({ stage: 'content', bytes: bytes.subarray(from, to) })
  }
  return pieces
}
