/** Whether the first segment of a path is one of those. */
export function isInFamily(path: string, families: ReadonlySet<string>): boolean {
  const end = path.indexOf('/', 1)
  return families.has(path.slice(1, end === -1 ? undefined : end))
}
