import type { Annotation } from '../../model/index.ts'
import { countOf, defined, itemsOf, objectOf, restOf, textOf, type Unread, type Wire } from '../value.ts'
import { nativeOf, toText } from './part.ts'
import { TextOffsets } from './text-offsets.ts'
import type {
  GeminiCitation,
  GeminiGrounding,
  GeminiRetrieved,
  GeminiSegment,
  GeminiSource,
  GeminiSupport,
} from './wire.ts'

/** The text that offsets count in. */
export interface AnnotatedText {
  /** The candidate's visible text so far. */
  readonly text: string
  /** Where the block begins in it that a part index counts in, in UTF-16 code units. */
  readonly blockStart: number
}

const SOURCE_WEB: ReadonlySet<string> = new Set(['uri', 'title'])
const SOURCE_RETRIEVED: ReadonlySet<string> = new Set(['uri', 'title', 'text', 'documentName'])
const SUPPORT: ReadonlySet<string> = new Set(['segment', 'groundingChunkIndices', 'confidenceScores'])
const CITATION: ReadonlySet<string> = new Set(['startIndex', 'endIndex', 'uri', 'title'])
const GROUNDING: ReadonlySet<string> = new Set(['groundingChunks', 'groundingSupports'])

/** What a grounding says beside its annotations. */
export function groundingRest(grounding: Wire): Wire | undefined {
  return restOf(grounding, GROUNDING)
}

/**
 * Reads the groundings and citations of one candidate. Later ones may repeat earlier ones, wholly or in
 * part: each is told once. A source that no support names is told by `rest`, at the candidate's end.
 */
export class GroundingReader {
  readonly #seen = new Set<string>()
  #sources: readonly unknown[] = []
  /** Every source that was told. */
  readonly #told = new Map<string, unknown>()
  readonly #supported = new Set<string>()

  read(grounding: Unread<GeminiGrounding>, within: AnnotatedText): readonly Annotation[] {
    if (Array.isArray(grounding.groundingChunks)) this.#sources = grounding.groundingChunks
    for (const source of this.#sources) this.#told.set(keyOf(source), source)
    return itemsOf(grounding.groundingSupports).flatMap(item =>
      this.#readSupport(objectOf<GeminiSupport>(item), within),
    )
  }

  readCitations(citations: unknown, { text }: AnnotatedText): readonly Annotation[] {
    return itemsOf(citations)
      .filter(citation => this.#isNew(citation))
      .map(citation => readCitation(objectOf<GeminiCitation>(citation) ?? {}, text))
  }

  /** The sources that nothing rests on expressly. */
  rest(): readonly Annotation[] {
    return [...this.#told].filter(([key]) => !this.#supported.has(key)).map(([, source]) => readSource(source))
  }

  #isNew(value: unknown): boolean {
    const key = keyOf(value)
    if (this.#seen.has(key)) return false
    this.#seen.add(key)
    return true
  }

  #readSupport(support: Unread<GeminiSupport> | undefined, within: AnnotatedText): Annotation[] {
    if (support === undefined) return []
    const segment = objectOf<GeminiSegment>(support.segment)
    const part = segment && countOf(segment.partIndex)
    const block = part === undefined ? undefined : within.blockStart
    const range = segment === undefined ? {} : readRange(segment, block, within.text)
    const scores = itemsOf(support.confidenceScores)
    const rest = restOf(support, SUPPORT)
    return itemsOf(support.groundingChunkIndices).flatMap((index, at) => {
      const source = this.#sources[Number(index)]
      if (source === undefined) return []
      this.#supported.add(keyOf(source))
      if (!this.#isNew([block, segment, source, scores[at], rest])) return []
      const read = readSource(source)
      const more = defined<Record<string, unknown>>({ confidence: scores[at], support: rest })
      const members = { ...read.native?.members, ...more }
      const native = Object.keys(members).length === 0 ? {} : { native: nativeOf(members) }
      return [{ ...read, ...range, ...native }]
    })
  }
}

type Range = Pick<Annotation, 'start' | 'end'>

/** The words of a segment count for more than its offsets: what those count in is not always the same. */
function readRange(segment: Unread<GeminiSegment>, blockStart: number | undefined, text: string): Range {
  const endByte = countOf(segment.endIndex)
  if (endByte === undefined) return {}
  const offsets = new TextOffsets(text)
  const from = offsets.bytesAt(blockStart ?? 0)
  const start = offsets.at(from + (countOf(segment.startIndex) ?? 0))
  const end = Math.max(start, offsets.at(from + endByte))
  const words = textOf(segment.text)
  if (words === undefined || text.slice(start, end) === words) return { start, end }
  const found = text.indexOf(words)
  return found < 0 ? { start, end } : { start: found, end: found + words.length }
}

function readSource(value: unknown): Annotation {
  const source = objectOf<GeminiSource>(value) ?? {}
  const web = objectOf<GeminiSource['web']>(source.web)
  const retrieved = objectOf<GeminiRetrieved>(source.retrievedContext)
  if (web !== undefined) return sourceOf('url', web, 'web', restOf(web, SOURCE_WEB))
  if (retrieved !== undefined) {
    const kind = textOf(retrieved.documentName) === undefined ? 'document' : 'file'
    return sourceOf(kind, retrieved, 'retrievedContext', restOf(retrieved, SOURCE_RETRIEVED))
  }
  const maps = objectOf<GeminiSource['maps']>(source.maps)
  if (maps !== undefined) return sourceOf('url', maps, 'maps', restOf(maps, SOURCE_WEB) ?? {})
  return { kind: 'other', native: nativeOf({ source: value }) }
}

function sourceOf(
  kind: Annotation['kind'],
  { uri, title, text, documentName }: Unread<GeminiRetrieved>,
  member: string,
  rest: Wire | undefined,
): Annotation {
  return defined<Annotation>({
    kind,
    url: textOf(uri),
    title: textOf(title),
    fileId: textOf(documentName),
    quote: kind === 'url' ? undefined : textOf(text),
    native: rest && nativeOf({ [member]: rest }),
  })
}

/** A piece of the answer that stands elsewhere, too. */
function readCitation(citation: Unread<GeminiCitation>, text: string): Annotation {
  const endByte = countOf(citation.endIndex)
  const offsets = new TextOffsets(text)
  const start = endByte === undefined ? undefined : offsets.at(countOf(citation.startIndex) ?? 0)
  return defined<Annotation>({
    kind: textOf(citation.uri) === undefined ? 'other' : 'url',
    url: textOf(citation.uri),
    title: textOf(citation.title),
    start,
    end: endByte === undefined ? undefined : Math.max(start ?? 0, offsets.at(endByte)),
    native: nativeOf({ citation: restOf(citation, CITATION) ?? {} }),
  })
}

function keyOf(value: unknown): string {
  return toText(value) ?? ''
}
