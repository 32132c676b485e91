import { concat, copy } from '../bytes.ts'
import type { DialectModels } from '../dialects/index.ts'
import type { HttpClient, RawHeaders, UpstreamCall } from '../http/index.ts'

/** How long a list waits for one upstream with all of its pages, in milliseconds. */
const WAIT_MS = 5000

/** How large all pages of a list are together, in bytes. */
const MAX_LIST_BYTES = 4 * 1024 * 1024

/** How many pages are read of one list: Anthropic's have 20 models each, Google's 50. */
const MAX_PAGES = 20

export interface FoundModels {
  readonly names: readonly string[]
  /** Nothing failed, and no limit was met. */
  readonly isWhole: boolean
}

/** Reads an upstream's list of models, page by page. One that fails, or is slow, has no more than was read. */
export class ModelPages {
  readonly #client: HttpClient
  readonly #url: URL
  readonly #headers: RawHeaders
  readonly #models: DialectModels
  readonly #names: string[] = []
  readonly #asked = new Set<string>()
  #bytes = 0
  #call: UpstreamCall | undefined
  #timer: ReturnType<typeof setTimeout> | undefined
  #resolve: (found: FoundModels) => void = () => {}

  /** @param url of the first page, without a query */
  constructor(client: HttpClient, url: URL, headers: RawHeaders, models: DialectModels) {
    this.#client = client
    this.#url = url
    this.#headers = headers
    this.#models = models
  }

  /** Called once. Never rejects. */
  read(): Promise<FoundModels> {
    return new Promise(resolve => {
      this.#resolve = resolve
      this.#timer = setTimeout(() => {
        this.#call?.abort()
        this.#finish(false)
      }, WAIT_MS)
      this.#ask('')
    })
  }

  /** @param query with its question mark; empty for the first page */
  #ask(query: string): void {
    this.#asked.add(query)
    const chunks: Uint8Array[] = []
    let isGood = false
    const url = query === '' ? this.#url : new URL(query, this.#url)
    this.#call = this.#client.send(
      { method: 'GET', url, headers: this.#headers, body: undefined },
      {
        onHead: ({ status }) => {
          isGood = status === 200
        },
        onData: chunk => {
          this.#bytes += chunk.length
          if (this.#bytes <= MAX_LIST_BYTES) chunks.push(copy(chunk))
        },
        onEnd: () => {
          if (isGood && this.#bytes <= MAX_LIST_BYTES) this.#take(concat(chunks))
          else this.#finish(false)
        },
        onError: () => this.#finish(false),
      },
    )
  }

  #take(body: Uint8Array): void {
    const { names, next } = this.#models.decode(body)
    this.#names.push(...names)
    // A page that leads to one that was read would go on for ever.
    const isOver = next === undefined || this.#asked.has(next)
    if (isOver || this.#asked.size >= MAX_PAGES) this.#finish(isOver)
    else this.#ask(next)
  }

  #finish(isWhole: boolean): void {
    clearTimeout(this.#timer)
    this.#resolve({ names: this.#names, isWhole })
  }
}
