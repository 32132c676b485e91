import type { Loss } from '../model/index.ts'

/** Header lines have limits of their own, ours and others'. */
const MAX_LENGTH = 2048

/**
 * What the request has lost on its way, as `path;reason` in a list that a count of the rest may end:
 * `/sampling/topK;no-slot, /tools/0/cache;no-slot, +12`. Cosmetic losses are not in it.
 *
 * @returns undefined when there is nothing to tell
 */
export function lossesHeader(losses: readonly Loss[]): string | undefined {
  const missed = losses.filter(({ reason }) => reason !== 'cosmetic')
  let told = ''
  for (const [at, { path, reason }] of missed.entries()) {
    const item = `${at === 0 ? '' : ', '}${escapePath(path)};${reason}`
    if (told.length + item.length > MAX_LENGTH) return `${told}${at === 0 ? '' : ', '}+${missed.length - at}`
    told += item
  }
  return told === '' ? undefined : told
}

/** Names in a path may be the client's own: what a header cannot hold is percent-encoded. */
function escapePath(path: string): string {
  return path.toWellFormed().replace(/[^!-~]|[%,;]/gu, encodeURIComponent)
}
