import type { DialectName } from '../dialects/index.ts'

export type Operation = 'generate' | 'count' | 'embed' | 'models' | 'unknown'

/** What a method and a path mean. */
export interface Route {
  readonly operation: Operation
  readonly dialect: DialectName
  /** What the path says and the body does not: Gemini only. */
  readonly said?: { readonly model: string; readonly stream: boolean }
  /** A stream as a JSON array: Gemini without `alt=sse`. */
  readonly isArray: boolean
}

type Rule = readonly [path: RegExp, method: string, dialect: DialectName | undefined, operation: Operation]

/** The first that fits; without a dialect the caller's headers tell. */
const RULES: readonly Rule[] = [
  [/^\/v1\/chat\/completions$/, 'POST', 'chat', 'generate'],
  [/^\/v1\/embeddings$/, 'POST', 'chat', 'embed'],
  [/^\/v1\/responses$/, 'POST', 'responses', 'generate'],
  [/^\/v1\/messages$/, 'POST', 'messages', 'generate'],
  [/^\/v1\/messages\/count_tokens$/, 'POST', 'messages', 'count'],
  [/^\/v1(?:beta)?\/models\/(?<model>.+):(?:stream)?(?:G|g)enerateContent$/, 'POST', 'gemini', 'generate'],
  [/^\/v1(?:beta)?\/models\/(?<model>.+):countTokens$/, 'POST', 'gemini', 'count'],
  [/^\/v1(?:beta)?\/models$/, 'GET', undefined, 'models'],
]

/** Reads a request target. An unknown one still has a dialect, to be refused in. */
export function routeOf(method: string, target: string, headers: Readonly<Record<string, unknown>>): Route {
  const [path = '', query = ''] = target.split('?', 2)
  const rule = RULES.find(([pattern, ruleMethod]) => ruleMethod === method && pattern.test(path))
  const [pattern, , dialect = dialectOf(path, query, headers), operation] = rule ?? [/$/, method, undefined, 'unknown']
  const model = pattern.exec(path)?.groups?.model
  return {
    operation,
    dialect,
    ...(model !== undefined && { said: { model: decode(model), stream: path.endsWith(':streamGenerateContent') } }),
    isArray: dialect === 'gemini' && new URLSearchParams(query).get('alt') !== 'sse',
  }
}

function dialectOf(path: string, query: string, headers: Readonly<Record<string, unknown>>): DialectName {
  if (path.startsWith('/v1beta') || 'x-goog-api-key' in headers || new URLSearchParams(query).has('key'))
    return 'gemini'
  if (path.startsWith('/v1/messages') || 'anthropic-version' in headers) return 'messages'
  return path.startsWith('/v1/responses') ? 'responses' : 'chat'
}

/** What is not percent-encoded UTF-8 is a name as it stands. */
function decode(model: string): string {
  try {
    return decodeURIComponent(model)
  } catch {
    return model
  }
}
