import { MillraceError } from '../errors.ts'

/** A text is not the JSON that was expected; `offset` says at which byte. */
export class JsonError extends MillraceError {
  override readonly name = 'JsonError'
  readonly offset: number

  constructor(problem: string, offset: number) {
    super('bad-request', `Cannot read JSON: ${problem} at byte ${offset}`)
    this.offset = offset
  }
}
