import { DIALECTS, type Dialect, type DialectName } from '../dialects/index.ts'
import type { HttpClient, RawHeaders } from '../http/index.ts'
import { type Config, literalModels, type Upstream } from './config/index.ts'
import { type FoundModels, ModelPages } from './model-pages.ts'

/** How long an upstream's own list is believed, in milliseconds. */
const FRESH_MS = 5 * 60 * 1000

function spokenBy({ baseUrls }: Upstream, dialect: Dialect): Dialect {
  const [first = dialect.name] = Object.keys(baseUrls) as DialectName[]
  return baseUrls[dialect.name] === undefined ? DIALECTS[first] : dialect
}

interface Cached {
  readonly names: Promise<readonly string[]>
  readonly at: number
}

/** The models that clients can ask for: those that rules name in full, then each upstream's own. */
export class ModelList {
  readonly #config: Config
  readonly #client: HttpClient
  readonly #cache = new Map<string, Cached>()

  constructor(config: Config, client: HttpClient) {
    this.#config = config
    this.#client = client
  }

  /** The list in the dialect's shape; an upstream that speaks others is asked in the first of its own. */
  async list(dialect: Dialect): Promise<Uint8Array> {
    const own = await Promise.all(
      this.#config.upstreams.map(upstream => this.#namesOf(upstream, spokenBy(upstream, dialect))),
    )
    const literal = literalModels(this.#config).map(rule => rule.match)
    return dialect.models.encode([...new Set([...literal, ...own.flat()])])
  }

  #namesOf(upstream: Upstream, dialect: Dialect): Promise<readonly string[]> {
    const key = `${upstream.name} ${dialect.name}`
    const cached = this.#cache.get(key)
    if (cached !== undefined && performance.now() - cached.at < FRESH_MS) return cached.names
    const found = this.#ask(upstream, dialect)
    const names = found.then(({ names }) => names)
    this.#cache.set(key, { names, at: performance.now() })
    // An upstream that did not answer, or not with everything, is asked again next time.
    found.then(({ names, isWhole }) => (names.length === 0 || !isWhole) && this.#cache.delete(key))
    return names
  }

  /** An upstream that fails has no list: the others are still worth showing. */
  #ask(upstream: Upstream, dialect: Dialect): Promise<FoundModels> {
    const url = new URL(`${upstream.baseUrls[dialect.name as DialectName]}/models`)
    const said = [...dialect.models.headers, ...upstream.headers]
    const key = upstream.apiKey === undefined ? [] : dialect.http.authorize(upstream.apiKey, said)
    const headers: RawHeaders = ['accept', 'application/json', ...said, ...key]
    return new ModelPages(this.#client, url, headers, dialect.models).read()
  }
}
