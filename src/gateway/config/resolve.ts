import { isLoopback, isSampleKey } from '../../access/index.ts'
import { clientGone } from './client-gone.ts'
import type { Problem } from './error.ts'
import { notOneOf } from './problems.ts'
import type { FileConfig } from './schema.ts'
import type { Config, ModelRule, Upstream } from './types.ts'
import { resolveUpstream } from './upstream.ts'

/** Shorter client keys can be guessed by whoever reaches the gateway over a network. */
const MIN_KEY_LENGTH = 16

/** The file with everything settled, and what the schema could not see. With problems it is not to be used. */
export function resolveConfig(file: FileConfig): { readonly config: Config; readonly problems: readonly Problem[] } {
  const problems: Problem[] = []
  const upstreams = Object.entries(file.upstreams ?? {}).map(([name, upstream]) =>
    resolveUpstream(name, upstream, (member, message) => problems.push({ path: ['upstreams', name, member], message })),
  )
  problems.push(
    ...checkServer(file.server),
    ...checkToken(file),
    ...checkRules(file.models, upstreams),
    ...checkPrices(file.prices, upstreams),
  )
  const config: Config = {
    server: file.server,
    upstreams,
    models: file.models.flatMap(rule => resolveRule(rule, file, upstreams)),
    losses: file.losses,
    transport: file.transport,
    seals: file.seals,
    timeouts: file.timeouts,
    limits: file.limits,
    responses: file.responses,
    ledger: { ...file.ledger, url: file.ledger.url },
    metrics: { ...file.metrics, token: file.metrics.token },
    telemetry: { ...file.telemetry, otlp: file.telemetry.otlp },
    capture: { ...file.capture, folder: file.capture.folder },
    prices: { file: file.prices.file, overrides: file.prices.overrides },
    log: { level: file.log.level, file: file.log.file, access: file.log.access },
    trace: { ...file.trace, folder: file.trace.folder },
  }
  return { config: freeze(config), problems }
}

/** A gateway that others can reach spends our provider keys for them: it does not start unguarded. */
function checkServer({ host, keys }: FileConfig['server']): Problem[] {
  const isOpen = !isLoopback(host)
  const unguarded = {
    path: ['server', 'host'],
    message: 'can be reached from other machines, which needs `keys`: give some, or listen on 127.0.0.1',
  }
  return [
    ...(isOpen && keys.length === 0 ? [unguarded] : []),
    ...keys.flatMap((key, index) => {
      const message = keyProblem(key, isOpen)
      return message === undefined ? [] : [{ path: ['server', 'keys', index], message }]
    }),
  ]
}

function checkToken({ server, metrics: { token } }: FileConfig): Problem[] {
  const message = token === undefined ? undefined : keyProblem(token, !isLoopback(server.host))
  return message === undefined ? [] : [{ path: ['metrics', 'token'], message }]
}

function keyProblem(key: string, isOpen: boolean): string | undefined {
  if (isSampleKey(key)) return 'is a sample that everybody knows: make one with `openssl rand -hex 24`'
  if (isOpen && key.length < MIN_KEY_LENGTH)
    return `must have at least ${MIN_KEY_LENGTH} characters when \`host\` is not a loopback address`
  return undefined
}

function checkRules(rules: FileConfig['models'], upstreams: readonly Upstream[]): Problem[] {
  const names = upstreams.map(({ name }) => name)
  return rules.flatMap(({ upstream }, index) =>
    names.includes(upstream)
      ? []
      : [
          {
            path: ['models', index, 'upstream'],
            message: names.length === 0 ? 'names an upstream, but there are none' : notOneOf(upstream, names),
          },
        ],
  )
}

/** Prices of parts say nothing without those of the whole. */
function checkPrices({ overrides }: FileConfig['prices'], upstreams: readonly Upstream[]): Problem[] {
  const names = upstreams.map(({ name }) => name)
  return overrides.flatMap((override, index) => {
    const { upstream, input, output, cacheWrite, cacheWrite1h } = override
    const at = (member: string, message: string) => ({ path: ['prices', 'overrides', index, member], message })
    const parts = PARTS.filter(part => override[part] !== undefined)
    const isWhole = input !== undefined && output !== undefined
    return [
      ...(upstream === undefined || names.includes(upstream) ? [] : [at('upstream', notOneOf(upstream, names))]),
      ...((input === undefined) === (output === undefined) ? [] : [at('input', 'and `output` are given together')]),
      ...(isWhole ? [] : parts.map(part => at(part, 'needs `input` and `output` beside it'))),
      ...(cacheWrite1h !== undefined && cacheWrite === undefined
        ? [at('cacheWrite1h', 'needs `cacheWrite` beside it')]
        : []),
    ]
  })
}

const PARTS = ['cacheRead', 'cacheWrite', 'cacheWrite1h', 'reasoning', 'audioInput', 'audioOutput'] as const

function resolveRule(
  rule: FileConfig['models'][number],
  file: FileConfig,
  upstreams: readonly Upstream[],
): ModelRule[] {
  const upstream = upstreams.find(({ name }) => name === rule.upstream)
  if (upstream === undefined) return []
  const { match, model, rewriteModel } = rule
  const timeouts = { ...file.timeouts, ...rule.timeouts }
  const onClientGone = rule.onClientGone === undefined ? upstream.onClientGone : clientGone(rule.onClientGone)
  return [{ match, upstream, model, rewriteModel, timeouts, onClientGone }]
}

function freeze<T>(value: T): T {
  if (typeof value === 'object' && value !== null && !Object.isFrozen(value)) {
    Object.freeze(value)
    for (const member of Object.values(value)) freeze(member)
  }
  return value
}
