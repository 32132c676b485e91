/** What a request to the page asks for. */
export type PageRoute =
  /** A file of the page by its path; `/` is the page itself. */
  | { readonly to: 'file'; readonly path: string }
  | { readonly to: 'session' }
  | { readonly to: 'live' }
  | { readonly to: 'open-stream'; readonly id: string }
  | { readonly to: 'stop'; readonly id: string }
  | { readonly to: 'overview' }

const READ = ['GET', 'HEAD'] as const
const FILES = '/assets/'

/** Patterns of all paths, with their methods; the first group is an id. */
const ROUTES: readonly (readonly [pattern: RegExp, methods: readonly string[], make: (id: string) => PageRoute])[] = [
  [/^\/api\/session$/, ['GET', 'POST', 'DELETE'], () => ({ to: 'session' })],
  [/^\/api\/live$/, ['GET'], () => ({ to: 'live' })],
  [/^\/api\/live\/([^/]+)$/, READ, id => ({ to: 'open-stream', id })],
  [/^\/api\/streams\/([^/]+)\/stop$/, ['POST'], id => ({ to: 'stop', id })],
  [/^\/api\/overview$/, READ, () => ({ to: 'overview' })],
]

/** @returns the methods that the path takes, when it does not take this one; undefined: no path of the page */
export function pageRoute(method: string, path: string): PageRoute | { readonly allow: string } | undefined {
  if (path === '/' || path.startsWith(FILES)) return READ.includes(method as 'GET') ? { to: 'file', path } : allow(READ)
  if (!path.startsWith('/api/')) return undefined
  for (const [pattern, methods, make] of ROUTES) {
    const found = pattern.exec(path)
    if (found !== null) return methods.includes(method) ? make(found[1] ?? '') : allow(methods)
  }
  return undefined
}

function allow(methods: readonly string[]): { readonly allow: string } {
  return { allow: methods.join(', ') }
}
