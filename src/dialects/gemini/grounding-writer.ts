import type { Annotation, Losses } from '../../model/index.ts'
import { defined, objectOf, type Wire } from '../value.ts'
import { TextOffsets } from './text-offsets.ts'

/** An annotation that is to be written, with the path of its losses. */
export interface WrittenAnnotation {
  readonly annotation: Annotation
  readonly path: string
}

/** The part of a content that annotations are about, and where its block begins in the candidate's text. */
export interface BlockPlace {
  readonly part: number
  /** In UTF-16 code units. */
  readonly start: number
}

/** The members of a candidate that say annotations. */
export interface WrittenAnnotations {
  readonly groundingMetadata?: Wire
  readonly citationMetadata?: Wire
}

/**
 * Writes the annotations of one candidate, those of its blocks first.
 *
 * Whoever reads them tells an annotation that is said twice once, and a source that no support names
 * last; what that would change is written otherwise, or is a loss.
 */
export class GroundingWriter {
  readonly #losses: Losses
  readonly #seen = new Set<string>()
  readonly #supported = new Set<string>()

  constructor(losses: Losses) {
    this.#losses = losses
  }

  /**
   * @param text the candidate's visible text
   * @param place the block that they are about; undefined: the candidate
   */
  write(all: readonly WrittenAnnotation[], text: string, place?: BlockPlace): WrittenAnnotations {
    const offsets = new TextOffsets(text)
    const citations: Wire[] = []
    const entries = all.flatMap(({ annotation, path }): Entry[] => {
      const members = this.#ownMembers(annotation, path)
      if (annotation.seal !== undefined) this.#losses.add(`${path}/seal`, 'no-slot')
      if (members.citation !== undefined) {
        const citation = toCitation(annotation, objectOf(members.citation) ?? {}, offsets)
        if (this.#isNew(citation, path)) citations.push(citation)
        return []
      }
      const source = this.#toSource(annotation, members, path)
      const support = toSupport(annotation, members, { text, place, offsets })
      if (source === undefined || !this.#isNew([place?.start, source, support], path)) return []
      return [{ source, key: JSON.stringify(source), support, isPlain: place === undefined && isPlain(support) }]
    })
    return defined<WrittenAnnotations>({
      groundingMetadata: entries.length === 0 ? undefined : this.#toGrounding(entries),
      citationMetadata: citations.length === 0 ? undefined : { citations },
    })
  }

  #toGrounding(entries: readonly Entry[]): Wire {
    for (const { key, isPlain } of entries) if (!isPlain) this.#supported.add(key)
    const supported = entries.findLastIndex(({ key, isPlain }) => !isPlain || this.#supported.has(key)) + 1
    const sources: Entry[] = []
    const supports: WrittenSupport[] = []
    for (const [at, entry] of entries.entries()) {
      // A source is told once, however much rests on it.
      const known = sources.findIndex(({ key }) => key === entry.key)
      const index = known >= 0 ? known : sources.push(entry) - 1
      if (at >= supported) continue
      this.#supported.add(entry.key)
      addSupport(supports, entry.support, index)
    }
    return groundingOf(
      sources.map(({ source }) => source),
      supports,
    )
  }

  #isNew(value: unknown, path: string): boolean {
    const key = JSON.stringify(value)
    const isNew = !this.#seen.has(key)
    this.#seen.add(key)
    if (!isNew) this.#losses.add(path, 'cosmetic')
    return isNew
  }

  #ownMembers({ native }: Annotation, path: string): Wire {
    if (native === undefined) return {}
    if (native.dialect === 'gemini') return native.members
    this.#losses.addNative(`${path}/native/members`, native.members)
    return {}
  }

  #toSource(annotation: Annotation, members: Wire, path: string): Wire | undefined {
    const { kind, url: uri, title, fileId, quote } = annotation
    if (members.source !== undefined) return objectOf(members.source)
    switch (kind) {
      case 'url': {
        const member = members.maps === undefined ? 'web' : 'maps'
        this.#lose({ fileId, quote }, path)
        return { [member]: defined<Wire>({ uri, title, ...objectOf(members[member]) }) }
      }
      case 'document':
        this.#lose({ fileId }, path)
        return { retrievedContext: defined<Wire>({ uri, title, text: quote, ...objectOf(members.retrievedContext) }) }
      case 'file': {
        const said = { uri, title, text: quote, documentName: fileId }
        return { retrievedContext: defined<Wire>({ ...said, ...objectOf(members.retrievedContext) }) }
      }
      case 'other':
        this.#losses.add(path, 'no-slot')
        return undefined
    }
  }

  #lose(members: Readonly<Record<string, unknown>>, path: string): void {
    for (const [name, value] of Object.entries(members))
      if (value !== undefined) this.#losses.add(`${path}/${name}`, 'no-slot')
  }
}

/** One annotation, its source by itself. */
interface Entry {
  readonly source: Wire
  readonly key: string
  readonly support: Support
  /** It says nothing but its source. */
  readonly isPlain: boolean
}

interface Support {
  readonly segment: Wire | undefined
  readonly confidence: unknown
  readonly rest: Wire | undefined
}

function isPlain({ segment, confidence, rest }: Support): boolean {
  return segment === undefined && confidence === undefined && rest === undefined
}

interface Within {
  readonly text: string
  readonly place: BlockPlace | undefined
  readonly offsets: TextOffsets
}

function toSupport({ start = 0, end }: Annotation, members: Wire, { text, place, offsets }: Within): Support {
  const base = place === undefined ? 0 : offsets.bytesAt(place.start)
  const segment: Record<string, unknown> = {}
  if (place !== undefined) segment.partIndex = place.part
  if (end !== undefined) {
    segment.startIndex = offsets.bytesAt(start) - base
    segment.endIndex = offsets.bytesAt(end) - base
    segment.text = text.slice(start, end)
  }
  const isEmpty = Object.keys(segment).length === 0
  return {
    segment: isEmpty ? undefined : segment,
    confidence: members.confidence,
    rest: objectOf(members.support),
  }
}

interface WrittenSupport {
  readonly said: Wire
  readonly groundingChunkIndices: number[]
  readonly confidenceScores: unknown[]
}

/** Sources of the same words share a support. */
function addSupport(supports: WrittenSupport[], { segment, confidence, rest }: Support, index: number): void {
  const said = defined<Wire>({ segment, ...rest })
  const last = supports.at(-1)
  const isSame =
    last !== undefined &&
    last.confidenceScores.length > 0 === (confidence !== undefined) &&
    JSON.stringify(last.said) === JSON.stringify(said)
  const support = isSame ? last : { said, groundingChunkIndices: [], confidenceScores: [] }
  support.groundingChunkIndices.push(index)
  if (confidence !== undefined) support.confidenceScores.push(confidence)
  if (!isSame) supports.push(support)
}

function groundingOf(sources: readonly Wire[], supports: readonly WrittenSupport[]): Wire {
  const groundingSupports = supports.map(({ said, groundingChunkIndices, confidenceScores }) => ({
    ...said,
    groundingChunkIndices,
    ...(confidenceScores.length === 0 ? {} : { confidenceScores }),
  }))
  return { groundingChunks: sources, ...(supports.length === 0 ? {} : { groundingSupports }) }
}

function toCitation({ start, end, url: uri, title }: Annotation, rest: Wire, offsets: TextOffsets): Wire {
  const startIndex = end === undefined ? undefined : offsets.bytesAt(start ?? 0)
  const endIndex = end === undefined ? undefined : offsets.bytesAt(end)
  return defined<Wire>({ startIndex, endIndex, uri, title, ...rest })
}
