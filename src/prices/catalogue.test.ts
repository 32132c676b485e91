import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import type { Usage } from '../model/index.ts'
import type { Priced } from '../observe/index.ts'
import { PriceCatalogue, type PriceOverride, parseCatalogue } from './index.ts'

const CATALOGUE = parseCatalogue(
  JSON.stringify([
    {
      id: 'acme',
      name: 'Acme',
      api_pattern: 'https://api\\.acme\\.example',
      models: [
        {
          id: 'plain',
          match: { starts_with: 'plain' },
          prices: { input_mtok: 2, cache_read_mtok: 0.5, output_mtok: 10, web_searches_kcount: 10 },
        },
        {
          id: 'dated',
          match: { equals: 'dated' },
          prices: [
            { prices: { input_mtok: 1, output_mtok: 1 } },
            { constraint: { start_date: '2026-07-01' }, prices: { input_mtok: 3, output_mtok: 3 } },
          ],
        },
        {
          id: 'nightly',
          match: { equals: 'nightly' },
          prices: [
            { prices: { input_mtok: 1, output_mtok: 1 } },
            {
              constraint: { start_time: '22:00:00Z', end_time: '06:00:00Z' },
              prices: { input_mtok: 0.5, output_mtok: 0.5 },
            },
          ],
        },
        {
          id: 'painter',
          match: { equals: 'painter' },
          prices: { input_mtok: 1, output_mtok: 2, output_image_mtok: 30 },
        },
        { id: 'broken', match: { equals: 'broken' }, prices: { input_mtok: -1, output_mtok: 2 } },
      ],
    },
    {
      id: 'mall',
      name: 'Mall',
      api_pattern: 'https://mall\\.example',
      fallback_model_providers: ['acme'],
      models: [{ id: 'plain', match: { equals: 'plain-cheap' }, prices: { input_mtok: 1, output_mtok: 1 } }],
    },
  ]),
)

const UPSTREAMS = [
  { name: 'acme', baseUrls: { chat: 'https://api.acme.example/v1' } },
  { name: 'mall', baseUrls: { chat: 'https://mall.example/v1' } },
  { name: 'local', baseUrls: { chat: 'http://127.0.0.1:11434/v1' } },
  { name: 'proxy', baseUrls: { chat: 'http://10.0.0.7/v1' }, billedBy: 'acme' },
  { name: 'free', baseUrls: { chat: 'https://api.acme.example/v1' }, billedBy: 'none' },
]

const NOON = Date.UTC(2026, 10, 26, 12)

function priced(usage: Usage, more: Partial<Priced> = {}): Priced {
  return { upstream: 'acme', dialect: 'chat', model: 'plain', usage, time: NOON, ...more }
}

function usdOf(usage: Usage, more: Partial<Priced> = {}, overrides: readonly PriceOverride[] = []): number | undefined {
  return new PriceCatalogue(CATALOGUE, 'test', { upstreams: UPSTREAMS, overrides }).costOf(priced(usage, more))?.usd
}

test('who bills is whose address it is, whatever the model is called', () => {
  const usage = { input: 1_000_000, output: 0 }
  assert.equal(usdOf(usage), 2)
  assert.equal(usdOf(usage, { upstream: 'mall', model: 'plain-cheap' }), 1)
  // What a reseller does not list it bills as the vendor does.
  assert.equal(usdOf(usage, { upstream: 'mall', model: 'plain' }), 2)
  assert.equal(usdOf(usage, { upstream: 'local' }), undefined)
  assert.equal(usdOf(usage, { upstream: 'proxy' }), 2)
  assert.equal(usdOf(usage, { upstream: 'free' }), undefined)
  assert.equal(usdOf(usage, { dialect: 'messages' }), undefined)
})

test('an upstream that nobody has configured is known by its host', () => {
  const usage = { input: 1_000_000, output: 0 }
  assert.equal(usdOf(usage, { upstream: 'api.acme.example' }), 2)
  assert.equal(usdOf(usage, { upstream: '127.0.0.1:8080' }), undefined)
})

test('a biller that the catalogue does not know is a mistake', () => {
  const upstreams = [{ name: 'a', baseUrls: {}, billedBy: 'acne' }]
  assert.throws(
    () => new PriceCatalogue(CATALOGUE, 'test', { upstreams }),
    /the catalogue has no provider "acne", only acme, mall/,
  )
})

