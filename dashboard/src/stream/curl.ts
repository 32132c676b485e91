import type { CapturedRequest } from './capture.ts'

/** What belongs to a connection, or is said by curl itself. */
const LEFT_OUT =
  /^(?:host|connection|content-length|transfer-encoding|accept-encoding|user-agent|x-millrace-capture|sec-.*)$/i

/** The request as a command line. Secrets were taken out of it: a variable stands in their place. */
export function curlOf({ method, url, headers, body }: CapturedRequest, origin: string): string {
  const lines = [`curl -N ${withVariable(origin + url)}`]
  if (method !== 'POST') lines.push(`-X ${quoted(method)}`)
  for (let at = 0; at + 1 < headers.length; at += 2) {
    const [name, value] = [headers[at] as string, headers[at + 1] as string]
    if (!LEFT_OUT.test(name)) lines.push(`-H ${withVariable(`${name}: ${worded(name, value)}`)}`)
  }
  if (body !== '') lines.push(`--data-binary ${withVariable(body)}`)
  return lines.join(' \\\n  ')
}

/** Of this header all is taken out, its scheme too. */
function worded(name: string, value: string): string {
  return /^authorization$/i.test(name) && value === '[redacted]' ? `Bearer ${value}` : value
}

function withVariable(text: string): string {
  const parts = text.split('[redacted]').map(part => (part === '' ? '' : quoted(part)))
  return parts.join('"$MILLRACE_KEY"')
}

function quoted(text: string): string {
  return `'${text.replaceAll("'", `'\\''`)}'`
}
