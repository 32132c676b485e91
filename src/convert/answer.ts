import { fromUtf8 } from '../bytes.ts'
import type { Dialect, EncodeAnswerContext, StreamEncoder, Wire } from '../dialects/index.ts'
import type { Losses, MapEvents, Message, Request, StreamEvent } from '../model/index.ts'
import { createId } from './ids.ts'
import { AnswerMemory } from './memory.ts'
import type { Framing } from './request.ts'
import type { OwnedSeals } from './seal-memory.ts'

/** What turning one answer needs to know. */
export interface AnswerOptions {
  readonly client: Dialect
  readonly upstream: Dialect
  /** Whose seals the answer holds. Default: nobody's, ``. */
  readonly issuer?: string | undefined
  /** What the client asked for, where it has been understood. */
  readonly request?: Request | undefined
  /** How the client wants a stream. Default `events`. */
  readonly framing?: Framing | undefined
  /** Takes the whole answer as the client has it. */
  readonly remember?: ((answer: Wire) => void) | undefined
  /** Takes the whole answer in the neutral model, before it is written. */
  readonly onMessage?: ((message: Message) => void) | undefined
  /** The model to name to the client; undefined: the one that the upstream names. */
  readonly model?: string | undefined
  /** Where the stage notes what the client's dialect cannot say. */
  readonly losses: Losses
  /** The longest event, in bytes. */
  readonly eventBytes: number
  /** The largest answer that is held as a whole, in bytes. */
  readonly messageBytes: number
  /** What becomes of the events of the answer; undefined: they go on as they come. */
  readonly mapEvents?: MapEvents | undefined
  /** Told the events as they come, before they are mapped. */
  readonly observe?: ((event: StreamEvent) => void) | undefined
  /** Notes that events were changed. */
  readonly onMapped?: (() => void) | undefined
  /** Takes secrets out of an upstream's error text. */
  readonly redact?: ((text: string) => string) | undefined
  /** What all answers that are held share. Default: one memory for the process. */
  readonly memory?: AnswerMemory | undefined
  /** Where seals are remembered for a client that may not send them back; undefined: nowhere. */
  readonly seals?: OwnedSeals | undefined
  /** Makes an id that starts with `prefix` for what the upstream gave none. Default: 20 random letters and digits. */
  readonly createId?: ((prefix: string) => string) | undefined
  /** Seconds since 1970. */
  readonly now?: (() => number) | undefined
}

/** What all answers that are held at one time may take together, in bytes. */
const ALL_ANSWERS_BYTES = 256 * 1024 * 1024

export const sharedMemory: AnswerMemory = new AnswerMemory(ALL_ANSWERS_BYTES)

/** What writing an answer needs to know; `upstream` may be anybody. */
type WriteOptions = Omit<AnswerOptions, 'upstream' | 'eventBytes' | 'messageBytes'> & {
  readonly upstream?: Dialect | undefined
}

/** What the client's encoder is told. */
function encodeContext(options: WriteOptions): EncodeAnswerContext {
  return {
    request: options.request,
    model: options.model,
    isOwn: options.client.name === options.upstream?.name,
    losses: options.losses,
    createId: options.createId ?? createId,
    now: options.now ?? secondsNow,
    remember: options.remember,
  }
}

/** The body of a whole answer as the client has it. */
export function encodeBody(message: Message, options: AnswerOptions): Uint8Array {
  return fromUtf8(JSON.stringify(options.client.codec.encodeMessage(message, encodeContext(options))))
}

export const JSON_TYPE = 'application/json'
const EVENT_STREAM = 'text/event-stream'

/** What streams the client's way are written by, and their media type. */
export function createEncoder(
  options: WriteOptions,
  write: (text: string) => void,
): { readonly encoder: StreamEncoder; readonly mediaType: string } {
  const { codec } = options.client
  const context = encodeContext(options)
  const array = options.framing === 'array' ? codec.array : undefined
  return array === undefined
    ? { encoder: codec.createStreamEncoder(context, write), mediaType: EVENT_STREAM }
    : { encoder: array.createEncoder(context, write), mediaType: JSON_TYPE }
}

function secondsNow(): number {
  return Math.floor(Date.now() / 1000)
}
