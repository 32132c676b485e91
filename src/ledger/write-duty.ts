import type { MessagePort } from 'node:worker_threads'
import { messageOf } from '../errors.ts'
import type { Database } from './database.ts'
import { BEAT_MS, beat, leave, sweepLeftovers } from './instances.ts'
import type { Duty, WriterAnswer, WriterOrder } from './messages.ts'
import { openDatabase } from './open-database.ts'
import { stepRetention } from './retention.ts'
import { migrate } from './schema.ts'
import { writeRows } from './writer.ts'

/** How often is looked for what need not be kept any more, and what others get to do between two steps. */
const RETENTION_MS = 60_000
const FIRST_RETENTION_MS = 5000
const STEP_PAUSE_MS = 20

/**
 * What the thread does that owns the store: one thing at a time, each a short one. A store that fails is
 * closed, and opened anew by what comes next.
 */
export class WriteDuty {
  readonly #duty: Duty & { readonly role: 'writer' }
  readonly #port: MessagePort
  #database: Database | undefined
  #turn: Promise<void> = Promise.resolve()
  #beat: NodeJS.Timeout
  #retention: NodeJS.Timeout

  constructor(duty: Duty & { readonly role: 'writer' }, port: MessagePort) {
    this.#duty = duty
    this.#port = port
    port.on('message', (order: WriterOrder) => this.#obey(order))
    this.#inTurn(async () => void (await this.#open()))
    this.#beat = setInterval(() => this.#inTurn(() => this.#sayThatWeAreThere()), BEAT_MS)
    this.#retention = setTimeout(() => this.#retain(), FIRST_RETENTION_MS)
  }

  #obey(order: WriterOrder): void {
    switch (order.kind) {
      case 'write':
        this.#inTurn(() => this.#write(order), true)
        return
      case 'close':
        this.#inTurn(() => this.#close())
        return
      default:
        order satisfies never
    }
  }

  /** @param isOfBatch what fails is a batch, which is sent again */
  #inTurn(work: () => Promise<void>, isOfBatch = false): void {
    this.#turn = this.#turn.then(work).catch(async error => {
      const failed = this.#database
      this.#database = undefined
      this.#answer({ kind: 'failed', isOfBatch, message: messageOf(error) })
      // What cannot even be closed is left to the end of the thread.
      await failed?.close().catch(() => undefined)
    })
  }

  async #open(): Promise<Database> {
    if (this.#database !== undefined && !this.#database.isMoved()) return this.#database
    await this.#database?.close()
    const database = await openDatabase(this.#duty.url)
    this.#database = database
    await migrate(database)
    await beat(database, this.#duty.instance)
    await sweepLeftovers(database, this.#duty.instance)
    this.#answer({ kind: 'open' })
    return database
  }

  async #write({ opened, settled }: WriterOrder & { readonly kind: 'write' }): Promise<void> {
    const database = await this.#open()
    const { refused } = await writeRows(database, this.#duty.instance.id, linesOf(opened), linesOf(settled))
    this.#answer({ kind: 'written', refused })
  }

  async #sayThatWeAreThere(): Promise<void> {
    const database = await this.#open()
    await beat(database, this.#duty.instance)
    await sweepLeftovers(database, this.#duty.instance)
  }

  #retain(): void {
    this.#inTurn(async () => {
      const hasMore = await stepRetention(await this.#open(), this.#duty)
      this.#retention = setTimeout(() => this.#retain(), hasMore ? STEP_PAUSE_MS : RETENTION_MS)
    })
  }

  async #close(): Promise<void> {
    clearInterval(this.#beat)
    clearTimeout(this.#retention)
    this.#port.close()
    if (this.#database === undefined) return
    await leave(this.#database, this.#duty.instance)
    await this.#database.close()
  }

  #answer(answer: WriterAnswer): void {
    this.#port.postMessage(answer)
  }
}

function linesOf(text: string): string[] {
  return text === '' ? [] : text.split('\n')
}
