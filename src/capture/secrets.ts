import type { RawHeaders } from '../http/index.ts'
import { isSecretName } from '../redact.ts'
import type { Recorded } from './recorded.ts'

/** Who needs no key sends any word as one (`whatever`), and nothing would be left of a text that has it. */
const WORD = /^[a-z]+$/i

/** The credentials that came with a request: of a client that has its own key, nobody else knows them. */
export function secretsIn({ client, upstream, marks }: Recorded): readonly string[] {
  const heads = marks.flatMap(mark => (mark.type === 'head' ? [mark.head.headers] : []))
  const headers = [client.headers, upstream?.headers ?? [], ...heads].flatMap(inHeaders)
  return [...headers, ...inQuery(client.url), ...inQuery(upstream?.url ?? '')].filter(value => !WORD.test(value))
}

function inHeaders(headers: RawHeaders): readonly string[] {
  return headers.flatMap((value, at) => {
    const name = at % 2 === 1 ? (headers[at - 1] as string).toLowerCase() : ''
    if (!isSecretName(name)) return []
    if (name === 'cookie') return value.split(';').map(cookieValue)
    // Behind the cookie itself stand dates and paths.
    if (name === 'set-cookie') return [cookieValue(value.split(';', 1)[0] as string)]
    // A header may hold a scheme before its secret, and the secret is what shows up alone.
    return [value, ...value.split(' ').slice(1)]
  })
}

/** What stands behind the name of a cookie. */
function cookieValue(pair: string): string {
  return pair.slice(pair.indexOf('=') + 1).trim()
}

function inQuery(url: string): readonly string[] {
  const query = new URLSearchParams(url.split('?')[1] ?? '')
  return [...query].flatMap(([name, value]) => (isSecretName(name) ? [value] : []))
}
