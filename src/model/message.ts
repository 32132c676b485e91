import type { Failure } from '../errors.ts'
import type { Annotation } from './annotation.ts'
import type { Finish } from './finish.ts'
import type { Native } from './native.ts'
import type { Part } from './part.ts'
import type { Usage } from './usage.ts'

/** A whole answer: what folding a stream gives, and what decoding a whole body gives. */
export interface Message {
  readonly id: string | undefined
  readonly model: string | undefined
  /** Seconds since 1970. */
  readonly createdAt?: number | undefined
  readonly serviceTier?: string | undefined
  /** In order of their indices, which may have gaps. */
  readonly candidates: readonly Candidate[]
  readonly usage?: Usage | undefined
  /** What the start and the end (or the error in its place) said natively, the end's members over the start's. */
  readonly native?: Native | undefined
  /** The answer failed, or was cut. */
  readonly failure?: Failure | undefined
}

export interface Candidate {
  readonly index: number
  readonly parts: readonly Part[]
  /** Annotations of the candidate as a whole; those of one block stand at its part. */
  readonly annotations?: readonly Annotation[] | undefined
  readonly finish?: Finish | undefined
}
