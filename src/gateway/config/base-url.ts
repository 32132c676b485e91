/**
 * The base URL in its one spelling, without a slash at the end; undefined when it cannot be one: not
 * http or https, or with a user name, a query or a fragment.
 */
export function normaliseBaseUrl(text: string): string | undefined {
  const url = URL.parse(text)
  if (url === null || !/^https?:$/.test(url.protocol)) return undefined
  // A lone `?` or `#` is lost in the parsed URL.
  if (url.username !== '' || url.password !== '' || /[?#]/.test(text)) return undefined
  return url.origin + url.pathname.replace(/\/+$/, '')
}
