import type { DialectName } from '../../dialects/index.ts'
import { type Failure, failure } from '../../errors.ts'
import type { ClientGone } from '../../exchange/index.ts'
import { isLiteral, matchesGlob } from '../../glob.ts'
import type { Config, ModelRule, Timeouts, Upstream } from './types.ts'

/** Who is asked, and how. */
export interface Choice {
  readonly upstream: Upstream
  /** What it is asked in: the client's dialect where it speaks that. */
  readonly dialect: DialectName
  /** The name to ask the upstream for; undefined leaves the client's. */
  readonly model: string | undefined
  readonly rewriteModel: boolean
  readonly timeouts: Timeouts
  readonly onClientGone: ClientGone
  /** The rule that chose; undefined when none was needed. */
  readonly rule: ModelRule | undefined
}

/** Names in a message: enough to find the right one, few enough to read. */
const MAX_NAMES = 20
const MAX_NAME_LENGTH = 100

/**
 * The upstream for a model. The first rule that matches decides. Without rules: among upstreams known
 * for such models the first that speaks the client's dialect, else the first that can be asked in another
 * one; when none is known for them, the same among all.
 *
 * @param model what the client asked for; undefined when it named none
 * @param others dialects that the request can be converted to. Default: none.
 * @returns a failure for the client when there is no such model, or its upstream speaks other dialects only
 */
export function chooseModel(
  config: Config,
  model: string | undefined,
  dialect: DialectName,
  others: readonly DialectName[] = [],
): Choice | Failure {
  if (config.models.length > 0) return chooseByRule(config, model, dialect, others)
  const { upstreams, timeouts } = config
  const known = upstreams.filter(({ globs }) => globs.some(glob => matchesGlob(glob, model ?? '')))
  const candidates = known.length > 0 ? known : upstreams
  const upstream =
    candidates.find(candidate => speaks(candidate, dialect)) ??
    candidates.find(candidate => spokenBy(candidate, dialect, others) !== undefined)
  const spoken = upstream && spokenBy(upstream, dialect, others)
  if (upstream === undefined || spoken === undefined) return unspoken(candidates, model, dialect)
  const { onClientGone } = upstream
  return {
    ...{ upstream, dialect: spoken, model: undefined, rewriteModel: false },
    ...{ timeouts, onClientGone, rule: undefined },
  }
}

/** The client's dialect, or the first of the upstream's own that the request can be converted to. */
function spokenBy(upstream: Upstream, dialect: DialectName, others: readonly DialectName[]): DialectName | undefined {
  if (speaks(upstream, dialect)) return dialect
  return (Object.keys(upstream.baseUrls) as DialectName[]).find(name => others.includes(name))
}

/** The first upstream that speaks the dialect: where requests go that name no model. */
export function firstUpstream(config: Config, dialect: DialectName): Upstream | undefined {
  return config.upstreams.find(upstream => speaks(upstream, dialect))
}

/** The models that rules name in full. */
export function literalModels(config: Config): readonly ModelRule[] {
  return config.models.filter(({ match }) => isLiteral(match))
}

function speaks(upstream: Upstream, dialect: DialectName): boolean {
  return upstream.baseUrls[dialect] !== undefined
}

function chooseByRule(
  { models }: Config,
  model: string | undefined,
  dialect: DialectName,
  others: readonly DialectName[],
): Choice | Failure {
  const rule = models.find(({ match }) => matchesGlob(match, model ?? ''))
  if (rule === undefined) {
    const there = list(models.map(({ match }) => match))
    return failure('not-found', `Cannot find ${subject(model)}: no rule of \`models\` matches it, there are ${there}`)
  }
  const { upstream, rewriteModel, timeouts, onClientGone } = rule
  const spoken = spokenBy(upstream, dialect, others)
  if (spoken === undefined) return unspoken([upstream], model, dialect)
  return { upstream, dialect: spoken, model: rule.model, rewriteModel, timeouts, onClientGone, rule }
}

function unspoken(upstreams: readonly Upstream[], model: string | undefined, dialect: DialectName): Failure {
  if (upstreams.length === 0) return failure('not-found', `Cannot find ${subject(model)}: no upstream is configured`)
  const there = list(upstreams.map(({ name, baseUrls }) => `${name} (${Object.keys(baseUrls).join(', ')})`))
  return failure(
    'bad-request',
    `Cannot serve ${subject(model)} in the ${dialect} dialect: its upstream speaks others: ${there}`,
  )
}

function subject(model: string | undefined): string {
  return model === undefined ? 'a model without name' : `model ${JSON.stringify(shorten(model))}`
}

function list(names: readonly string[]): string {
  const shown = names.slice(0, MAX_NAMES).map(shorten)
  const more = names.length - shown.length
  return shown.join(', ') + (more > 0 ? ` and ${more} more` : '')
}

function shorten(name: string): string {
  return name.length > MAX_NAME_LENGTH ? `${name.slice(0, MAX_NAME_LENGTH)}…` : name
}
