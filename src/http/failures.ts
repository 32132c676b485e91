import { type Failure, type FailureCode, failure, MillraceError } from '../errors.ts'

/** What a transport's error code means: catalogue code, action, state with what to do about it. */
type Trouble = readonly [code: FailureCode, action: string, state: string]

const UNTRUSTED = 'its certificate is not trusted; set `ca` to the authority that signed it'
const CLOSED = 'it closed the connection before the end of its answer'
const SILENT = 'nothing came in time'
const LARGE_HEAD: Trouble = ['upstream', 'read from', 'its head is larger than 64 KiB']
const NO_ROUTE = 'no route to it; check the network'

/** Codes of Node's sockets, resolver, TLS and HTTP parser, which are ours too, and of undici, on which Node's `fetch` stands. */
const TROUBLES: Readonly<Record<string, Trouble>> = {
  ECONNREFUSED: ['upstream', 'connect to', 'connection refused; check that it runs and that its base URL is right'],
  ENOTFOUND: ['upstream', 'connect to', 'no such host; check the name in its base URL'],
  EAI_AGAIN: ['upstream', 'connect to', 'the name server does not answer; check the network'],
  EHOSTUNREACH: ['upstream', 'connect to', NO_ROUTE],
  ENETUNREACH: ['upstream', 'connect to', NO_ROUTE],
  ETIMEDOUT: ['timeout', 'connect to', SILENT],
  UND_ERR_CONNECT_TIMEOUT: ['timeout', 'connect to', `${SILENT}; check the network, or raise \`connectMs\``],
  UND_ERR_HEADERS_TIMEOUT: ['timeout', 'read from', SILENT],
  UND_ERR_BODY_TIMEOUT: ['timeout', 'read from', SILENT],
  ECONNRESET: ['upstream', 'read from', CLOSED],
  EPIPE: ['upstream', 'read from', CLOSED],
  UND_ERR_SOCKET: ['upstream', 'read from', CLOSED],
  UND_ERR_RES_CONTENT_LENGTH_MISMATCH: ['upstream', 'read from', 'its body is not as long as its content-length'],
  UND_ERR_HEADERS_OVERFLOW: LARGE_HEAD,
  HPE_HEADER_OVERFLOW: LARGE_HEAD,
  UND_ERR_CLOSED: ['cancelled', 'send to', 'the HTTP client has been closed'],
  UND_ERR_DESTROYED: ['cancelled', 'send to', 'the HTTP client has been closed'],
  CERT_HAS_EXPIRED: ['upstream', 'trust', 'its certificate has expired'],
  DEPTH_ZERO_SELF_SIGNED_CERT: ['upstream', 'trust', UNTRUSTED],
  SELF_SIGNED_CERT_IN_CHAIN: ['upstream', 'trust', UNTRUSTED],
  UNABLE_TO_GET_ISSUER_CERT: ['upstream', 'trust', UNTRUSTED],
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: ['upstream', 'trust', UNTRUSTED],
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: ['upstream', 'trust', UNTRUSTED],
  ERR_TLS_CERT_ALTNAME_INVALID: ['upstream', 'trust', 'its certificate is for another name'],
}

/** Families of codes, told by how they begin. */
const FAMILIES: readonly (readonly [prefix: string, trouble: Trouble])[] = [
  ['HPE_', ['upstream', 'read from', 'its answer is not HTTP/1.1']],
  ['ERR_SSL_', ['upstream', 'connect to', 'no TLS could be agreed on; check `https` in its base URL']],
]

/**
 * A transport's error as a failure: 504 when time ran out, else 502.
 *
 * The message names the upstream by host and port. Nothing else of the URL and no foreign error text
 * is quoted, for both may hold keys; `transport` keeps the error's code.
 */
export function transportFailure(error: unknown, url: URL): Failure {
  if (error instanceof MillraceError) return failure(error.code, error.message)
  const coded = findCoded(error)
  const [code, action, state] = coded === undefined ? unknownTrouble(nameOf(error)) : troubleOf(coded)
  const message = `Cannot ${action} ${authority(url)}: ${state}`
  return failure(code, message, coded === undefined ? {} : { transport: coded.code })
}

/** Host and port of a URL, for people: `api.example.com:443`. */
export function authority({ hostname, port, protocol }: URL): string {
  return `${hostname}:${port || (protocol === 'https:' ? 443 : 80)}`
}

type CodedError = Error & { readonly code: string }

function troubleOf({ code, message }: CodedError): Trouble {
  if (Object.hasOwn(TROUBLES, code)) return TROUBLES[code] as Trouble
  const family = FAMILIES.find(([prefix]) => code.startsWith(prefix))
  if (family !== undefined) return family[1]
  // undici's own texts name headers and proxies' answers, and quote no values.
  return unknownTrouble(code.startsWith('UND_ERR_') ? message : code)
}

function unknownTrouble(state: string): Trouble {
  return ['upstream', 'talk to', state]
}

function nameOf(error: unknown): string {
  return error instanceof Error ? error.name : 'unknown error'
}

/** The error with a code, or what caused it and has one: `fetch` wraps the transport's error. */
function findCoded(error: unknown): CodedError | undefined {
  for (let at = error, depth = 0; at instanceof Error && depth < 5; at = at.cause, depth++) if (isCoded(at)) return at
  return undefined
}

function isCoded(error: Error): error is CodedError {
  return 'code' in error && typeof error.code === 'string'
}
