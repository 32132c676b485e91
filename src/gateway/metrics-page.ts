import { KeyRing } from '../access/index.ts'
import { DIALECTS } from '../dialects/index.ts'
import { failure, messageOf } from '../errors.ts'
import type { Metrics } from '../telemetry/index.ts'
import { answerBytes, answerFailure } from './answers.ts'
import type { Config } from './config/index.ts'
import type { Visit } from './visit.ts'

/** Answers who scrapes the metrics, and only who may: they tell what everybody asks for and pays. */
export class MetricsPage {
  readonly #metrics: Metrics
  /** Of the one token that opens nothing else; undefined: it takes a client key, like the rest. */
  readonly #token: KeyRing | undefined

  constructor(metrics: Metrics, { metrics: { token } }: Config) {
    this.#metrics = metrics
    if (token !== undefined) this.#token = new KeyRing([token])
  }

  /** @param keys those of clients */
  async answer(visit: Visit, keys: KeyRing): Promise<void> {
    const ring = this.#token ?? keys
    const unproven = ring.check(ring.read(visit.request.rawHeaders, ''))
    if (unproven !== undefined) {
      const message =
        this.#token === undefined
          ? unproven.message
          : 'Cannot give the metrics: send `metrics.token` as `Authorization: Bearer`'
      answerFailure(visit, DIALECTS.chat, { ...unproven, message })
      return
    }
    try {
      const text = await this.#metrics.scrape()
      answerBytes(visit.response, 200, Buffer.from(text), [], this.#metrics.contentType)
    } catch (error) {
      answerFailure(
        visit,
        DIALECTS.chat,
        failure('upstream', `Cannot give the metrics: ${messageOf(error)}`, { status: 500 }),
      )
    }
  }
}
