/** The bytes in a `data:` URL with base64, and what they are; undefined for every other URL. */
export function readDataUrl(url: string): { readonly mediaType: string; readonly data: string } | undefined {
  if (!url.startsWith('data:')) return undefined
  const comma = url.indexOf(',')
  const head = url.slice(5, comma)
  if (comma === -1 || !head.endsWith(';base64')) return undefined
  return { mediaType: head.slice(0, -7) || 'application/octet-stream', data: url.slice(comma + 1) }
}

export function toDataUrl(mediaType: string, data: string): string {
  return `data:${mediaType};base64,${data}`
}
