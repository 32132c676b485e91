import { createId } from '../convert/index.ts'
import type { Dialect, StreamEncoder } from '../dialects/index.ts'
import { failure } from '../errors.ts'
import { Losses, type Request, type StreamEvent } from '../model/index.ts'

export interface ShadowOptions {
  readonly dialect: Dialect
  readonly request: Request | undefined
  readonly model: string | undefined
  /** Where it is noted what the dialect cannot say of what the events became. */
  readonly losses: Losses
  /** How much of the answer is kept while nothing is encoded, in bytes. */
  readonly messageBytes: number
}

/**
 * Encodes an answer twice: as its events came, and as they became. Where both say the same, the
 * upstream's own frames say it too.
 *
 * Until something differs the events are only kept: encoding costs more than all the rest.
 */
export class ShadowEncoders {
  readonly #options: ShadowOptions
  readonly #known: StreamEvent[] = []
  #knownLength = 0
  #encoders: { readonly before: StreamEncoder; readonly after: StreamEncoder } | undefined
  #before = ''
  #after = ''
  readonly #lossesBefore = new Losses()
  readonly #lossesAfter = new Losses()

  constructor(options: ShadowOptions) {
    this.#options = options
  }

  get isActive(): boolean {
    return this.#encoders !== undefined
  }

  /**
   * Takes what is the same on both sides, while nothing is encoded.
   * @returns why no more can be kept
   */
  keep(event: StreamEvent): ReturnType<typeof failure> | undefined {
    if (event.type === 'ping' || event.type === 'native') return undefined
    const known = this.#known
    const last = known.at(-1)
    const joined = last && join(last, event)
    if (joined === undefined) known.push(event)
    else known[known.length - 1] = joined
    this.#knownLength += lengthOf(event)
    const { messageBytes } = this.#options
    if (this.#knownLength <= messageBytes) return undefined
    return failure('upstream', `Cannot hold the answer: over the limit \`messageBytes\` of ${messageBytes} bytes`)
  }

  /** From now on everything is encoded. */
  activate(): void {
    if (this.#encoders !== undefined) return
    const ids: string[] = []
    const before = this.#create(this.#lossesBefore, ids, text => {
      this.#before += text
    })
    const after = this.#create(this.#lossesAfter, ids, text => {
      this.#after += text
    })
    this.#encoders = { before, after }
    for (const event of this.#known.splice(0)) this.push(event, [event])
    this.take()
  }

  push(event: StreamEvent, results: readonly StreamEvent[]): void {
    this.#encoders?.before.push(event)
    for (const result of results) this.#encoders?.after.push(result)
  }

  /** The frames that the events since the last time are, as they came and as they became. */
  take(): { readonly before: string; readonly after: string } {
    this.#encoders?.before.settle?.()
    this.#encoders?.after.settle?.()
    const taken = { before: this.#before, after: this.#after }
    this.#before = this.#after = ''
    return taken
  }

  /** Notes what was lost because of what the events became. */
  noteLosses(): void {
    const known = new Set(this.#lossesBefore.all.map(({ path }) => path))
    for (const { path, reason } of this.#lossesAfter.all) if (!known.has(path)) this.#options.losses.add(path, reason)
  }

  /** @param ids that were made up: the same for both, in their order */
  #create(losses: Losses, ids: string[], write: (text: string) => void): StreamEncoder {
    const { dialect, request, model } = this.#options
    let made = 0
    return dialect.codec.createStreamEncoder(
      {
        request,
        model,
        losses,
        isOwn: true,
        isAmongOthers: true,
        createId(prefix) {
          ids[made] ??= createId('')
          return prefix + ids[made++]
        },
        now: () => 0,
      },
      write,
    )
  }
}

/** Two deltas of one block as one; undefined where they stay two. */
function join(last: StreamEvent, event: StreamEvent): StreamEvent | undefined {
  if (last.type !== event.type || !('index' in last) || !('index' in event) || last.index !== event.index)
    return undefined
  if (last.type === 'text-delta' && event.type === 'text-delta')
    return last.logprobs === undefined && event.logprobs === undefined
      ? { ...last, text: last.text + event.text }
      : undefined
  if (last.type === 'payload-delta' && event.type === 'payload-delta') return { ...last, text: last.text + event.text }
  if (last.type === 'data-delta' && event.type === 'data-delta') return { ...last, base64: last.base64 + event.base64 }
  return undefined
}

/** Roughly what is kept of an event, in bytes. */
function lengthOf(event: StreamEvent): number {
  switch (event.type) {
    case 'text-delta':
    case 'payload-delta':
      return event.text.length
    case 'data-delta':
      return event.base64.length
    default:
      return JSON.stringify(event).length
  }
}
