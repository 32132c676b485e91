import type { Annotation, EventWriter } from '../../model/index.ts'
import { itemsOf, objectOf, type Unread } from '../value.ts'
import type { Candidate } from './candidate.ts'
import type { AnnotatedText } from './grounding-reader.ts'
import type { GeminiCandidate, GeminiGrounding } from './wire.ts'

export function hasAnnotations({ groundingMetadata, citationMetadata }: Unread<GeminiCandidate>): boolean {
  return groundingMetadata !== undefined || citationMetadata !== undefined
}

/** The annotations that one chunk says of a candidate: each is told with the part it is about. */
export class PartAnnotations implements AnnotatedText {
  readonly #writer: EventWriter
  readonly #candidate: Candidate
  readonly #grounding: Unread<GeminiGrounding>
  readonly #citations: unknown
  readonly #ofParts: ReadonlySet<unknown>
  readonly #told = new Set<unknown>()

  constructor(writer: EventWriter, candidate: Candidate, value: Unread<GeminiCandidate>) {
    this.#writer = writer
    this.#candidate = candidate
    this.#grounding = objectOf(value.groundingMetadata) ?? {}
    this.#citations = objectOf<GeminiCandidate['citationMetadata']>(value.citationMetadata)?.citations
    this.#ofParts = new Set(itemsOf(this.#grounding.groundingSupports).map(partIndexOf))
  }

  get text(): string {
    return this.#candidate.text
  }

  get blockStart(): number {
    return this.#candidate.blockStart
  }

  ofPart(position: number): void {
    if (!this.#ofParts.has(position) || this.#candidate.openKind !== 'text') return
    this.#told.add(position)
    this.#tell(
      this.#candidate.grounding.read(
        this.#supports(support => partIndexOf(support) === position),
        this,
      ),
      true,
    )
  }

  ofCandidate(): void {
    const { grounding } = this.#candidate
    this.#tell(
      grounding.read(
        this.#supports(support => !this.#told.has(partIndexOf(support))),
        this,
      ),
      false,
    )
    this.#tell(grounding.readCitations(this.#citations, this), false)
  }

  #supports(isWanted: (support: unknown) => boolean): Unread<GeminiGrounding> {
    return { ...this.#grounding, groundingSupports: itemsOf(this.#grounding.groundingSupports).filter(isWanted) }
  }

  #tell(annotations: readonly Annotation[], isOfBlock: boolean): void {
    const { choice, open } = this.#candidate
    for (const annotation of annotations) this.#writer.annotate(choice, annotation, isOfBlock ? open : undefined)
  }
}

function partIndexOf(support: unknown): unknown {
  return objectOf(objectOf(support)?.segment)?.partIndex
}
