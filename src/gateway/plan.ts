import type { Credentials } from '../access/index.ts'
import {
  type Conversion,
  convertRequest,
  decodeCounted,
  decodeRequest,
  type Framing,
  framingOf,
  type History,
  type LossPolicy,
  type OwnedSeals,
  refusalOf,
} from '../convert/index.ts'
import {
  cutWrapped,
  DIALECTS,
  type Dialect,
  type DialectName,
  type Match,
  type Peeked,
  type UpstreamTarget,
} from '../dialects/index.ts'
import { type Failure, failure } from '../errors.ts'
import { adapters, type Budgets, type ClientGone } from '../exchange/index.ts'
import { getHeader, type RawHeaders, requestHeaders, withoutHeaders } from '../http/index.ts'
import { type Loss, Losses, type Request } from '../model/index.ts'
import { type Choice, type Config, chooseModel, firstUpstream, type Upstream } from './config/index.ts'

/** A client's request, understood as far as routing needs it. */
export interface Asked {
  readonly dialect: Dialect
  readonly match: Match
  /** Headers and query are free of credentials; what may go up stands in `rest`. */
  readonly credentials: Credentials
  readonly body: Uint8Array
  /** What is remembered for its client; undefined: nothing. */
  readonly seals?: OwnedSeals | undefined
  /** The answers that this client may refer to; undefined: none are kept. */
  readonly history?: History | undefined
}

/** What goes to which upstream. */
export interface Plan {
  readonly upstream: Upstream
  /** What it is asked in. */
  readonly dialect: Dialect
  readonly url: URL
  readonly headers: RawHeaders
  readonly target: UpstreamTarget
  /** What the client wants, and what the upstream is asked for. */
  readonly wants: Wish
  readonly asks: Wish
  /** How a stream is written anew; an array that the upstream itself gives passes as a whole body. */
  readonly framing: Framing
  /** What the client's request was understood as, where the answer has to be written anew. */
  readonly conversion: Conversion | undefined
  readonly model: { readonly requested: string | undefined; readonly sent: string | undefined }
  readonly rewriteModel: boolean
  /** The client wants to be told in the answer's usage what it cost. */
  readonly includesUsage: boolean
  readonly budgets: Budgets & { readonly connectMs: number }
  readonly onClientGone: ClientGone
}

/** A question for the tokens of a request, where the upstream's API is not the one that is asked. */
export interface Estimate extends Pick<Plan, 'upstream' | 'model'> {
  /** What the upstream would be asked in. */
  readonly spoken: DialectName
  readonly request: Request
}

type Wish = 'stream' | 'whole'

/** What is decided before the request is written. */
type Decided = Pick<Plan, 'wants' | 'asks' | 'framing'> & {
  readonly includesUsage: boolean
  readonly choice: Choice
  readonly asked: Asked
  /** What was found in the body. */
  readonly members: Peeked['members']
}

/** What is written of it. */
type Written = Pick<Plan, 'url' | 'headers' | 'target' | 'conversion'>

/** Chooses the upstream of a request and writes the request for it; a failure for the client if there is none. */
export function planRequest(config: Config, asked: Asked): Plan | Estimate | Failure {
  const { dialect, match, body } = asked
  const { model, stream, refusal, members } = dialect.http.peek(match, body)
  if (refusal !== undefined && OF_MODELS.has(match.operation)) return refusal
  const choice = choose(config, asked, model)
  if ('code' in choice) return choice
  if (match.operation === 'count' && choice.dialect !== dialect.name) return estimated(choice, asked, model)
  const framing = framingFor(choice, asked)
  const wants = stream || framing === 'array' ? 'stream' : 'whole'
  const includesUsage = isUsageIncluded(asked)
  const asks = askedFor(wants, choice.upstream, asked)
  const decided = { choice, asked, wants, asks, framing, members, includesUsage } as const
  const policy = policyOf(config, asked.credentials.headers)
  const written = choice.dialect === dialect.name ? relayed(decided, policy) : converted(decided, policy)
  if ('code' in written) return written
  return {
    ...written,
    upstream: choice.upstream,
    dialect: DIALECTS[choice.dialect],
    ...{ wants, asks, framing, includesUsage },
    model: { requested: model, sent: choice.model ?? model },
    rewriteModel: choice.rewriteModel,
    budgets: choice.timeouts,
    onClientGone: choice.onClientGone,
  }
}

/** Calls that any upstream can serve, whatever it speaks. */
const OF_MODELS: ReadonlySet<Match['operation']> = new Set(['generate', 'count'])

