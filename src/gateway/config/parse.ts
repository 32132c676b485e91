import { ConfigError, formatPath, type Path, type PlacedProblem, type Problem } from './error.ts'
import { PRESETS } from './presets.ts'
import { problemsOf } from './problems.ts'
import { resolveConfig } from './resolve.ts'
import { fileSchema } from './schema.ts'
import { readSource } from './source.ts'
import type { Config, Environment } from './types.ts'

export interface ParseOptions {
  readonly env: Environment
  /** The file's name for messages. */
  readonly file?: string
  /** Words of the command line, which win over the file. */
  readonly server?: { readonly host?: string; readonly port?: number }
}

/**
 * Reads a configuration file. An empty text is a legal one, in which everything has its default.
 *
 * @throws {ConfigError} with every problem, each with its line, column and member
 */
export function parseConfig(text: string, { env, file, server = {} }: ParseOptions): Config {
  const source = readSource(text, env)
  const result = validate(withEnvironment(withServer(source.value, server), env))
  const told = new Set(source.problems.map(({ path }) => formatPath(path)))
  const problems = [...source.problems, ...result.problems.filter(({ path }) => !told.has(formatPath(path)))]
  if (problems.length === 0 && result.config !== undefined) return result.config
  const placeOf = (path: Path) => (file === undefined || isOf(server, path) ? undefined : source.placeOf(path))
  const placed = problems.map(problem => ({ ...problem, place: placeOf(problem.path) }))
  throw new ConfigError(file, placed.sort(byPlace))
}

/**
 * The configuration without a file: the vendors whose keys are in the environment, or no upstream.
 *
 * @throws {ConfigError} when a word of the command line is refused
 */
export function defaultConfig(env: Environment, server?: ParseOptions['server']): Config {
  return parseConfig('', { env, ...(server && { server }) })
}

interface Validated {
  readonly config?: Config
  readonly problems: readonly Problem[]
}

function validate(value: unknown): Validated {
  if (value === undefined) return { problems: [] }
  const checked = fileSchema.safeParse(value)
  return checked.success ? resolveConfig(checked.data) : { problems: problemsOf(checked.error.issues, value) }
}

function withServer(value: unknown, words: NonNullable<ParseOptions['server']>): unknown {
  if (!isMap(value) || Object.keys(words).length === 0) return value
  const { server = {} } = value
  return isMap(server) ? { ...value, server: { ...server, ...words } } : value
}

function withEnvironment(value: unknown, env: Environment): unknown {
  return !isMap(value) || Object.hasOwn(value, 'upstreams') ? value : { ...value, upstreams: upstreamsOf(env) }
}

function upstreamsOf(env: Environment): Record<string, { readonly apiKey: string }> {
  const known = Object.entries(PRESETS).flatMap(([name, { keyVariables }]) => {
    const apiKey = keyVariables.map(variable => env[variable]).find(Boolean)
    return apiKey ? [[name, { apiKey }] as const] : []
  })
  return Object.fromEntries(known)
}

function isMap(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function byPlace({ place: a }: PlacedProblem, { place: b }: PlacedProblem): number {
  return (a?.line ?? 0) - (b?.line ?? 0) || (a?.column ?? 0) - (b?.column ?? 0)
}

/** Whether the command line, and not the file, says what stands at the path. */
function isOf(words: object, [section, member]: Path): boolean {
  return section === 'server' && typeof member === 'string' && Object.hasOwn(words, member)
}
