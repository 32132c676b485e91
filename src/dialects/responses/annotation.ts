import type { Annotation, Logprob, Losses } from '../../model/index.ts'
import { membersFor } from '../../model/index.ts'
import { countOf, defined, itemsOf, objectOf, restOf, textOf, type Wire } from '../value.ts'
import type { ResponsesAnnotation, ResponsesLogprob } from './wire.ts'

const KINDS: Readonly<Record<string, Annotation['kind']>> = {
  url_citation: 'url',
  file_citation: 'file',
  container_file_citation: 'file',
  file_path: 'file',
}

/** What an annotation is called when another dialect made it; a document of the request has no name here. */
const TYPES: Readonly<Record<Annotation['kind'], string | undefined>> = {
  url: 'url_citation',
  file: 'file_citation',
  document: undefined,
  other: undefined,
}

const KNOWN: ReadonlySet<string> = new Set(['url', 'title', 'file_id', 'filename', 'start_index', 'end_index'])

/** @param base where the part's text begins in the visible text of the answer */
export function decodeAnnotation(value: unknown, base: number): Annotation {
  const wire = objectOf<ResponsesAnnotation>(value) ?? {}
  const kind = KINDS[textOf(wire.type) ?? ''] ?? 'other'
  if (kind === 'other') return { kind, native: { dialect: 'responses', members: { ...wire } } }
  const isRange = countOf(wire.end_index) !== 0
  const start = isRange ? countOf(wire.start_index) : undefined
  const end = isRange ? countOf(wire.end_index) : undefined
  const rest = restOf(wire, KNOWN) ?? {}
  if (wire.type === TYPES[kind]) delete rest.type
  return defined<Annotation>({
    kind,
    url: textOf(wire.url),
    title: textOf(wire.title) ?? textOf(wire.filename),
    fileId: textOf(wire.file_id),
    start: start === undefined ? undefined : start + base,
    end: end === undefined ? undefined : end + base,
    native: Object.keys(rest).length === 0 ? undefined : { dialect: 'responses', members: rest },
  })
}

/** @returns undefined when there is no such annotation here: then it is a loss */
export function encodeAnnotation(annotation: Annotation, base: number, path: string, losses: Losses): Wire | undefined {
  const own = membersFor('responses', annotation.native)
  if (annotation.kind === 'other' && own !== undefined) return own
  const type = TYPES[annotation.kind]
  if (type === undefined) {
    losses.add(path, 'no-slot')
    return undefined
  }
  loseRest(annotation, path, losses)
  const { url, title, fileId } = annotation
  return defined<Wire>({
    type,
    url,
    [annotation.kind === 'file' ? 'filename' : 'title']: title,
    file_id: fileId,
    ...rangeOf(annotation, base),
    ...own,
  })
}

/** The range in its part. */
function rangeOf({ start, end }: Annotation, base: number): Wire {
  return {
    start_index: start === undefined ? undefined : Math.max(0, start - base),
    end_index: end === undefined ? undefined : Math.max(0, end - base),
  }
}

/** A citation of a page always has a range here, which clients of strict types want: an empty one is none. */
export function withRange(annotation: Wire): Wire {
  const { type, start_index, end_index } = annotation
  const isBare = type === 'url_citation' && start_index === undefined && end_index === undefined
  return isBare ? { ...annotation, start_index: 0, end_index: 0 } : annotation
}

function loseRest({ quote, seal, native }: Annotation, path: string, losses: Losses): void {
  if (quote !== undefined) losses.add(`${path}/quote`, 'no-slot')
  if (seal !== undefined) losses.add(`${path}/seal`, 'foreign-seal')
  if (native !== undefined && native.dialect !== 'responses') losses.addNative(`${path}/native/members`, native.members)
}

/** Undefined for none: most deltas carry an empty list. */
export function decodeLogprobs(value: unknown): readonly Logprob[] | undefined {
  const items = itemsOf(value)
  return items.length === 0 ? undefined : items.map(decodeLogprob)
}

function decodeLogprob(value: unknown): Logprob {
  const wire = objectOf<ResponsesLogprob>(value) ?? {}
  const top = itemsOf(wire.top_logprobs)
  return defined<Logprob>({
    token: typeof wire.token === 'string' ? wire.token : '',
    logprob: typeof wire.logprob === 'number' ? wire.logprob : 0,
    bytes: Array.isArray(wire.bytes) ? (wire.bytes as readonly number[]) : undefined,
    top: top.length === 0 ? undefined : top.map(decodeLogprob),
  })
}

export function encodeLogprobs(logprobs: readonly Logprob[]): readonly Wire[] {
  return logprobs.map(({ token, logprob, bytes, top = [] }) => ({
    token,
    logprob,
    ...(bytes === undefined ? {} : { bytes }),
    top_logprobs: top.map(({ token, logprob, bytes }) => defined<Wire>({ token, logprob, bytes })),
  }))
}
