import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fromLatin1, toLatin1 } from '../bytes.ts'
import type { DialectName } from '../dialects/index.ts'
import { MillraceError } from '../errors.ts'
import type { Piece } from './framing.ts'

const PREFIX = 'replay/'

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
  if (!/^\w[\w.-]*$/.test(name)) throw missing(`"${name}" is not a name of a file`)
  try {
    return eventsOf(await readFile(join(directory, folder, `${name}.sse`)))
  } catch (cause) {
    throw missing(`there is no ${folder}/${name}.sse in the folder`, cause)
  }
}

/** Cuts behind each blank line, whatever ends its lines. */
function eventsOf(bytes: Uint8Array): readonly Piece[] {
  const events = toLatin1(bytes).match(/.+?(?:\r\n\r\n|\n\n|\r\r|$)/gs) ?? []
  return events.map(text => ({ stage: 'content', bytes: fromLatin1(text) }))
}
