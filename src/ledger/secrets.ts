/** The secrets in the URL of a store: its password, as it stands there and decoded. */
export function secretsOfUrl(url: string): string[] {
  const parsed = URL.parse(url)
  if (parsed === null) return []
  const { password, searchParams } = parsed
  const given = [password, searchParams.get('password') ?? ''].filter(text => text !== '')
  return given.flatMap(text => [text, decoded(text)])
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text)
  } catch {
    // A lone per cent sign: it means itself.
    return text
  }
}
