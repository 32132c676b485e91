/** True when the name matches: `*` stands for any characters, slashes too, everything else for itself. */
export function matchesGlob(glob: string, name: string): boolean {
  const { prefix, inner, suffix } = piecesOf(glob)
  if (suffix === undefined) return glob === name
  const end = name.length - suffix.length
  if (end < prefix.length || !name.startsWith(prefix) || !name.endsWith(suffix)) return false
  let from = prefix.length
  // The leftmost place for each piece leaves most to the next: no going back is needed.
  for (const piece of inner) {
    const at = name.indexOf(piece, from)
    if (at === -1 || at + piece.length > end) return false
    from = at + piece.length
  }
  return true
}

/** True when the glob names exactly one model. */
export function isLiteral(glob: string): boolean {
  return !glob.includes('*')
}

interface Pieces {
  readonly prefix: string
  readonly inner: readonly string[]
  /** Undefined without any star. */
  readonly suffix: string | undefined
}

/** Globs stand in the configuration, so they are few; each request asks several of them. */
const known = new Map<string, Pieces>()

function piecesOf(glob: string): Pieces {
  let pieces = known.get(glob)
  if (pieces === undefined) {
    const [prefix = '', ...inner] = glob.split('*')
    const suffix = inner.pop()
    pieces = { prefix, inner, suffix }
    known.set(glob, pieces)
  }
  return pieces
}
