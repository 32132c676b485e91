import type { Native } from './native.ts'
import type { Seal } from './seal.ts'

/** A source that a piece of the answer rests on. */
export interface Annotation {
  /** `url`: a page. `document`: something in the request. `file`: a stored file. `other`: see the native pocket. */
  readonly kind: 'url' | 'document' | 'file' | 'other'
  readonly url?: string | undefined
  readonly title?: string | undefined
  readonly fileId?: string | undefined
  /** The words of the source that are cited. */
  readonly quote?: string | undefined
  /**
   * The piece of the answer, in UTF-16 code units of the candidate's visible text (text blocks joined),
   * `end` excluded. Absent with a block's index: the whole block.
   */
  readonly start?: number | undefined
  readonly end?: number | undefined
  readonly seal?: Seal | undefined
  readonly native?: Native | undefined
}

/** How likely a token was, as a natural logarithm. */
export interface Logprob {
  readonly token: string
  readonly logprob: number
  /** The token in UTF-8, where it is no text by itself. */
  readonly bytes?: readonly number[] | undefined
  /** The likeliest tokens in its place. */
  readonly top?: readonly Omit<Logprob, 'top'>[] | undefined
}
