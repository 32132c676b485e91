import { calcPrice } from '@pydantic/genai-prices'
import { MillraceError } from '../errors.ts'
import type { DialectName, Usage } from '../model/index.ts'
import type { Cost, PriceBook, Priced } from '../observe/index.ts'
import { type BilledUpstream, biller } from './biller.ts'
import { BUNDLED_SOURCE, bundledProviders, type CatalogueModel, type CatalogueProvider } from './catalogue-data.ts'
import { overrideFor, type PriceOverride, pricesOf } from './overrides.ts'
import { plainCost } from './plain-cost.ts'
import { tierFactor } from './tiers.ts'
import { isPriced, KNOWN_PRICES, type Prices, tokenUnits, toolPrice } from './units.ts'

/** What a catalogue is told of those who serve. */
export interface PriceCatalogueOptions {
  /** The upstreams, for who bills for them. One that is not here is known by its host. */
  readonly upstreams?: readonly BilledUpstream[]
  /** Prices that are given; the first that fits counts. */
  readonly overrides?: readonly PriceOverride[]
}

/** What one model of one upstream costs. */
export interface PriceList {
  /** Where the prices are from. */
  readonly source: string
  /** Who bills, by the catalogue's id; `config` where the prices are given. */
  readonly provider: string
  /** The model's name in the catalogue. */
  readonly model: string
  /** Prices at that time, by the catalogue's names: US dollars for the unit that the name ends in. */
  readonly prices: Prices
  /** What was given beside the catalogue's prices. */
  readonly override: PriceOverride | undefined
}

/** A provider narrowed to one model, so that nothing is matched again: 20 µs a call without. */
interface Priceable {
  readonly provider: CatalogueProvider
  readonly source: string
  readonly override: PriceOverride | undefined
  /** Prices of tokens that do not change with time, found to be sound; undefined: the package is asked each time. */
  readonly plain: Prices | undefined
}

/** What prices are called that are given. */
const CONFIG = 'config'

/** Matches the one model of a narrowed provider. */
const ONLY = 'only'

/** Models that are remembered with their prices; and the longest name, since names come from outside. */
const MAX_KNOWN = 1000
const MAX_NAME = 200

/** What models cost, by a catalogue of `genai-prices` and by prices that are given. */
export class PriceCatalogue implements PriceBook {
  readonly #providers: readonly CatalogueProvider[]
  readonly #source: string
  readonly #upstreams: ReadonlyMap<string, BilledUpstream>
  readonly #overrides: readonly PriceOverride[]
  /** Null: there is no price. */
  readonly #known = new Map<string, Priceable | null>()

  /**
   * @param providers a catalogue, as `parseCatalogue` reads it
   * @param source what it is called where a price is from it
   * @throws {MillraceError} `bad-request` when an upstream is billed by a provider that is not in the catalogue
   */
  constructor(
    providers: readonly CatalogueProvider[],
    source: string,
    { upstreams = [], overrides = [] }: PriceCatalogueOptions = {},
  ) {
    this.#providers = providers
    this.#source = source
    this.#upstreams = new Map(upstreams.map(upstream => [upstream.name, upstream]))
    this.#overrides = overrides
    for (const { name, billedBy } of upstreams)
      if (billedBy !== undefined && billedBy !== 'none' && !providers.some(({ id }) => id === billedBy))
        throw new MillraceError(
          'bad-request',
          `Cannot price the upstream "${name}": the catalogue has no provider "${billedBy}", only ${idsOf(providers)}`,
        )
  }

  /** The catalogue that came with the package. */
  static async bundled(options?: PriceCatalogueOptions): Promise<PriceCatalogue> {
    return new PriceCatalogue(await bundledProviders(), BUNDLED_SOURCE, options)
  }

