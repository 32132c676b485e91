import type { Failure } from '../errors.ts'
import type { Annotation } from './annotation.ts'
import type { Finish } from './finish.ts'
import type { Native } from './native.ts'
import type { Part } from './part.ts'
import type { Usage } from './usage.ts'

/** A whole answer: what folding a stream gives, and what decoding a whole body gives. */
export interface Message {
  /** The upstream's id of the answer; undefined where it gave none. */
  readonly id: string | undefined
  /** The model that the upstream names. */
  readonly model: string | undefined
  /** Seconds since 1970. */
  readonly createdAt?: number | undefined
  /** The provider's word for how it was served. */
  readonly serviceTier?: string | undefined
  /** In order of their indices, which may have gaps. */
  readonly candidates: readonly Candidate[]
  /** Tokens; undefined where nothing was said of them. */
  readonly usage?: Usage | undefined
  /** What the start and the end (or the error in its place) said natively, the end's members over the start's. */
  readonly native?: Native | undefined
  /** The answer failed, or was cut. */
  readonly failure?: Failure | undefined
}

/** One of the answers that were asked for; most requests ask for one. */
export interface Candidate {
  /** Its number, from 0. */
  readonly index: number
  /** What it says, in order. */
  readonly parts: readonly Part[]
  /** Annotations of the candidate as a whole; those of one block stand at its part. */
  readonly annotations?: readonly Annotation[] | undefined
  /** Why it ended; undefined: it did not. */
  readonly finish?: Finish | undefined
}
