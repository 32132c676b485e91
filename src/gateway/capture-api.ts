import { CAPTURE_MEDIA_TYPE, CAPTURE_SUFFIX, type Captures } from '../capture/index.ts'
import { DIALECTS } from '../dialects/index.ts'
import { failure, messageOf } from '../errors.ts'
import type { Log, StreamReport } from '../observe/index.ts'
import { answerFailure, answerFile, answerNothing } from './answers.ts'
import type { Visit } from './visit.ts'

/** A report, and whether its exchange was captured; not said where nothing can be. */
export type ToldReport = StreamReport & { readonly hasCapture?: boolean }

/** What clients get of captured exchanges: the file, its end, and whether there is one. */
export class CaptureApi {
  readonly #captures: Captures | undefined
  readonly #log: Log

  /** @param captures undefined: none are made, and none are found */
  constructor(captures: Captures | undefined, log: Log) {
    this.#captures = captures
    this.#log = log
  }

  /**
   * `GET`, `HEAD` or `DELETE` of a capture.
   * @param key of whose exchanges it may be; undefined: of anybody's
   */
  answer(visit: Visit, id: string, key: string | undefined): void {
    const answered = visit.request.method === 'DELETE' ? this.#delete(visit, id, key) : this.#read(visit, id, key)
    answered.catch(error => this.#fail(visit, error))
  }

  /** Adds to reports whether there is a capture of their exchange. */
  tell(reports: readonly StreamReport[], answer: (told: readonly ToldReport[]) => void): void {
    const captures = this.#captures
    if (captures === undefined) {
      answer(reports)
      return
    }
    const told = reports.map(async report => ({ ...report, hasCapture: await captures.has(report.id) }))
    // A folder that cannot be read holds none that could be shown.
    Promise.all(told).then(answer, () => answer(reports))
  }

  async #read(visit: Visit, id: string, key: string | undefined): Promise<void> {
    const file = await this.#captures?.read(id, key)
    if (file === undefined) missing(visit)
    else answerFile(visit.response, file, `${id}${CAPTURE_SUFFIX}`, CAPTURE_MEDIA_TYPE)
  }

  async #delete(visit: Visit, id: string, key: string | undefined): Promise<void> {
    if (await this.#captures?.delete(id, key)) answerNothing(visit.response)
    else missing(visit)
  }

  #fail(visit: Visit, error: unknown): void {
    this.#log.error({ id: visit.id, error: { message: messageOf(error) } }, 'capture')
    const failed = failure('upstream', 'Cannot read the capture: the folder cannot be used', { status: 500 })
    answerFailure(visit, DIALECTS.chat, failed)
  }
}

function missing(visit: Visit): void {
  const why = 'Cannot find the capture: no exchange with this id was captured; `capture.mode` says which are'
  answerFailure(visit, DIALECTS.chat, failure('not-found', why))
}
