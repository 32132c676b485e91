/** Exchanges of a working day, made up and the same each time. */
import type { StreamReport } from '../../src/observe/index.ts'
import { made } from '../ledger/exchanges.ts'

const MODELS = [
  ['claude-sonnet-5', 'anthropic', 'messages', 0.012, 900],
  ['claude-opus-5', 'anthropic', 'messages', 0.071, 1500],
  ['gpt-6', 'openai', 'responses', 0.024, 700],
  ['gemini-4-flash', 'google', 'gemini', 0.002, 350],
  ['qwen3:8b', 'local', 'chat', null, 240],
] as const

/** @param untilMs when the last of them ended, in milliseconds since the epoch */
export function keptExchanges(untilMs: number, rangeMs: number, count: number): StreamReport[] {
  const random = numbers(7)
  return Array.from({ length: count }, (_, n) => {
    // More of them twice in the range, as before and after a lunch.
    const share = (n + random()) / count
    const at = untilMs - rangeMs + rangeMs * (share + 0.07 * Math.sin(4 * Math.PI * share))
    const busy = Math.abs(Math.cos(2 * Math.PI * share))
    const [name, upstream, dialect, usd, firstMs] = MODELS[Math.floor(random() ** 1.6 * MODELS.length)] ?? MODELS[0]
    const isFailed = random() < 0.02 + 0.03 * busy
    const firstTokenMs = firstMs * (0.6 + busy * 0.8 + random() ** 4 * 5)
    const output = Math.round(80 + 900 * random())
    return made({
      time: new Date(Math.min(at, untilMs - 1)).toISOString(),
      outcome: isFailed ? 'failed' : 'completed',
      key: random() < 0.7 ? '2c26b46b' : 'fcde2b2e',
      client: { dialect },
      upstream: { name: upstream, dialect },
      model: { requested: name, sent: name, reported: name },
      cost: isFailed || usd === null ? null : { usd: usd * (0.4 + random()), source: 'genai-prices 0.1.8' },
      usage: isFailed
        ? {}
        : { input: Math.round(2000 + 20_000 * random()), cacheRead: Math.round(1500 * random()), output },
      times: isFailed ? {} : { firstTokenMs, totalMs: firstTokenMs + (output * 1000) / (40 + 60 * random()) },
    })
  })
}

/** The same numbers each time, from 0 up to 1. */
function numbers(seed: number): () => number {
  let state = seed
  return () => {
    state = (state * 1_103_515_245 + 12_345) % 2_147_483_648
    return state / 2_147_483_648
  }
}