/** By the model where one is named; the other paths of an API go to the first upstream that speaks it. */
function choose(config: Config, { dialect, match }: Asked, model: string | undefined): Choice | Failure {
  const others = OF_MODELS.has(match.operation) ? FOREIGN.get(dialect.name) : []
  if (match.operation === 'generate' || model !== undefined) return chooseModel(config, model, dialect.name, others)
  const upstream = firstUpstream(config, dialect.name)
  if (upstream === undefined) return failure('not-found', `No upstream speaks the ${dialect.name} dialect`)
  const { timeouts } = config
  const { onClientGone } = upstream
  return {
    ...{ upstream, dialect: dialect.name, model: undefined, rewriteModel: false },
    ...{ timeouts, onClientGone, rule: undefined },
  }
}

/** The dialects that requests of each one can be converted to. */
const FOREIGN: ReadonlyMap<DialectName, readonly DialectName[]> = new Map(
  Object.values(DIALECTS).map(({ name }) => [
    name,
    adapters.pairs.filter(({ from, to }) => from === name && to !== name).map(({ to }) => to),
  ]),
)

function estimated(choice: Choice, { dialect, match, body }: Asked, model: string | undefined): Estimate | Failure {
  const request = decodeCounted(dialect, body, match)
  if ('code' in request) return request
  const { upstream, dialect: spoken } = choice
  return { upstream, spoken, request, model: { requested: model, sent: choice.model ?? model } }
}

/** Only an upstream of the client's own dialect, and one that is asked as the client asks, gives arrays itself. */
function framingFor({ dialect: spoken, upstream }: Choice, { dialect, match }: Asked): Framing {
  const passes = spoken === dialect.name && upstream.streaming && !upstream.streamOnly
  return passes ? 'events' : framingOf(dialect, match)
}

/** Some upstreams only stream, some never do; what is no call of a model is asked for as the client does. */
function askedFor(wants: Wish, { streamOnly, streaming }: Upstream, { match }: Asked): Wish {
  if (match.operation !== 'generate') return wants
  if (streamOnly) return 'stream'
  return streaming ? wants : 'whole'
}

/** The client's own bytes, but for declared edits. */
function relayed(decided: Decided, losses: LossPolicy): Written | Failure {
  const { choice, asked, wants, asks, framing, members, includesUsage } = decided
  const { dialect, match, body, credentials } = asked
  const { upstream } = choice
  const isTurned = asks !== wants || framing === 'array'
  const isGenerated = match.operation === 'generate'
  const own = isGenerated ? cutWrapped(body, dialect.wrappedAt) : { body, cut: [] }
  const lost = own.cut.map(path => ({ path, reason: 'foreign-seal' }) as const)
  const refused = losses === 'refuse' ? refusalOf(lost, dialect.name) : undefined
  if (refused !== undefined) return refused
  const edited = dialect.http.target(match, own.body, {
    model: choice.model,
    stream: isTurned ? asks === 'stream' : undefined,
    askUsage: asks === 'stream' && upstream.usage === 'ask',
    members: own.body === body ? members : undefined,
  })
  // The frame that we asked for is the one that the client wants.
  const edits = includesUsage ? edited.edits.filter(edit => edit !== 'usage-frame') : edited.edits
  const target: UpstreamTarget = { ...edited, edits: lost.length === 0 ? edits : [...edits, 'seals'] }
  const credential = credentialFor(upstream, asked, { beside: credentials.headers })
  const query = joinQuery(replaceParameters(credentials.query, target.query), credential.query)
  const drop = isTurned ? ['accept'] : []
  return {
    url: toUrl(`${upstream.baseUrls[dialect.name]}${target.path}${query}`),
    headers: [
      ...requestHeaders(credentials.headers, { drop: [...namesOf(upstream.headers), ...drop] }),
      ...(isTurned ? ['accept', MEDIA_TYPES[asks]] : []),
      ...upstream.headers,
      ...credential.headers,
    ],
    target,
    conversion: isTurned || lost.length > 0 ? withUsage(understood(asked, lost, framing), includesUsage) : undefined,
  }
}

const MEDIA_TYPES: Readonly<Record<Wish, string>> = { stream: 'text/event-stream', whole: 'application/json' }

/** What a relayed request asks for, for whoever has to write its answer anew; as far as it can be read. */
function understood({ dialect, match, body }: Asked, lost: readonly Loss[], framing: Framing): Conversion {
  const request = decodeRequest(dialect, body, match)
  const requestLosses = new Losses()
  for (const { path, reason } of lost) requestLosses.add(path, reason)
  return {
    request: 'code' in request ? undefined : request,
    requestLosses,
    answerLosses: new Losses(),
    framing,
  }
}

