/** The texts of a configuration, each with the words that say what is legal. */
import * as z from 'zod'
import { HOP_BY_HOP } from '../../http/index.ts'
import { normaliseBaseUrl } from './base-url.ts'

const OURS = ['host', 'content-length', 'content-encoding', 'accept-encoding', 'expect']

export const nonEmpty = pattern('a text that is not empty', /./s)
export const baseUrl = z.string().refine(text => normaliseBaseUrl(text) !== undefined, {
  error: 'must be an http or https URL without user name, query and fragment',
})
export const ledgerUrl = nonEmpty.refine(text => !text.includes('://') || isPostgresUrl(text), {
  error: 'must be the path of a file, a URL as in "postgres://user:password@host/database", or off',
})
export const secret = pattern('a text of visible ASCII characters without blanks', /^[\x21-\x7e]+$/)
export const keyName = pattern('the first 8 hex digits of the SHA-256 of a key', /^[0-9a-f]{8}$/)
export const upstreamName = pattern(
  'a name of lower-case letters, digits, "-" and "_", and more than digits',
  /^(?!\d+$)[a-z0-9][a-z0-9_-]*$/,
)
export const headerName = z.string().refine(name => /^[!#$%&'*+.^_`|~0-9a-z-]+$/i.test(name) && !isOurs(name), {
  error: 'must be the name of a header, and of none that the gateway writes itself',
})
export const headerValue = pattern(
  'a line of ASCII characters without blanks around it',
  /^[\x21-\x7e](?:[\x20-\x7e]*[\x21-\x7e])?$/,
)
export const hostName = pattern(
  'a host name as in "gateway.example" or "gateway.example:8443"',
  /^(?:[a-z0-9_](?:[a-z0-9_.-]*[a-z0-9_])?|\[[0-9a-f:.]+\])(?::\d{1,5})?$/i,
)
export const origin = pattern(
  'an origin as in "https://app.example", without a path',
  /^[a-z][a-z0-9+.-]*:\/\/[^\s/?#@*]+$/i,
)

function pattern(rule: string, legal: RegExp) {
  return z.string().regex(legal, { error: `must be ${rule}` })
}

/** Headers of the connection or of the body: the gateway writes them. */
function isOurs(name: string): boolean {
  const lower = name.toLowerCase()
  return HOP_BY_HOP.has(lower) || OURS.includes(lower)
}

function isPostgresUrl(text: string): boolean {
  return /^postgres(?:ql)?:\/\//.test(text) && URL.canParse(text)
}
