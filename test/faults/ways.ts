/** The ways of an answer: from an upstream that speaks one dialect, in one shape, to a client of the same or another. */
import type { DialectName } from '../../src/dialects/index.ts'
import { adapters } from '../../src/exchange/index.ts'
import type { Config } from '../../src/gateway/index.ts'
import type { Shape } from '../../src/model/index.ts'
import { DIALECTS } from '../simulated.ts'

export interface Way {
  readonly client: DialectName
  readonly upstream: DialectName
  readonly shape: Shape
}

/** What the client asks for, and how the upstream answers whatever it is asked. */
const SHAPES = {
  stream: { wants: 'stream', kind: 'plain' },
  whole: { wants: 'whole', kind: 'plain' },
  collect: { wants: 'whole', kind: 'streamonly' },
  expand: { wants: 'stream', kind: 'wholeonly' },
} as const satisfies Record<Shape, { wants: 'stream' | 'whole'; kind: keyof typeof KINDS }>

/** Members of upstreams in the configuration. */
const KINDS = { plain: {}, streamonly: { streamOnly: true }, wholeonly: { streaming: false } }

const own = DIALECTS.map(dialect => ({ client: dialect, upstream: dialect }))

/** The directed pairs of different dialects that can be converted. */
const pairs = adapters.pairs
  .filter(({ from, to }) => from !== to)
  .map(({ from, to }) => ({ client: from, upstream: to }))

function inShape(shape: Shape, ways: readonly Omit<Way, 'shape'>[]): readonly Way[] {
  return ways.map(way => ({ ...way, shape }))
}

export const RELAYED: readonly Way[] = inShape('stream', own)

/** Every way that leads through the hub, by what the upstream sends. */
export const CONVERTED = {
  stream: [...inShape('stream', pairs), ...inShape('collect', [...pairs, ...own])],
  whole: [...inShape('whole', pairs), ...inShape('expand', [...pairs, ...own])],
} as const satisfies Record<string, readonly Way[]>

/** A stream for a stream of another dialect. */
export const CROSSING: readonly Way[] = inShape('stream', pairs)

/**
 * The clients that ask upstreams, and the ways that each is tried on. What is done with an answer does not depend on
 * who brought it, so undici is tried where nothing is done with it.
 */
export const TRANSPORTS = [
  { transport: 'http1', relayed: RELAYED, crossing: CROSSING, converted: CONVERTED },
  { transport: 'undici', relayed: RELAYED, crossing: [], converted: { stream: [], whole: [] } },
] as const satisfies readonly Transport[]

interface Transport {
  readonly transport: Config['transport']
  readonly relayed: readonly Way[]
  readonly crossing: readonly Way[]
  readonly converted: Readonly<Record<keyof typeof CONVERTED, readonly Way[]>>
}

export function titleOf({ client, upstream, shape }: Way): string {
  return client === upstream && shape === 'stream' ? client : `${client} over ${upstream} (${shape})`
}

export function wantsOf({ shape }: Way): 'stream' | 'whole' {
  return SHAPES[shape].wants
}

/** Whether the upstream sends a stream. */
export function isStreamed({ shape }: Way): boolean {
  return shape === 'stream' || shape === 'collect'
}

export function isRelayed({ client, upstream, shape }: Way): boolean {
  return client === upstream && (shape === 'stream' || shape === 'whole')
}

/** The model's name that leads along the way under these budgets. */
export function modelOf({ upstream, shape }: Way, budgets: string): string {
  return `${budgets}-${upstream}-${SHAPES[shape].kind}`
}

/** An upstream for each dialect and kind. */
export function upstreamsAt(url: string): Record<string, object> {
  return Object.fromEntries(
    eachUpstream((dialect, kind) => [
      `${dialect}-${kind}`,
      { dialects: { [dialect]: `${url}/${dialect === 'gemini' ? 'v1beta' : 'v1'}` }, ...KINDS[kind] },
    ]),
  )
}

/**
 * Rules for the models of `modelOf`, and for such names with more behind them.
 * @param budgets by name
 */
export function rulesFor(
  budgets: Readonly<Record<string, Readonly<Record<string, number>>>>,
  model = 'sim/story',
): readonly Readonly<Record<string, unknown>>[] {
  return Object.entries(budgets).flatMap(([name, timeouts]) =>
    eachUpstream((dialect, kind) => ({
      match: `${name}-${dialect}-${kind}*`,
      upstream: `${dialect}-${kind}`,
      model,
      timeouts,
    })),
  )
}

function eachUpstream<T>(make: (dialect: DialectName, kind: keyof typeof KINDS) => T): readonly T[] {
  return DIALECTS.flatMap(dialect => (Object.keys(KINDS) as (keyof typeof KINDS)[]).map(kind => make(dialect, kind)))
}
