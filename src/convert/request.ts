import { fromUtf8, toUtf8 } from '../bytes.ts'
import {
  type Dialect,
  type Match,
  type ResponseStore,
  rememberAnswer,
  type Wire,
  withHistory,
} from '../dialects/index.ts'
import { type Failure, failure, MillraceError } from '../errors.ts'
import type { RawHeaders } from '../http/index.ts'
import { parseExact, scanObject } from '../json/index.ts'
import { type Loss, Losses, type Request } from '../model/index.ts'
import type { OwnedSeals } from './seal-memory.ts'

/** What is known of the upstream that a request is written for. */
export interface RequestTarget {
  /** The model to ask for; undefined leaves the client's. */
  readonly model?: string | undefined
  /** What to ask for; undefined: what the client asks for. */
  readonly stream?: boolean | undefined
  /** Ask for the usage of a stream where the dialect needs asking. Default true. */
  readonly askUsage?: boolean | undefined
  /** Who will read the seals. Default: nobody. */
  readonly issuer?: string | undefined
  /** The version of its API; undefined: the dialect's default. */
  readonly apiVersion?: string | undefined
  /** Whether the JSON scanner has seen the body and found no fault in it. Default false. */
  readonly isScanned?: boolean | undefined
  /** What is done about what its dialect cannot say. Default `report`. */
  readonly losses?: LossPolicy | undefined
  /** What its client may not have sent back is put back from here. Default: nothing is. */
  readonly seals?: OwnedSeals | undefined
  /** Where answers are kept that later requests refer to. Default: nowhere, so that such requests are refused. */
  readonly history?: History | undefined
}

/** Answers that are kept for whoever asked for them. */
export interface History {
  /** Who asks: nobody sees what another owner has stored. */
  readonly owner: string
  /** Asked and told while an answer is on its way: what it throws fails the request, or the answer. */
  readonly store: ResponseStore
}

/** How a stream is written: as events, or as the items of one JSON array (Gemini without `alt=sse`). */
export type Framing = 'events' | 'array'

/** `report`: it is left out and told. `refuse`: the request is refused, unless the loss is cosmetic. */
export type LossPolicy = 'report' | 'refuse'

/** What was understood of a client's request, and what its way to an upstream and back has lost. */
export interface Conversion {
  /** Undefined where the request has passed as it is. */
  readonly request: Request | undefined
  /** What the upstream's dialect could not say of the request. */
  readonly requestLosses: Losses
  /** What the client's dialect could not say of the answer: noted while it is written. */
  readonly answerLosses: Losses
  /** Where the answer's seals are to be remembered; undefined: nowhere. */
  readonly seals?: OwnedSeals | undefined
  /** How the client wants a stream. Default `events`. */
  readonly framing?: Framing | undefined
  /** Takes the whole answer as the client has it; undefined where nobody keeps it. */
  readonly remember?: ((answer: Wire) => void) | undefined
}

/** What an adapter makes of a request; what is undefined stays as the client said it. */
export interface AdaptedRequest {
  /** What is sent. */
  readonly body: Uint8Array
  /** Path below the base URL, with a leading slash, without query. */
  readonly path?: string | undefined
  /** With its question mark; empty without one. */
  readonly query?: string | undefined
  /** What the upstream's API wants beside credential and content type. */
  readonly headers?: RawHeaders | undefined
  /** Whether a stream is asked for. */
  readonly stream?: boolean | undefined
  /** For the way back. */
  readonly conversion?: Conversion | undefined
}

/** A request in the upstream's dialect. */
export type ConvertedRequest = { readonly [K in keyof AdaptedRequest]-?: Exclude<AdaptedRequest[K], undefined> }

/**
 * Writes a client's request in the upstream's dialect.
 *
 * @param match what the path says
 * @returns a failure for the client when the request cannot be read or cannot be honoured: it names the member
 */
