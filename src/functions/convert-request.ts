import {
  type Conversion,
  convertRequest as convertBody,
  type Framing,
  framingOf,
  type LossPolicy,
  type RequestTarget,
  refusalOf,
} from '../convert/index.ts'
import { cutWrapped, type Dialect, type DialectName, type Edit, type Match, splitCallPath } from '../dialects/index.ts'
import { MillraceError, StreamingError } from '../errors.ts'
import { type HeadersLike, type RawHeaders, requestHeaders, toRawHeaders, withoutHeaders } from '../http/index.ts'
import { type Loss, Losses } from '../model/index.ts'
import { spoken } from './spoken.ts'

/** Between whom a request is converted, and for which upstream. */
export interface ConvertRequestOptions extends Pick<RequestTarget, 'apiVersion' | 'seals' | 'history'> {
  /** The client's dialect. */
  readonly from: DialectName
  /** The upstream's dialect. */
  readonly to: DialectName
  /** The upstream's base URL, version segment included: `https://api.openai.com/v1`. */
  readonly baseUrl: string | URL
  /** Headers for the upstream, in place of the client's of the same names; its credential is one of them. */
  readonly headers?: HeadersLike
  /**
   * What the client asked, where its URL does not end in a path of its dialect: `/chat/completions`,
   * `/models/gemini-3-pro:streamGenerateContent?alt=sse`.
   */
  readonly path?: string
  /** The model to ask for. Default: the client's. */
  readonly model?: string
  /** What to ask the upstream for, a stream or a whole answer, whatever the client wants. Default: what it wants. */
  readonly stream?: boolean
  /** Ask for the usage of a stream where the dialect needs asking (chat). Default true. */
  readonly askUsage?: boolean
  /** Whose seals may go up: a name for the upstream that stays. Default: the origin of `baseUrl`. */
  readonly issuer?: string
  /** What is done about what the upstream's dialect cannot say: `report` it, or `refuse` the request. Default `report`. */
  readonly losses?: LossPolicy
}

/** A request for an upstream, and what its answer has to be written for. */
export interface ConvertedRequest {
  /** For `fetch`. It is aborted when the client's request is, and follows no redirect. */
  readonly request: Request
  /** What the upstream's dialect cannot say of it. */
  readonly losses: readonly Loss[]
  /** Whether the client wants a stream. */
  readonly wantsStream: boolean
  /** Whether the upstream is asked for one. */
  readonly asksStream: boolean
  /** The model that the client named; undefined where it named none. */
  readonly model: string | undefined
  /** Whose seals the answer will hold. */
  readonly issuer: string
  /** The body as it was sent. */
  readonly sent: Uint8Array
  /** What was changed in a body that otherwise stays as it is; empty between two dialects. */
  readonly edits: readonly Edit[]
  /** What was understood of it, and what was lost, for the way back. */
  readonly conversion: Conversion
}

/** What is written for the upstream. */
interface Written {
  readonly path: string
  /** Without its question mark. */
  readonly query: string
  readonly headers: RawHeaders
  readonly body: Uint8Array
  readonly stream: boolean
  readonly edits: readonly Edit[]
  readonly conversion: Conversion
}

/** What is known of a client's request before it is written. */
interface Asked {
  readonly request: Request
  readonly client: Dialect
  readonly upstream: Dialect
  readonly match: Match
  /** Without its question mark, and without keys. */
  readonly query: string
  readonly body: Uint8Array
  /** Whether the client wants a stream. */
  readonly stream: boolean
  readonly model: string | undefined
  readonly issuer: string
}

/**
 * A client's request as one that an upstream of another dialect understands. Within one dialect the body
 * stays as it is, byte for byte, but for the model and the stream flag.
 *
 * The client's headers go along but for credentials, cookies, those of the connection, and those that
 * only its own dialect knows.
 *
 * ```ts
 * const asked = await convertRequest(request, { from: 'messages', to: 'chat', baseUrl, headers: { authorization } })
 * return convertResponse(fetch(asked.request), { from: 'chat', to: 'messages', request: asked })
 * ```
 *
 * @param request its body is read whole: where clients are strangers, limit its length before
 * @throws {StreamingError} `bad-request`, with the `status` for the client, when the body cannot be read, or asks
 *   for what the upstream cannot do: the message names the member, and `failureResponse` makes the answer of it
 * @throws {MillraceError} `bad-request` when there is no dialect of that name, or the path is no call of it
 */
export async function convertRequest(request: Request, options: ConvertRequestOptions): Promise<ConvertedRequest> {
  const base = new URL(options.baseUrl)
  const asked = await read(request, options, options.issuer ?? base.origin)
  const written = asked.client === asked.upstream ? relayed(asked, options) : converted(asked, options)
  const { conversion, edits, body, stream } = written
  return {
    request: toRequest(request, base, written),
    losses: conversion.requestLosses.all,
    wantsStream: asked.stream || conversion.framing === 'array',
    asksStream: stream,
    ...{ model: asked.model, issuer: asked.issuer, sent: body, edits, conversion },
  }
}

