import type { Outcome } from '../model/index.ts'
import { GAP_BOUNDS_MS, type StreamReport } from '../observe/index.ts'
import { type Count, CounterFamily, type Distribution, type Family, HistogramFamily } from './families.ts'
import type { KnownNames } from './known-names.ts'

/** Stands where there is no value: an empty label would be none at all. */
const NONE = 'none'

/** Upper bounds in seconds, from a cached token to the longest stream. */
const SECONDS = [0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 120, 300, 600, 1800] as const

const BY_MODEL = ['upstream', 'model'] as const

/** What differs between the kinds of exchanges that there are; each one's series are looked up once. */
interface Kind {
  readonly labels: Readonly<Record<'client_dialect' | 'upstream_dialect' | 'upstream' | 'lane' | 'model', string>>
  readonly outcomes: Partial<Record<Outcome, Count>>
  /** By provenance, then in the order of `partsOf`. */
  readonly tokens: Partial<Record<string, readonly Count[]>>
  readonly cost: Count
  readonly unpriced: Count
  readonly firstByte: Distribution
  readonly firstToken: Distribution
  readonly duration: Distribution
  readonly gaps: Distribution
}

const TOKEN_KINDS = ['input', 'cache_read', 'cache_write', 'output', 'reasoning'] as const

/**
 * Counts exchanges by their reports.
 *
 * 2 µs each in a loop, 9 when nothing of it is in the caches (Node 26), so that nothing is put off to a later turn.
 */
export class ExchangeCounts {
  /** All of them, for the registry. */
  readonly families: readonly Family[]

  readonly #models: KnownNames
  readonly #kinds = new Map<string, Kind>()

