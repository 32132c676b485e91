import { concat, copy } from '../bytes.ts'
import { DIALECTS, type Dialect, type DialectName } from '../dialects/index.ts'
import type { Head, HttpClient, RawHeaders } from '../http/index.ts'
import { type Config, literalModels, type Upstream } from './config/index.ts'

/** How long an upstream's own list is believed, in milliseconds. */
const FRESH_MS = 5 * 60 * 1000

/** How long a list waits for one upstream, in milliseconds: a slow one is left out. */
const WAIT_MS = 5000

const MAX_LIST_BYTES = 4 * 1024 * 1024

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
    const names = this.#ask(upstream, dialect)
    this.#cache.set(key, { names, at: performance.now() })
    // An upstream that did not answer is asked again next time.
    names.then(found => found.length === 0 && this.#cache.delete(key))
    return names
  }

  /** An upstream that fails has no list: the others are still worth showing. */
  #ask(upstream: Upstream, dialect: Dialect): Promise<readonly string[]> {
    const url = new URL(`${upstream.baseUrls[dialect.name as DialectName]}/models`)
    const said = [...dialect.models.headers, ...upstream.headers]
    const key = upstream.apiKey === undefined ? [] : dialect.http.authorize(upstream.apiKey, said)
    const headers: RawHeaders = ['accept', 'application/json', ...said, ...key]
    return new Promise(resolve => {
      const chunks: Uint8Array[] = []
      let bytes = 0
      let isGood = false
      const finish = (names: readonly string[]): void => {
        clearTimeout(timer)
        resolve(names)
      }
      const call = this.#client.send(
        { method: 'GET', url, headers, body: undefined },
        {
          onHead: (head: Head) => {
            isGood = head.status === 200
          },
          onData: chunk => {
            bytes += chunk.length
            if (bytes <= MAX_LIST_BYTES) chunks.push(copy(chunk))
          },
          onEnd: () => finish(isGood && bytes <= MAX_LIST_BYTES ? dialect.models.decode(concat(chunks)) : []),
          onError: () => finish([]),
        },
      )
      const timer = setTimeout(() => {
        call.abort()
        finish([])
      }, WAIT_MS)
    })
  }
}
