/** True when the name matches: `*` stands for any characters, slashes too, everything else for itself. */
export function matchesGlob(glob: string, name: string): boolean {
  const [prefix = '', ...rest] = glob.split('*')
  const suffix = rest.pop()
  if (suffix === undefined) return glob === name
  const end = name.length - suffix.length
  if (end < prefix.length || !name.startsWith(prefix) || !name.endsWith(suffix)) return false
  let from = prefix.length
  // The leftmost place for each piece leaves most to the next: no going back is needed.
  for (const piece of rest) {
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
