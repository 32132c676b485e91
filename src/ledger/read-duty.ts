import type { MessagePort } from 'node:worker_threads'
import { messageOf } from '../errors.ts'
import { answerQuestion } from './answer-question.ts'
import type { Database } from './database.ts'
import type { Duty, ReaderAnswer, ReaderOrder } from './messages.ts'
import { openReader } from './open-database.ts'

/** What the thread does that answers questions. It changes nothing, and waits for no writer. */
export class ReadDuty {
  readonly #url: string
  readonly #port: MessagePort
  #database: Promise<Database | undefined> | undefined

  constructor({ url }: Duty & { readonly role: 'reader' }, port: MessagePort) {
    this.#url = url
    this.#port = port
    port.on('message', (order: ReaderOrder) => this.#obey(order))
  }

  async #obey({ number, question }: ReaderOrder): Promise<void> {
    await this.#forgetMoved()
    this.#database ??= openReader(this.#url)
    const asked = this.#database
    try {
      const database = await asked
      if (database === undefined) {
        // It may be there when the next one asks.
        if (this.#database === asked) this.#database = undefined
        this.#answer({ number, message: 'there is none yet', isMissing: true })
        return
      }
      this.#answer({ number, answer: await answerQuestion(database, question) })
    } catch (error) {
      if (this.#database === asked) this.#database = undefined
      this.#answer({ number, message: messageOf(error), isMissing: false })
      // What cannot even be closed is left to the end of the thread.
      await asked.then(database => database?.close()).catch(() => undefined)
    }
  }

  async #forgetMoved(): Promise<void> {
    const asked = this.#database
    const database = await asked?.catch(() => undefined)
    if (database?.isMoved() !== true) return
    if (this.#database === asked) this.#database = undefined
    await database.close()
  }

  #answer(answer: ReaderAnswer): void {
    this.#port.postMessage(answer)
  }
}