/** The same request in a dialect that the upstream speaks. */
function converted({ choice, asked, asks, members, includesUsage }: Decided, losses: LossPolicy): Written | Failure {
  const { upstream, model, dialect: name } = choice
  const [client, spoken] = [asked.dialect, DIALECTS[name]]
  const request = convertRequest(client, spoken, asked.body, asked.match, {
    model,
    stream: asks === 'stream',
    askUsage: upstream.usage === 'ask',
    issuer: upstream.issuer,
    apiVersion: upstream.apiVersion,
    isScanned: members !== undefined,
    losses,
    seals: asked.seals,
    history: asked.history,
  })
  if ('code' in request) return request
  const credential = credentialFor(upstream, asked, { spoken, beside: request.headers })
  const ours = namesOf(upstream.headers)
  const query = joinQuery(request.query.slice(1), credential.query)
  return {
    url: toUrl(`${upstream.baseUrls[name]}${request.path}${query}`),
    headers: [
      ...requestHeaders(asked.credentials.headers, {
        drop: [...ours, ...client.http.ownHeaders, ...namesOf(request.headers), 'accept', 'content-type'],
      }),
      ...['content-type', 'application/json', 'accept', MEDIA_TYPES[asks]],
      ...withoutHeaders(request.headers, new Set(ours)),
      ...upstream.headers,
      ...credential.headers,
    ],
    target: { path: request.path, body: request.body, edits: [] },
    conversion: withUsage(request.conversion, includesUsage),
  }
}

/** By the client's wish; items of an array go out as they come, and no client was seen that reads more in them. */
function isUsageIncluded({ dialect, match, credentials }: Asked): boolean {
  if (match.operation !== 'generate' || framingOf(dialect, match) === 'array') return false
  return getHeader(credentials.headers, 'x-millrace-usage')?.trim().toLowerCase() === 'include'
}

/** Who wants to be told the cost wants the usage it stands in, unless it says that it does not. */
function withUsage(conversion: Conversion, includesUsage: boolean): Conversion {
  const { request } = conversion
  if (!includesUsage || request === undefined || request.includeUsage !== undefined) return conversion
  return { ...conversion, request: { ...request, includeUsage: true } }
}

/** The configuration's policy, or the stricter one that the client asks for. */
function policyOf({ losses }: Config, headers: RawHeaders): LossPolicy {
  return getHeader(headers, 'x-millrace-losses')?.trim().toLowerCase() === 'refuse' ? 'refuse' : losses
}

/**
 * Our key for the upstream; or the client's own where that is allowed, in the slot it came in, or in that
 * of the dialect that the upstream is asked in.
 *
 * @param spoken what the upstream is asked in. Default: the client's dialect
 * @param beside what goes up beside it and beside the upstream's configured headers
 */
function credentialFor(
  upstream: Upstream,
  { dialect, credentials }: Asked,
  { spoken = dialect, beside }: { readonly spoken?: Dialect; readonly beside: RawHeaders },
): { headers: RawHeaders; query: string } {
  const authorize = (key: string) => ({
    headers: spoken.http.authorize(key, [...upstream.headers, ...beside]),
    query: '',
  })
  if (upstream.apiKey !== undefined) return authorize(upstream.apiKey)
  if (!upstream.passCredential) return { headers: [], query: '' }
  if (spoken === dialect) return credentials.rest
  const word = wordOf(credentials.rest)
  return word === undefined ? { headers: [], query: '' } : authorize(word)
}

/** A client's own key, whatever slot it came in. */
function wordOf({ headers, query }: Credentials['rest']): string | undefined {
  return headers[1]?.replace(/^bearer +/i, '').trim() ?? new URLSearchParams(query).get('key') ?? undefined
}

/** @param others parameters that stand in place of those of the same names */
function replaceParameters(query: string, others: string | undefined): string {
  if (others === undefined) return query
  const names = [...new URLSearchParams(others).keys()]
  const kept = query.split('&').filter(pair => !names.includes(pair.split('=', 1)[0] as string))
  return [...kept, others].filter(pair => pair !== '').join('&')
}

/** URLs by their text: parsing one costs as much as the rest of a plan, and most requests go to a few. */
const urls = new Map<string, URL>()
const MAX_URLS = 256

function toUrl(text: string): URL {
  let url = urls.get(text)
  if (url === undefined) {
    url = new URL(text)
    if (urls.size >= MAX_URLS) urls.clear()
    urls.set(text, url)
  }
  return url
}

/** What the configuration says stands in place of what the client says. */
function namesOf(headers: RawHeaders): readonly string[] {
  return headers.filter((_, at) => at % 2 === 0).map(name => name.toLowerCase())
}

function joinQuery(...queries: readonly string[]): string {
  const query = queries.filter(part => part !== '').join('&')
  return query === '' ? '' : `?${query}`
}
