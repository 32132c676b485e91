import type { Annotation, Losses } from '../../model/index.ts'
import { defined, objectOf, restOf, textOf, type Wire } from '../value.ts'
import { readSeal, sealText } from './carrier.ts'
import type { Citation } from './wire.ts'

/** How one type of citation names what the neutral annotation knows. */
interface CitationWords {
  readonly kind: Annotation['kind']
  readonly title: 'title' | 'document_title'
  readonly url?: 'url' | 'source'
}

/** A page that the provider's search found: what an annotation without a type is. */
const PAGE = 'web_search_result_location'

const DOCUMENT: CitationWords = { kind: 'document', title: 'document_title' }

const CITATIONS: Readonly<Record<string, CitationWords>> = {
  [PAGE]: { kind: 'url', title: 'title', url: 'url' },
  search_result_location: { kind: 'other', title: 'title', url: 'source' },
  char_location: DOCUMENT,
  page_location: DOCUMENT,
  content_block_location: DOCUMENT,
}

const UNKNOWN: CitationWords = { kind: 'other', title: 'title', url: 'url' }

/** Reads one citation of a text block; undefined for what is none. */
export function readCitation(value: unknown, issuer: string): Annotation | undefined {
  const citation = objectOf<Citation>(value)
  if (citation === undefined) return undefined
  const type = textOf(citation.type) ?? ''
  const words = wordsOf(type)
  const index = textOf(citation.encrypted_index)
  const known = new Set(['cited_text', 'encrypted_index', 'file_id', words.title, words.url ?? 'type'])
  if (type === PAGE) known.add('type')
  else known.delete('type')
  const members = restOf(citation, known)
  return defined<Annotation>({
    kind: words.kind,
    url: words.url && textOf(citation[words.url]),
    title: textOf(citation[words.title]),
    fileId: textOf(citation.file_id),
    quote: textOf(citation.cited_text),
    seal: index === undefined ? undefined : readSeal(index, 'encrypted', issuer),
    native: members && { dialect: 'messages', members },
  })
}

/**
 * Writes an annotation of a text block; undefined, and a loss, for one that this dialect cannot say.
 *
 * @param path JSON pointer of the annotation
 */
export function writeCitation(annotation: Annotation, path: string, losses: Losses): Wire | undefined {
  const { kind, url, title, fileId, quote = '', start, end, seal, native } = annotation
  const isOwn = native?.dialect === 'messages'
  const type = isOwn && typeof native.members.type === 'string' ? native.members.type : PAGE
  if (type === PAGE && url === undefined) {
    losses.add(path, 'no-slot')
    return undefined
  }
  if (type === PAGE && kind !== 'url') losses.add(`${path}/kind`, 'unit')
  if (start !== undefined) losses.add(`${path}/start`, 'unit')
  if (end !== undefined) losses.add(`${path}/end`, 'unit')
  if (native !== undefined && !isOwn) losses.addNative(`${path}/native/members`, native.members)
  const words = wordsOf(type)
  const wire: Record<string, unknown> = { type, cited_text: quote, [words.title]: title ?? null }
  if (words.url !== undefined) wire[words.url] = url
  if (type === PAGE) wire.encrypted_index = seal === undefined ? '' : sealText(seal, 'encrypted')
  else if (seal !== undefined) losses.add(`${path}/seal`, 'no-slot')
  if (type === PAGE && fileId !== undefined) losses.add(`${path}/fileId`, 'no-slot')
  else if (words === DOCUMENT) wire.file_id = fileId ?? null
  return isOwn ? { ...wire, ...native.members } : wire
}

function wordsOf(type: string): CitationWords {
  return (Object.hasOwn(CITATIONS, type) ? CITATIONS[type] : undefined) ?? UNKNOWN
}
