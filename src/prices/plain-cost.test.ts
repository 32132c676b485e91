import assert from 'node:assert/strict'
import { test } from 'node:test'
import { calcPrice } from '@pydantic/genai-prices'
import fc from 'fast-check'
import type { Usage } from '../model/index.ts'
import { plainCost } from './plain-cost.ts'
import { tokenUnits } from './units.ts'

const rate = fc.oneof(
  fc.nat(100).map(n => n / 8),
  fc.record({
    base: fc.nat(40).map(n => n / 4),
    tiers: fc.array(fc.record({ start: fc.nat(2000), price: fc.nat(80).map(n => n / 4) }), {
      minLength: 1,
      maxLength: 3,
    }),
  }),
)
const list = fc
  .record(
    {
      input_mtok: rate,
      output_mtok: rate,
      cache_read_mtok: rate,
      cache_write_mtok: rate,
      output_reasoning_mtok: rate,
      cache_write_1h_mtok: rate,
    },
    { requiredKeys: ['input_mtok', 'output_mtok'] },
  )
  // A price of writes for an hour stands beside that of other writes.
  .filter(prices => prices.cache_write_1h_mtok === undefined || prices.cache_write_mtok !== undefined)
const count = fc.oneof(fc.nat(20), fc.nat(4000))
const counts = fc.record(
  { input: count, output: count, cacheRead: count, cacheWrite: count, cacheWrite1h: count, reasoning: count },
  { requiredKeys: ['input'] },
)

/** The package's own word. */
function slowCost(usage: Usage, prices: Record<string, unknown>): number | undefined {
  const models = [{ id: 'm', match: { equals: 'm' }, prices: prices as Record<string, number> }]
  try {
    return calcPrice(tokenUnits(usage) ?? {}, 'm', { provider: { id: 'p', name: 'p', api_pattern: '', models } })
      ?.total_price
  } catch {
    return undefined
  }
}

test('plainCost agrees with the package, its slow twin', () => {
  fc.assert(
    fc.property(list, counts, (prices, usage) => {
      const [fast, slow] = [plainCost(usage, prices), slowCost(usage, prices)]
      if (fast === undefined || slow === undefined) assert.equal(fast, slow)
      else assert.ok(Math.abs(fast - slow) < 1e-12, `${fast} is not ${slow}`)
    }),
    { numRuns: 3000 },
  )
})

test('what is no count costs nothing that is known', () => {
  const prices = { input_mtok: 1, output_mtok: 1 }
  for (const input of [-1, Number.NaN, Number.POSITIVE_INFINITY]) assert.equal(plainCost({ input }, prices), undefined)
})