  /** 1 µs; 13 where prices change with time, or with audio, since the package then checks them each time. */
  costOf(priced: Priced): Cost | undefined {
    const { byModel } = priced.usage
    const costs =
      byModel === undefined
        ? [this.#costOf(priced, priced.usage, priced.model)]
        : byModel.map(({ model, usage }) => this.#costOf(priced, usage, model))
    const tools = byModel === undefined ? undefined : { serverTools: priced.usage.serverTools, input: 0 }
    if (tools?.serverTools !== undefined) costs.push(this.#costOf(priced, tools as Usage, priced.model))
    return sumOf(costs)
  }

  /** What a model of an upstream costs; undefined where that is not known. */
  listFor({ upstream, dialect, model, time }: Omit<Priced, 'usage' | 'serviceTier'>): PriceList | undefined {
    const known = this.#priceableFor(upstream, dialect, model)
    if (known === null) return undefined
    const { provider, source, override } = known
    const found = priceAt(provider, NO_TOKENS, time)
    if (found === undefined) return undefined
    return { source, provider: provider.id, model: found.model.id, prices: found.prices, override }
  }

  #costOf({ upstream, dialect, serviceTier, time }: Priced, usage: Usage, model: string): Cost | undefined {
    const known = this.#priceableFor(upstream, dialect, model)
    const units = tokenUnits(usage)
    const factor = tierFactor(serviceTier, known?.override?.tiers)
    if (known === null || units === undefined || factor === undefined) return undefined
    const isPlain = known.plain !== undefined && !usage.audioInput && !usage.audioOutput
    const found = isPlain ? plainPrice(usage, known.plain) : priceAt(known.provider, units, time)
    if (found === undefined || !isPriced(usage, found.prices, known.provider.id === 'google')) return undefined
    const tools = toolsCost(usage.serverTools, found.prices, known.override)
    if (tools === undefined) return undefined
    const usd = found.tokens * factor + found.requests + tools
    const isGiven = known.override !== undefined && usesOverride(known.override, usage, serviceTier)
    return { usd: Number(usd.toPrecision(12)), source: isGiven ? sourceBeside(known.source) : known.source }
  }

  #priceableFor(upstream: string, dialect: DialectName, model: string): Priceable | null {
    const key = `${upstream}\n${dialect}\n${model}`
    let known = this.#known.get(key)
    if (known === undefined) {
      known = this.#find(upstream, dialect, model) ?? null
      if (this.#known.size >= MAX_KNOWN) this.#known.clear()
      if (model.length <= MAX_NAME) this.#known.set(key, known)
    }
    return known
  }

  #find(upstream: string, dialect: DialectName, model: string): Priceable | undefined {
    const override = overrideFor(this.#overrides, upstream, model)
    const given = override && pricesOf(override)
    if (given !== undefined) return priceable(narrowed(CONFIG, { id: model, prices: given }), CONFIG, override)
    const billing = biller(this.#providers, upstream, dialect, this.#upstreams.get(upstream))
    const found = billing && this.#modelOf(billing, model)
    if (billing === undefined || found === undefined) return undefined
    return priceable(narrowed(billing.id, found), this.#source, override)
  }

  /** As the package finds it; it looks for those whose models a provider resells in its own catalogue only. */
  #modelOf(billing: CatalogueProvider, model: string): CatalogueModel | undefined {
    const resold = (billing.fallback_model_providers ?? []).flatMap(id => this.#providers.filter(one => one.id === id))
    for (const { fallback_model_providers, ...provider } of [billing, ...resold]) {
      const found = priceAt(provider, NO_TOKENS, Date.now(), model)?.model
      if (found !== undefined) return hasOnlyKnownPrices(found) ? found : undefined
    }
    return undefined
  }
}

const NO_TOKENS = { input_tokens: 0, output_tokens: 0 }

/** Undefined for a model that is not there, and for counts or prices that contradict themselves. */
function priceAt(provider: CatalogueProvider, units: Record<string, number>, time: number, model = ONLY) {
  try {
    const found = calcPrice(units, model, { provider, timestamp: new Date(time) })
    if (found === null) return undefined
    const tokens = found.input_price + found.output_price
    return { model: found.model, prices: found.model_price, tokens, requests: found.total_price - tokens }
  } catch {
    return undefined
  }
}

function plainPrice(usage: Usage, prices: Prices) {
  const tokens = plainCost(usage, prices)
  return tokens === undefined ? undefined : { prices, tokens, requests: 0 }
}

function priceable(provider: CatalogueProvider, source: string, override: PriceOverride | undefined): Priceable {
  const prices = provider.models[0]?.prices
  const isPlain = prices !== undefined && !Array.isArray(prices) && prices.requests_kcount === undefined
  const isSound = priceAt(provider, NO_TOKENS, Date.now()) !== undefined
  return { provider, source, override, plain: isPlain && isSound ? prices : undefined }
}

function narrowed(
  id: string,
  { match, ...model }: Omit<CatalogueModel, 'match'> & Partial<Pick<CatalogueModel, 'match'>>,
) {
  return { id, name: id, api_pattern: '', models: [{ ...model, match: { equals: ONLY } }] }
}

/** Pictures, seconds or citations are not counted here: what costs by them has no cost that we know. */
function hasOnlyKnownPrices({ prices }: CatalogueModel): boolean {
  const lists = Array.isArray(prices) ? prices.map(one => one.prices) : [prices]
  return lists.every(list => Object.keys(list).every(name => KNOWN_PRICES.has(name)))
}

/** Undefined where one was used whose price is not known. */
function toolsCost(
  used: Usage['serverTools'],
  prices: Prices,
  override: PriceOverride | undefined,
): number | undefined {
  let usd = 0
  for (const [name, count] of Object.entries(used ?? {})) {
    if (count === 0) continue
    const price = toolPrice(name, prices, override?.serverTools)
    if (price === undefined) return undefined
    usd += (count * price) / 1000
  }
  return usd
}

/** Whether what is given counts in this answer, a tier's factor or a tool's price. */
function usesOverride({ tiers, serverTools }: PriceOverride, usage: Usage, tier: string | undefined): boolean {
  if (tier !== undefined && tiers !== undefined && Object.hasOwn(tiers, tier)) return true
  return Object.keys(usage.serverTools ?? {}).some(name => Object.hasOwn(serverTools ?? {}, name))
}

function sourceBeside(source: string): string {
  return source === CONFIG ? source : `${source} and ${CONFIG}`
}

/** Undefined where one of them is. */
function sumOf(costs: readonly (Cost | undefined)[]): Cost | undefined {
  const [first] = costs
  if (costs.length === 1) return first
  let usd = 0
  const sources = new Set<string>()
  for (const cost of costs) {
    if (cost === undefined) return undefined
    usd += cost.usd
    sources.add(cost.source)
  }
  return first && { usd: Number(usd.toPrecision(12)), source: [...sources].join(', ') }
}

function idsOf(providers: readonly CatalogueProvider[]): string {
  return providers.map(({ id }) => id).join(', ')
}
