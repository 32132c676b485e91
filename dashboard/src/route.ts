import { signal } from '@preact/signals'

/** Where one is; it stands behind the `#` of the address. */
export type Place =
  | { readonly at: 'live' }
  | { readonly at: 'stream'; readonly id: string }
  | { readonly at: 'overview' }

export const place = signal<Place>(placeIn(location.hash))

window.addEventListener('hashchange', () => {
  place.value = placeIn(location.hash)
})

export function go(to: Place): void {
  location.hash = hrefOf(to)
}

export function hrefOf(to: Place): string {
  return to.at === 'stream' ? `#/streams/${encodeURIComponent(to.id)}` : to.at === 'overview' ? '#/overview' : '#/'
}

function placeIn(hash: string): Place {
  const [, id] = /^#\/streams\/([^/]+)$/.exec(hash) ?? []
  if (id !== undefined) return { at: 'stream', id: decoded(id) }
  return hash === '#/overview' ? { at: 'overview' } : { at: 'live' }
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text)
  } catch {
    return text
  }
}
