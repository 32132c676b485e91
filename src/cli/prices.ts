import { Command } from 'commander'
import { type Config, loadConfig } from '../gateway/index.ts'
import type { PriceList } from '../prices/index.ts'
import { withLedgerOptions } from './ledger-options.ts'
import { openPrices } from './open-prices.ts'
import { formatTable } from './table.ts'
import { type UpdateFlags, updatePrices } from './update-prices.ts'
import { isForPrograms, printLines } from './with-ledger.ts'

interface PricesFlags {
  readonly config?: string
  readonly json?: boolean
  readonly upstream?: string
}

export function pricesCommand(): Command {
  const prices = new Command('prices')
    .description('Show what a model costs here, and where the price is from; or fetch a newer catalogue.')
    .argument('<model>', 'the model, as the upstream names it')
    .option('--upstream <name>', 'only at this upstream: its name, or a host such as api.openai.com')
  const update = new Command('update')
    .description('Fetch the newest catalogue of prices. Nothing else ever does.')
    .option('--url <url>', 'where to fetch it (default: where genai-prices publishes it)')
    .option('--file <file>', 'where to put it (default: `prices.file`, else in the data folder)')
    .option('--config <file>', 'configuration to read (default: millrace.yaml in this folder, when there is one)')
    .action((flags: UpdateFlags) => updatePrices(flags, read(flags.config)))
  withLedgerOptions(prices).action(show)
  return prices.addCommand(update.copyInheritedSettings(prices))
}

function read(flag: string | undefined): Config {
  return loadConfig({ cwd: process.cwd(), env: process.env, ...(flag === undefined ? {} : { flag }) }).config
}

/** A model at one upstream. */
interface Listed extends PriceList {
  readonly upstream: string
}

async function show(model: string, flags: PricesFlags): Promise<void> {
  const config = read(flags.config)
  const book = await openPrices(config)
  const listed = askedOf(config, flags.upstream).flatMap(({ upstream, dialect }): Listed[] => {
    const list = book.listFor({ upstream, dialect, model, time: Date.now() })
    return list === undefined ? [] : [{ upstream, ...list }]
  })
  if (isForPrograms(flags)) printLines(listed)
  else process.stdout.write(listed.length === 0 ? unknown(config, flags) : listed.map(formatList).join('\n'))
}

/** Every upstream once for each place that it is asked at: who bills may differ. */
function askedOf({ upstreams }: Config, wanted: string | undefined) {
  const places = upstreams
    .filter(({ name }) => wanted === undefined || name === wanted)
    .flatMap(({ name, baseUrls }) => {
      const dialects = Object.keys(baseUrls) as (keyof typeof baseUrls)[]
      const hosts = new Set<string | undefined>()
      return dialects.flatMap(dialect => {
        const host = URL.parse(baseUrls[dialect] ?? '')?.host
        if (hosts.has(host)) return []
        hosts.add(host)
        return [{ upstream: name, dialect }]
      })
    })
  if (places.length > 0 || wanted === undefined) return places
  return [{ upstream: wanted, dialect: 'chat' } as const]
}

function unknown({ upstreams }: Config, { upstream }: PricesFlags): string {
  if (upstreams.length === 0 && upstream === undefined)
    return 'there are no upstreams here: name one with --upstream, as in --upstream api.openai.com\n'
  return 'no price is known here: `prices.overrides` of the configuration can give one\n'
}

export function formatList({ upstream, provider, model, source, prices, override }: Listed): string {
  const rows = [
    ...Object.entries(prices).map(([name, price]) => [...namesOf(name), formatPrice(price)]),
    ...Object.entries(override?.serverTools ?? {}).map(([name, price]) => [name, 'a thousand', `${price}`]),
    ...Object.entries(override?.tiers ?? {}).map(([name, factor]) => [`tier ${name}`, 'of all tokens', `× ${factor}`]),
  ]
  const columns = [{ name: 'PRICE' }, { name: 'FOR' }, { name: 'US DOLLARS' }]
  return `${model} at ${upstream}, billed by ${provider}, by ${source}\n${formatTable(columns, rows)}`
}

const PER: Readonly<Record<string, string>> = { mtok: 'a million tokens', kcount: 'a thousand' }

/** What `cache_read_mtok` is for: `cache read`, `a million tokens`. */
function namesOf(price: string): [name: string, per: string] {
  const words = price.split('_')
  const unit = words.pop() ?? ''
  return [words.join(' '), PER[unit] ?? unit]
}

/** A number, or tiers by the size of the prompt. */
function formatPrice(price: unknown): string {
  if (typeof price === 'number') return `${price}`
  const { base, tiers } = price as { base: number; tiers: readonly { start: number; price: number }[] }
  return [`${base}`, ...tiers.map(tier => `${tier.price} above ${tier.start} tokens of input`)].join(', ')
}
