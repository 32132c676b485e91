import type { PartialArgs } from './args.ts'
import { GroundingReader } from './grounding-reader.ts'

/** A call whose arguments come in pieces. */
export interface GrowingCall {
  readonly index: number
  readonly pieces: PartialArgs
  args: unknown
}

/** What has been read of one candidate. */
export class Candidate {
  readonly choice: number
  /** The block that more text is appended to. */
  open: number | undefined
  openKind: 'text' | 'reasoning' | undefined
  call: GrowingCall | undefined
  /** The visible text so far, and where the open block begins in it. */
  text = ''
  blockStart = 0
  finish: string | undefined
  natives: Record<string, unknown> | undefined
  readonly grounding = new GroundingReader()

  constructor(choice: number) {
    this.choice = choice
  }
}