test('what is not known has no cost, and is not free', () => {
  assert.equal(usdOf({ input: 10, output: 10 }, { model: 'unheard-of' }), undefined)
  assert.equal(usdOf({ output: 10 }), undefined)
  assert.equal(usdOf({}), undefined)
  assert.equal(usdOf({ input: 10, output: 10 }, { serviceTier: 'flex' }), undefined)
  assert.equal(usdOf({ input: 10, output: 10, serverTools: { code_execution_requests: 1 } }), undefined)
  assert.equal(usdOf({ input: 10, output: 10 }, { model: 'painter' }), undefined)
  assert.equal(usdOf({ input: 10, output: 10 }, { model: 'broken' }), undefined)
})

test('counts that contradict themselves have no cost', () => {
  assert.equal(usdOf({ input: 10, cacheRead: 11, output: 10 }), undefined)
  assert.equal(usdOf({ input: -1, output: 10 }), undefined)
  assert.equal(usdOf({ input: Number.NaN, output: 10 }), undefined)
})

test('a part without a price of its own is not billed at the full rate', () => {
  assert.equal(usdOf({ input: 100, cacheWrite: 50, output: 10 }), undefined)
  assert.equal(usdOf({ input: 100, cacheWrite: 0, output: 10 }), 0.0003)
  assert.equal(usdOf({ input: 100, audioInput: 1, output: 10 }), undefined)
  const free = [{ match: '*', input: 0, output: 0 }]
  assert.equal(usdOf({ input: 100, cacheRead: 50, cacheWrite: 20, output: 10 }, {}, free), 0)
})

test('no tokens cost nothing', () => {
  assert.equal(usdOf({ input: 0, output: 0 }), 0)
})

test('prices change with the date and with the time of the day', () => {
  const usage = { input: 1_000_000, output: 0 }
  const book = new PriceCatalogue(CATALOGUE, 'test', { upstreams: UPSTREAMS })
  const at = (model: string, time: number) => book.costOf(priced(usage, { model, time }))?.usd
  assert.equal(at('dated', Date.UTC(2026, 5, 30, 23, 59)), 1)
  assert.equal(at('dated', Date.UTC(2026, 6, 1)), 3)
  assert.equal(at('dated', Date.UTC(2026, 5, 30, 23, 59)), 1)
  assert.equal(at('nightly', Date.UTC(2026, 5, 30, 23, 59)), 0.5)
  assert.equal(at('nightly', NOON), 1)
})

test('the first override that fits counts, with a source of its own', () => {
  const overrides: PriceOverride[] = [
    { match: 'plain-*', upstream: 'local', input: 1, output: 1, tiers: { slow: 0.5 } },
    { match: 'plain*', tiers: { flex: 0.5 }, serverTools: { code: 100 } },
    { match: '*', upstream: 'local', input: 9, cacheRead: 1, cacheWrite: 2, cacheWrite1h: 3, output: 9, audioInput: 4 },
  ]
  const book = new PriceCatalogue(CATALOGUE, 'test', { upstreams: UPSTREAMS, overrides })
  const costOf = (usage: Usage, more: Partial<Priced>) => book.costOf(priced(usage, more))
  const usage = { input: 1_000_000, output: 0 }
  assert.deepEqual(costOf(usage, { upstream: 'local', model: 'plain-1' }), { usd: 1, source: 'config' })
  assert.deepEqual(costOf(usage, { upstream: 'local', model: 'plain-1', serviceTier: 'slow' }), {
    usd: 0.5,
    source: 'config',
  })
  assert.deepEqual(costOf(usage, {}), { usd: 2, source: 'test' })
  assert.deepEqual(costOf(usage, { serviceTier: 'flex' }), { usd: 1, source: 'test and config' })
  assert.deepEqual(costOf({ ...usage, serverTools: { code: 5, web_search: 1 } }, {}), {
    usd: 2.51,
    source: 'test and config',
  })
  // 100 000 × 9 + 400 000 × 1 + 300 000 × 2 + 200 000 × 3 dollars a million
  const parts = { input: 1_000_000, cacheRead: 400_000, cacheWrite: 500_000, cacheWrite1h: 200_000, output: 0 }
  assert.deepEqual(costOf(parts, { upstream: 'local', model: 'x' }), { usd: 2.5, source: 'config' })
  assert.deepEqual(costOf({ input: 10, audioInput: 10, output: 0 }, { upstream: 'local', model: 'x' }), {
    usd: 0.00004,
    source: 'config',
  })
  // How much of the audio was cached nobody says.
  assert.equal(
    costOf({ input: 10, audioInput: 5, cacheRead: 5, output: 0 }, { upstream: 'local', model: 'x' }),
    undefined,
  )
})

