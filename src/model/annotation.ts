import type { Native } from './native.ts'
import type { Seal } from './seal.ts'

/** A source that a piece of the answer rests on. */
export interface Annotation {
  /** `url`: a page. `document`: something in the request. `file`: a stored file. `other`: see the native pocket. */
  readonly kind: 'url' | 'document' | 'file' | 'other'
  /** Where the source is, for `url`. */
  readonly url?: string | undefined
  /** What the source calls itself. */
  readonly title?: string | undefined
  /** The provider's id of the file, for `file`. */
  readonly fileId?: string | undefined
  /** The words of the source that are cited. */
  readonly quote?: string | undefined
  /**
   * The piece of the answer, in UTF-16 code units of the candidate's visible text (text blocks joined),
   * `end` excluded. Absent with a block's index: the whole block.
   */
  readonly start?: number | undefined
  /** Where the piece ends, as `start` says. */
  readonly end?: number | undefined
  /** What the provider wants back with it. */
  readonly seal?: Seal | undefined
  /** What its dialect alone says of it. */
  readonly native?: Native | undefined
}

/** How likely a token was, as a natural logarithm. */
export interface Logprob {
  /** The token as text. */
  readonly token: string
  /** The natural logarithm of its probability: 0 is certain. */
  readonly logprob: number
  /** The token in UTF-8, where it is no text by itself. */
  readonly bytes?: readonly number[] | undefined
  /** The likeliest tokens in its place. */
  readonly top?: readonly Omit<Logprob, 'top'>[] | undefined
}
