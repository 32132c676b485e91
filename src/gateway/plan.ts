import type { Credentials } from '../access/index.ts'
import type { Dialect, Match, UpstreamTarget } from '../dialects/index.ts'
import { type Failure, failure } from '../errors.ts'
import type { Budgets } from '../exchange/index.ts'
import { type RawHeaders, requestHeaders } from '../http/index.ts'
import { type Choice, type Config, chooseModel, firstUpstream, type Upstream } from './config/index.ts'

/** A client's request, understood as far as routing needs it. */
export interface Asked {
  readonly dialect: Dialect
  readonly match: Match
  /** Headers and query are free of credentials; what may go up stands in `rest`. */
  readonly credentials: Credentials
  readonly body: Uint8Array
}

/** What goes to which upstream. */
export interface Plan {
  readonly upstream: Upstream
  readonly url: URL
  readonly headers: RawHeaders
  readonly target: UpstreamTarget
  readonly wants: 'stream' | 'whole'
  readonly model: { readonly requested: string | undefined; readonly sent: string | undefined }
  readonly budgets: Budgets & { readonly connectMs: number }
}

/** Chooses the upstream of a request and writes the request for it; a failure for the client if there is none. */
export function planRequest(config: Config, asked: Asked): Plan | Failure {
  const { dialect, match, body } = asked
  const { model, stream, refusal, members } = dialect.http.peek(match, body)
  if (refusal !== undefined && match.operation === 'generate') return refusal
  const choice = choose(config, asked, model)
  if ('code' in choice) return choice
  const { upstream, timeouts } = choice
  const target = dialect.http.target(match, body, {
    ...(choice.model === undefined ? {} : { model: choice.model }),
    askUsage: stream && upstream.usage === 'ask',
    members,
  })
  const credential = credentialFor(upstream, asked)
  return {
    upstream,
    url: toUrl(
      `${upstream.baseUrls[dialect.name]}${target.path}${joinQuery(asked.credentials.query, credential.query)}`,
    ),
    headers: [
      ...requestHeaders(asked.credentials.headers, { drop: namesOf(upstream.headers) }),
      ...upstream.headers,
      ...credential.headers,
    ],
    target,
    wants: stream ? 'stream' : 'whole',
    model: { requested: model, sent: choice.model ?? model },
    budgets: timeouts,
  }
}

/** By the model where one is named; the other paths of an API go to the first upstream that speaks it. */
function choose(config: Config, { dialect, match }: Asked, model: string | undefined): Choice | Failure {
  if (match.operation === 'generate' || model !== undefined) return chooseModel(config, model, dialect.name)
  const upstream = firstUpstream(config, dialect.name)
  if (upstream === undefined) return failure('not-found', `No upstream speaks the ${dialect.name} dialect`)
  return { upstream, model: undefined, rewriteModel: false, timeouts: config.timeouts, rule: undefined }
}

/** Our key for the upstream; or the client's own, in the slot it came in, where that is allowed. */
function credentialFor(upstream: Upstream, { dialect, credentials }: Asked): { headers: RawHeaders; query: string } {
  if (upstream.apiKey !== undefined) return { headers: dialect.http.authorize(upstream.apiKey), query: '' }
  return upstream.passCredential ? credentials.rest : { headers: [], query: '' }
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
