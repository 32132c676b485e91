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
  const values = headers.filter((_, at) => at % 2 === 1 && isSecretName(headers[at - 1] as string))
  // A header may hold a scheme before its secret, and the secret is what shows up alone.
  return values.flatMap(value => [value, ...value.split(' ').slice(1)])
}

function inQuery(url: string): readonly string[] {
  const query = new URLSearchParams(url.split('?')[1] ?? '')
  return [...query].flatMap(([name, value]) => (isSecretName(name) ? [value] : []))
}
