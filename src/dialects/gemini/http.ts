import type { DialectHttp, Edit, Match } from '../dialect.ts'
import { isInFamily } from '../path-family.ts'
import { peekBody } from '../request-body.ts'

/** What models are kept in; a tuned model's name holds its collection. */
const MODELS = '/models/'
const TUNED_MODELS = '/tunedModels/'

/** The methods that generate, and whether as a stream. */
const GENERATES: ReadonlyMap<string, boolean> = new Map([
  ['generateContent', false],
  ['streamGenerateContent', true],
])

const COUNT = 'countTokens'

/** The other paths of Google's API: first segments. */
const FAMILIES: ReadonlySet<string> = new Set([
  'auth_tokens',
  'batches',
  'cachedContents',
  'fileSearchStores',
  'files',
  'files:register',
  'models',
  'operations',
  'tunedModels',
])

export const http: DialectHttp = {
  prefix: '/gemini',
  match(method, path, query = '?alt=sse') {
    if (path === '/models' && method === 'GET') return { operation: 'models', path }
    const called = readCall(path)
    if (called === undefined) return isInFamily(path, FAMILIES) ? { operation: 'other', path } : undefined
    const { model } = called
    const streams = GENERATES.get(called.method)
    if (called.method === COUNT && method === 'POST') return { operation: 'count', path, model }
    if (streams === undefined) return { operation: 'other', path, model }
    // Without `alt=sse` the chunks come as the items of one JSON array: a whole body to us.
    const stream = streams && new URLSearchParams(query).get('alt') === 'sse'
    return method === 'POST' ? { operation: 'generate', path, model, stream } : undefined
  },
  // The path says both; the body has to be JSON all the same.
  peek({ model, stream = false }: Match, body) {
    const { refusal } = peekBody(body)
    return refusal === undefined ? { model, stream } : { model, stream, refusal }
  },
  target({ path, model: asked = '', stream: streams = false }, body, { model = asked, stream }) {
    const called = readCall(path)
    if (called === undefined) return { path, body, edits: [] }
    const isRenamed = model !== asked
    // Without `alt=sse` the method streams, and is no stream to us.
    const isTurned = stream !== undefined && (stream !== streams || stream !== GENERATES.get(called.method))
    if (!(isRenamed || isTurned)) return { path, body, edits: [] }
    const edits: Edit[] = [...(isRenamed ? (['model'] as const) : []), ...(isTurned ? (['stream'] as const) : [])]
    const name = isRenamed ? toPath(model) : path.slice(0, path.lastIndexOf(':'))
    if (!isTurned) return { path: `${name}:${called.method}`, body, edits }
    return stream
      ? { path: `${name}:streamGenerateContent`, query: 'alt=sse', body, edits }
      : { path: `${name}:generateContent`, query: 'alt=json', body, edits }
  },
  authorize: key => ['x-goog-api-key', key],
  ownHeaders: ['x-goog-', 'x-server-timeout'],
}

/** Takes `/models/{model}:{method}` apart; the model may hold colons, and slashes, raw or escaped. */
function readCall(path: string): { readonly model: string; readonly method: string } | undefined {
  const colon = path.lastIndexOf(':')
  if (colon === -1) return undefined
  const method = path.slice(colon + 1)
  if (path.startsWith(MODELS)) return { model: decode(path.slice(MODELS.length, colon)), method }
  if (path.startsWith(TUNED_MODELS)) return { model: decode(path.slice(1, colon)), method }
  return undefined
}

/** The path of a model below the base URL; slashes in its name stay raw. */
export function toPath(model: string): string {
  const name = model.split('/').map(encodeURIComponent).join('/')
  return name.startsWith(TUNED_MODELS.slice(1)) ? `/${name}` : MODELS + name
}

/** An escape that is not one stays as it is: the upstream will say what it thinks of it. */
function decode(name: string): string {
  try {
    return decodeURIComponent(name)
  } catch {
    return name
  }
}