export function convertRequest(
  client: Dialect,
  upstream: Dialect,
  body: Uint8Array,
  match: Match,
  target: RequestTarget = {},
): ConvertedRequest | Failure {
  const asked = decodeRequest(client, body, match, target.isScanned)
  if ('code' in asked) return asked
  return orFailure(() => {
    const { seals, issuer = '', history: { owner, store } = NOTHING_KEPT } = target
    const known = withHistory(asked, owner, store)
    const request = seals?.restore(known, { dialect: upstream.name, issuer }) ?? known
    const framing = framingOf(client, match)
    const stream = target.stream ?? (request.stream || framing === 'array')
    return write(upstream, request, { ...target, stream }, framing)
  })
}

const NOTHING_KEPT: History = { owner: '', store: { get: () => undefined, put() {}, item: () => undefined } }

/** How this client wants its stream. */
export function framingOf({ codec }: Dialect, match: Match): Framing {
  return codec.array?.isWanted(match) === true ? 'array' : 'events'
}

/**
 * What a client's request asks for; a failure for the client when it cannot be read.
 * @param isScanned whether the scanner has seen the body already
 */
export function decodeRequest(client: Dialect, body: Uint8Array, match: Match, isScanned = false): Request | Failure {
  return orFailure(() => {
    // The scanner looks first: it refuses nesting and bytes that `JSON.parse` would take.
    if (!isScanned) scanObject(body)
    return client.codec.decodeRequest(readWire(body), match)
  })
}

/** The request that a client wants the tokens of; a failure for the client when it cannot be read. */
export function decodeCounted(client: Dialect, body: Uint8Array, match: Match): Request | Failure {
  return orFailure(() => {
    scanObject(body)
    const wire = readWire(body)
    return client.codec.decodeRequest(client.counting?.requestIn(wire) ?? wire, match)
  })
}

function readWire(body: Uint8Array): Wire {
  return parseExact(toUtf8(body)) as Wire
}

/** What somebody refuses by throwing, as a value. */
function orFailure<T>(attempt: () => T): T | Failure {
  try {
    return attempt()
  } catch (error) {
    if (error instanceof MillraceError)
      return failure(error.code, error.message, error.raw === undefined ? {} : { raw: error.raw })
    throw error
  }
}

function write(
  upstream: Dialect,
  request: Request,
  target: RequestTarget & { readonly stream: boolean },
  framing: Framing,
): ConvertedRequest | Failure {
  const { stream, issuer = '', history } = target
  const losses = new Losses()
  const { path, query, headers, body } = upstream.codec.encodeRequest(request, {
    model: target.model ?? request.model,
    stream,
    askUsage: stream && target.askUsage !== false,
    issuer,
    apiVersion: target.apiVersion,
    losses,
  })
  const refused = target.losses === 'refuse' ? refusalOf(losses.all, upstream.name) : undefined
  if (refused !== undefined) return refused
  const remember =
    history && ((answer: Wire) => rememberAnswer(request, answer, { owner: history.owner, issuer }, history.store))
  const answerLosses = new Losses()
  const conversion = { request, requestLosses: losses, answerLosses, seals: target.seals, framing, remember }
  return { path, query, headers, body: fromUtf8(JSON.stringify(body)), stream, conversion }
}

/** Paths in one message: enough to see what it is about. */
const TOLD = 20

/** Why a request is refused that loses what somebody may miss; undefined when it loses nothing of the kind. */
export function refusalOf(losses: readonly Loss[], dialect: string): Failure | undefined {
  const real = losses.filter(({ reason }) => reason !== 'cosmetic').map(({ path }) => path)
  if (real.length === 0) return undefined
  const more = real.length > TOLD ? ` and ${real.length - TOLD} more` : ''
  return failure(
    'bad-request',
    `Cannot say all of the request in the ${dialect} dialect, and losses are refused: ${real.slice(0, TOLD).join(', ')}${more}`,
  )
}