  readonly #exchanges = new CounterFamily({
    name: 'millrace_exchanges_total',
    help: 'Exchanges that have ended, refused ones among them.',
    labelNames: ['outcome', 'client_dialect', 'upstream_dialect', 'upstream', 'lane', 'model'],
  })
  readonly #failures = new CounterFamily({
    name: 'millrace_failures_total',
    help: 'Exchanges that ended with an error, by the code that the client got.',
    labelNames: ['code', 'upstream'],
  })
  readonly #attempts = new CounterFamily({
    name: 'millrace_upstream_attempts_total',
    help: 'Requests that were sent to upstreams.',
    labelNames: ['upstream'],
  })
  readonly #errors = new CounterFamily({
    name: 'millrace_upstream_errors_total',
    help: 'Requests to upstreams that brought no answer, or only a part of one; not those whose client left.',
    labelNames: ['upstream', 'code'],
  })
  readonly #tokens = new CounterFamily({
    name: 'millrace_tokens_total',
    help: 'Tokens, each in one kind: the sum over all kinds is the sum of all tokens.',
    labelNames: ['kind', 'provenance', ...BY_MODEL],
  })
  readonly #cost = new CounterFamily({
    name: 'millrace_cost_dollars_total',
    help: 'What exchanges cost, in US dollars, as far as prices are known.',
    labelNames: BY_MODEL,
  })
  readonly #unpriced = new CounterFamily({
    name: 'millrace_unpriced_exchanges_total',
    help: 'Exchanges that used tokens and whose cost is not known.',
    labelNames: BY_MODEL,
  })
  readonly #losses = new CounterFamily({
    name: 'millrace_losses_total',
    help: "Members of requests and answers that the other side's dialect cannot say.",
    labelNames: ['in', 'reason'],
  })
  readonly #bytes = new CounterFamily({
    name: 'millrace_answer_bytes_total',
    help: 'Bytes of the bodies of answers.',
    labelNames: ['direction'],
  })
  readonly #firstByte = new HistogramFamily(
    {
      name: 'millrace_first_byte_seconds',
      help: "From the complete request to the first byte of an upstream's body.",
      labelNames: BY_MODEL,
    },
    SECONDS,
  )
  readonly #firstToken = new HistogramFamily(
    {
      name: 'millrace_first_token_seconds',
      help: 'From the complete request to the first visible text or tool call.',
      labelNames: BY_MODEL,
    },
    SECONDS,
  )
  readonly #duration = new HistogramFamily(
    {
      name: 'millrace_exchange_duration_seconds',
      help: 'From the complete request to the end, of exchanges that asked an upstream.',
      labelNames: BY_MODEL,
    },
    SECONDS,
  )
  readonly #gaps = new HistogramFamily(
    {
      name: 'millrace_token_gap_seconds',
      help: 'Silences between two reads that brought content.',
      labelNames: BY_MODEL,
    },
    GAP_BOUNDS_MS.map(ms => ms / 1000),
  )

  readonly #received = this.#bytes.at({ direction: 'received' })
  readonly #sent = this.#bytes.at({ direction: 'sent' })

  /** @param models which names of models are labels */
  constructor(models: KnownNames) {
    this.#models = models
    this.families = [
      this.#exchanges,
      this.#failures,
      this.#attempts,
      this.#errors,
      this.#tokens,
      this.#cost,
      this.#unpriced,
      this.#losses,
      this.#bytes,
      this.#firstByte,
      this.#firstToken,
      this.#duration,
      this.#gaps,
    ]
  }

  /** Counts an exchange that has ended. */
  note(report: StreamReport): void {
    const { outcome, error, attempts, losses, times, bytesIn, bytesOut } = report
    const kind = this.#kindOf(report)
    const { upstream } = kind.labels
    kind.outcomes[outcome] ??= this.#exchanges.at({ outcome, ...kind.labels })
    kind.outcomes[outcome].value++
    if (error !== null) this.#failures.at({ code: error.code, upstream }).value++
    for (const { upstream: asked, error: code } of attempts) {
      const name = asked ?? NONE
      this.#attempts.at({ upstream: name }).value++
      if (code !== null && code !== 'cancelled') this.#errors.at({ upstream: name, code }).value++
    }
    for (const { in: side, reason } of losses) this.#losses.at({ in: side, reason }).value++
    this.#received.value += bytesIn
    this.#sent.value += bytesOut
    this.#noteUsage(kind, report)
    if (attempts.length === 0) return
    kind.duration.observe(times.totalMs / 1000)
    if (times.firstByteMs !== null) kind.firstByte.observe(times.firstByteMs / 1000)
    if (times.firstTokenMs !== null) kind.firstToken.observe(times.firstTokenMs / 1000)
    if (times.gaps.length > 0) kind.gaps.add(times.gaps, times.gapSumMs / 1000)
  }

  #noteUsage(kind: Kind, { usage, cost }: StreamReport): void {
    const { provenance } = usage
    if (cost !== null) kind.cost.value += Math.max(cost.usd, 0)
    if (provenance === 'none') return
    if (cost === null) kind.unpriced.value++
    const { upstream, model } = kind.labels
    kind.tokens[provenance] ??= TOKEN_KINDS.map(name => this.#tokens.at({ kind: name, provenance, upstream, model }))
    const counts = kind.tokens[provenance]
    const parts = partsOf(usage)
    for (let at = 0; at < parts.length; at++) (counts[at] as Count).value += parts[at] as number
  }

  #kindOf({ client, upstream, lane, model, outcome, attempts }: StreamReport): Kind {
    const named = model.sent ?? model.requested
    // What an upstream answers it knows: names that were made up are refused.
    const isProven = outcome === 'completed' && attempts.length > 0
    const labels = {
      client_dialect: client.dialect ?? NONE,
      upstream_dialect: upstream.dialect ?? NONE,
      upstream: upstream.name ?? NONE,
      lane: lane ?? NONE,
      model: named === null ? NONE : this.#models.label(named, isProven),
    }
    const key = `${labels.client_dialect} ${labels.upstream_dialect} ${labels.upstream} ${labels.lane} ${labels.model}`
    let kind = this.#kinds.get(key)
    if (kind === undefined) {
      kind = this.#makeKind(labels)
      this.#kinds.set(key, kind)
    }
    return kind
  }

  #makeKind(labels: Kind['labels']): Kind {
    const { upstream, model } = labels
    const byModel = { upstream, model }
    return {
      labels,
      outcomes: {},
      tokens: {},
      cost: this.#cost.at(byModel),
      unpriced: this.#unpriced.at(byModel),
      firstByte: this.#firstByte.at(byModel),
      firstToken: this.#firstToken.at(byModel),
      duration: this.#duration.at(byModel),
      gaps: this.#gaps.at(byModel),
    }
  }
}

/** Each token once: reports have them as totals with their parts. */
function partsOf({ input, cacheRead, cacheWrite, output, reasoning }: StreamReport['usage']): readonly number[] {
  const [read, write, thought] = [cacheRead ?? 0, cacheWrite ?? 0, reasoning ?? 0]
  // Upstreams whose parts are more than their total are not believed to have used less than nothing.
  return [Math.max((input ?? 0) - read - write, 0), read, write, Math.max((output ?? 0) - thought, 0), thought]
}