async function read(request: Request, { from, to, path }: ConvertRequestOptions, issuer: string): Promise<Asked> {
  const [client, upstream] = [spoken(from), spoken(to)]
  const { pathname, search } = new URL(path ?? request.url, request.url)
  const called = splitCallPath(pathname).path
  const match = client.http.match('POST', called, search)
  if (match?.operation !== 'generate')
    throw new MillraceError(
      'bad-request',
      `Cannot convert the request: its path is no call of ${from}, got "${called}"`,
    )
  const body = new Uint8Array(await request.arrayBuffer())
  const { model, stream, refusal } = client.http.peek(match, body)
  if (refusal !== undefined) throw new StreamingError(refusal)
  const query = new URLSearchParams(search)
  // A client's key, in the one dialect that may have it there.
  query.delete('key')
  return { request, client, upstream, match, query: query.toString(), body, stream, model, issuer }
}

/** The client's own bytes, but for declared edits. */
function relayed({ request, client, match, body, query, stream }: Asked, options: ConvertRequestOptions): Written {
  const { stream: asks = stream, askUsage = true, losses = 'report' } = options
  const own = cutWrapped(body, client.wrappedAt)
  const lost = own.cut.map(path => ({ path, reason: 'foreign-seal' }) as const)
  const refused = losses === 'refuse' ? refusalOf(lost, client.name) : undefined
  if (refused !== undefined) throw new StreamingError(refused)
  const isTurned = asks !== stream
  const target = client.http.target(match, own.body, {
    ...{ model: options.model, stream: isTurned ? asks : undefined, askUsage: asks && askUsage },
  })
  const given = toRawHeaders(options.headers ?? [])
  const drop = isTurned ? ['accept'] : []
  return {
    path: target.path,
    query: joinQueries(query, target.query),
    headers: headersFor(request, { drop, ours: JSON_BODY, given }),
    body: target.body,
    stream: asks,
    edits: lost.length === 0 ? target.edits : [...target.edits, 'seals'],
    conversion: passed(lost, isTurned ? framingOf(client, match) : 'events'),
  }
}

/** What is known of a request that has passed as it is. */
function passed(lost: readonly Loss[], framing: Framing): Conversion {
  const requestLosses = new Losses()
  for (const { path, reason } of lost) requestLosses.add(path, reason)
  return { request: undefined, requestLosses, answerLosses: new Losses(), framing }
}

function converted({ request, client, upstream, match, body, issuer }: Asked, options: ConvertRequestOptions): Written {
  const written = convertBody(client, upstream, body, match, { ...options, issuer })
  if ('code' in written) throw new StreamingError(written)
  const given = toRawHeaders(options.headers ?? [])
  const ours = [...written.headers, ...JSON_BODY, 'accept', MEDIA_TYPES[`${written.stream}`]]
  return {
    ...written,
    edits: [],
    query: written.query.slice(1),
    headers: headersFor(request, { drop: client.http.ownHeaders, ours, given }),
  }
}

const MEDIA_TYPES = { true: 'text/event-stream', false: 'application/json' } as const

/** The body has been read as JSON, whatever its client calls it. */
const JSON_BODY: RawHeaders = ['content-type', 'application/json']

/** The client's headers but those to drop, with ours in place of them, and the given ones in place of all. */
function headersFor(
  { headers }: Request,
  { drop, ours, given }: { readonly drop: readonly string[]; readonly ours: RawHeaders; readonly given: RawHeaders },
): RawHeaders {
  const kept = requestHeaders(toRawHeaders(headers), { drop: [...drop, ...namesOf(ours), ...namesOf(given)] })
  return [...withoutHeaders([...kept, ...ours], new Set(namesOf(given))), ...given]
}

function toRequest({ signal }: Request, base: URL, { path, query, headers, body }: Written): Request {
  const url = new URL(base)
  url.pathname = base.pathname.replace(/\/$/, '') + path
  url.search = joinQueries(base.search.slice(1), query)
  const sent = new Headers()
  for (let at = 0; at < headers.length; at += 2) sent.append(headers[at] as string, headers[at + 1] as string)
  const copied = body as Uint8Array<ArrayBuffer>
  return new Request(url, { method: 'POST', headers: sent, body: copied, redirect: 'manual', signal })
}

/** @param others parameters that stand in place of those of the same names */
function joinQueries(query: string, others = ''): string {
  const joined = new URLSearchParams(query)
  for (const [name, value] of new URLSearchParams(others)) joined.set(name, value)
  return joined.toString()
}

function namesOf(headers: RawHeaders): readonly string[] {
  return headers.filter((_, at) => at % 2 === 0).map(name => name.toLowerCase())
}
