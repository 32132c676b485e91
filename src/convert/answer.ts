import type { Codec, Dialect, EncodeAnswerContext } from '../dialects/index.ts'
import type { Losses, Request } from '../model/index.ts'
import { createId } from './ids.ts'
import { AnswerMemory } from './memory.ts'

/** A dialect that has a way into the hub. */
export type CodedDialect = Dialect & { readonly codec: Codec }

/** The dialect, if it can be converted. */
export function asCoded(dialect: Dialect): CodedDialect | undefined {
  return dialect.codec === undefined ? undefined : (dialect as CodedDialect)
}

/** What turning one answer needs to know. */
export interface AnswerOptions {
  readonly client: CodedDialect
  readonly upstream: CodedDialect
  /** Whose seals the answer holds. Default: nobody's, ``. */
  readonly issuer?: string | undefined
  /** What the client asked for, where it has been understood. */
  readonly request?: Request | undefined
  /** The model to name to the client; undefined: the one that the upstream names. */
  readonly model?: string | undefined
  /** Where the stage notes what the client's dialect cannot say. */
  readonly losses: Losses
  /** The longest event, in bytes. */
  readonly eventBytes: number
  /** The largest answer that is held as a whole, in bytes. */
  readonly messageBytes: number
  /** Takes secrets out of an upstream's error text. */
  readonly redact?: ((text: string) => string) | undefined
  /** What all answers that are held share. Default: one memory for the process. */
  readonly memory?: AnswerMemory | undefined
  readonly createId?: ((prefix: string) => string) | undefined
  /** Seconds since 1970. */
  readonly now?: (() => number) | undefined
}

/** What all answers that are held at one time may take together, in bytes. */
const ALL_ANSWERS_BYTES = 256 * 1024 * 1024

export const sharedMemory: AnswerMemory = new AnswerMemory(ALL_ANSWERS_BYTES)

/** What the client's encoder is told. */
export function encodeContext(options: AnswerOptions): EncodeAnswerContext {
  return {
    request: options.request,
    model: options.model,
    losses: options.losses,
    createId: options.createId ?? createId,
    now: options.now ?? secondsNow,
  }
}

function secondsNow(): number {
  return Math.floor(Date.now() / 1000)
}