test('a factor of a tier leaves the price of tools', () => {
  const overrides = [{ match: '*', tiers: { flex: 0.5 } }]
  // 2 × 0.5 + 1 search at 10 a thousand
  assert.equal(
    usdOf({ input: 1_000_000, output: 0, serverTools: { web_search: 1 } }, { serviceTier: 'flex' }, overrides),
    1.01,
  )
})

test('the models of one answer are added up, and one that is not known leaves nothing', () => {
  const byModel = [
    { model: 'plain', usage: { input: 1000, output: 100 } },
    { model: 'plain-cheap', usage: { input: 2000, output: 0 } },
  ]
  // 1000 × 2 + 100 × 10 + 2000 × 2 dollars a million; the totals are those of one of them.
  assert.equal(usdOf({ input: 1000, output: 100, byModel }), 0.007)
  assert.equal(usdOf({ input: 1000, output: 100, byModel, serverTools: { web_search: 2 } }), 0.027)
  assert.equal(
    usdOf({ input: 1, output: 1, byModel: [...byModel, { model: 'x', usage: { input: 0, output: 0 } }] }),
    undefined,
  )
})

test('names from outside do not fill the memory', () => {
  const book = new PriceCatalogue(CATALOGUE, 'test', { upstreams: UPSTREAMS })
  for (let n = 0; n < 2500; n++) book.costOf(priced({ input: 1, output: 1 }, { model: `plain-${n}` }))
  assert.equal(book.costOf(priced({ input: 1_000_000, output: 0 }, { model: `plain-${'x'.repeat(100_000)}` }))?.usd, 2)
})

test('the bundled catalogue names the version that is installed', async () => {
  const installed = JSON.parse(
    readFileSync(new URL('../../node_modules/@pydantic/genai-prices/package.json', import.meta.url), 'utf8'),
  ).version
  const book = await PriceCatalogue.bundled()
  const source = `genai-prices ${installed}`
  const costOf = (upstream: string, model: string, usage: Usage) => book.costOf(priced(usage, { upstream, model }))
  // 1000 × 30 + 1000 × 60
  const plain = costOf('api.openai.com', 'gpt-4', { input: 1000, output: 1000 })
  assert.deepEqual(plain, { usd: 0.09, source })
  // (1000 − 800) × 2.5 + 800 × 1.25 + 100 × 10 = 500 + 1000 + 1000
  const cached = costOf('api.openai.com', 'gpt-4o-2024-08-06', { input: 1000, cacheRead: 800, output: 100 })
  assert.deepEqual(cached, { usd: 0.0025, source })
  // 100 × 3 + 700 × 0.3 + 150 × 3.75 + 50 × 6 + 10 × 15 = 300 + 210 + 562.5 + 300 + 150
  const parts = { input: 1000, cacheRead: 700, cacheWrite: 200, cacheWrite1h: 50, output: 10 }
  assert.deepEqual(costOf('api.anthropic.com', 'claude-sonnet-4-20250514', parts), { usd: 0.0015225, source })
  assert.equal(costOf('127.0.0.1:8000', 'gpt-4', { input: 1000, output: 1000 }), undefined)
})

test('what is no catalogue is refused', () => {
  for (const text of [
    '',
    '<html>',
    '{}',
    '[]',
    '[{"id":"a"}]',
    '[{"id":"a","api_pattern":"(","models":[]}]',
    '[{"id":"a","api_pattern":"","models":[{}]}]',
  ])
    assert.throws(() => parseCatalogue(text), /^MillraceError: Cannot read the price catalogue: it is n/, text)
})
