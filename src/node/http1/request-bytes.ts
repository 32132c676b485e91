import { type Failure, failure } from '../../errors.ts'
import { authority, sendableHeaders, type UpstreamRequest } from '../../http/index.ts'

const TOKEN = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/
const VALUE = /^[\t\x20-\x7e\x80-\xff]*$/
/** Methods whose requests mean something by having no body: those say no length then. */
const MAY_BE_BODILESS: ReadonlySet<string> = new Set(['GET', 'HEAD', 'DELETE', 'OPTIONS', 'TRACE'])

/** A body up to this size is copied behind its head: one piece is sent cheaper than two. */
const COPIED_BYTES = 64 * 1024

/**
 * A request as it goes over the wire: the headers in their order and case, framed by a length.
 *
 * @returns its pieces in order; or a failure when something of it cannot be sent, in which the value is not quoted
 */
export function encodeRequest({ method, url, headers, body }: UpstreamRequest): readonly Uint8Array[] | Failure {
  if (!TOKEN.test(method)) return unsendable(url, 'invalid request method')
  let head = `${method} ${url.pathname}${url.search} HTTP/1.1\r\nhost: ${url.host}\r\nconnection: keep-alive\r\n`
  const sendable = sendableHeaders(headers)
  for (let at = 0; at < sendable.length; at += 2) {
    const name = sendable[at] as string
    const value = sendable[at + 1] as string
    if (!TOKEN.test(name)) return unsendable(url, 'invalid header name')
    if (!VALUE.test(value)) return unsendable(url, `invalid ${name} header`)
    head += `${name}: ${value}\r\n`
  }
  const length = body?.length ?? 0
  if (length > 0 || !MAY_BE_BODILESS.has(method)) head += `content-length: ${length}\r\n`
  head += '\r\n'
  if (body !== undefined && length > COPIED_BYTES) return [Buffer.from(head, 'latin1'), body]
  const bytes = Buffer.allocUnsafe(head.length + length)
  bytes.write(head, 'latin1')
  if (body !== undefined) bytes.set(body, head.length)
  return [bytes]
}

function unsendable(url: URL, state: string): Failure {
  return failure('upstream', `Cannot talk to ${authority(url)}: ${state}`)
}
