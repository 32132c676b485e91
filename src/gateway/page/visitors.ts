import { type Credentials, checkJson, type KeyRing } from '../../access/index.ts'
import { type Failure, failure } from '../../errors.ts'
import { getHeader, type RawHeaders } from '../../http/index.ts'
import { Attempts } from './attempts.ts'
import { OneTimeToken, Sessions, type Visitor } from './sessions.ts'

const COOKIE_SECONDS = 30 * 24 * 60 * 60
const MAX_SECRET_CHARS = 4096

/** What opens a session: the token that was printed, or a key of the gateway. */
export interface Proof {
  readonly token?: string
  readonly key?: string
}

/** Who may look at the page, and who may change something by it. */
export class Visitors {
  /** Opens the page as an operator, once; undefined where nobody has to prove anything. */
  readonly token: OneTimeToken | undefined
  readonly #keys: KeyRing
  readonly #isOpen: boolean
  readonly #sessions = new Sessions()
  readonly #attempts = new Attempts()

  /** @param isOpen no keys are set: everybody who reaches the gateway is an operator */
  constructor(keys: KeyRing, isOpen: boolean) {
    this.#keys = keys
    this.#isOpen = isOpen
    if (!isOpen) this.token = new OneTimeToken()
  }

  /** Who asks: by a key of the request, else by the cookie of a session; undefined: nobody that is known. */
  visitorOf(headers: RawHeaders, credentials: Credentials): Visitor | undefined {
    if (this.#isOpen) return { key: undefined }
    if (credentials.key !== null) return { key: credentials.key }
    return this.#sessions.find(cookieIn(headers))
  }

  /**
   * Whether a request that changes something comes from our own page. What browsers send by themselves, a
   * cookie or nothing at all, proves nothing: Origin must say that the page is ours. A key in a header does.
   */
  checkChange(headers: RawHeaders, { key }: Pick<Credentials, 'key'>): Failure | undefined {
    const refused = key === null ? this.checkOrigin(headers) : undefined
    return refused ?? checkJson(getHeader(headers, 'content-type'))
  }

  /** Whether the request says that it comes from our own page. */
  checkOrigin(headers: RawHeaders): Failure | undefined {
    if (isOwnOrigin(headers)) return undefined
    return failure('forbidden', 'Cannot change anything: the request has no Origin of this gateway, and no key')
  }

  /**
   * Opens a session. @returns the cookie to be set, or a 401; after too many wrong secrets a 429
   * @param address who tries
   */
  open(proof: Proof, headers: RawHeaders, address: string): string | Failure {
    const waitMs = this.#attempts.waitMs(address)
    if (waitMs > 0)
      return failure('rate-limited', 'Cannot open a session: too many wrong secrets', { retryAfterMs: waitMs })
    const visitor = this.#proven(proof)
    if (visitor !== undefined) return this.#cookie(headers, this.#sessions.open(visitor), COOKIE_SECONDS)
    this.#attempts.noteWrong(address)
    return failure(
      'unauthorized',
      'Cannot open a session: the key is none of this gateway, or the link was used before',
    )
  }

  /** Ends the session of the request. @returns the cookie to be set */
  close(headers: RawHeaders): string {
    this.#sessions.close(cookieIn(headers))
    return this.#cookie(headers, '', 0)
  }

  #proven({ token, key }: Proof): Visitor | undefined {
    if (token !== undefined && this.token?.use(token.slice(0, MAX_SECRET_CHARS))) return { key: undefined }
    const name = key && this.#keys.read(['authorization', `Bearer ${key.slice(0, MAX_SECRET_CHARS)}`], '').key
    return name ? { key: name } : undefined
  }

  #cookie(headers: RawHeaders, secret: string, seconds: number): string {
    const isSecure = getHeader(headers, 'origin')?.startsWith('https:') === true
    const parts = [`${cookieName(headers)}=${secret}`, 'Path=/', `Max-Age=${seconds}`, 'HttpOnly', 'SameSite=Strict']
    return [...parts, ...(isSecure ? ['Secure'] : [])].join('; ')
  }
}

/** Host has been checked by the guard; an Origin that is not its own may be allowed to read, not to change. */
function isOwnOrigin(headers: RawHeaders): boolean {
  const origin = getHeader(headers, 'origin')?.toLowerCase()
  const host = getHeader(headers, 'host')?.toLowerCase()
  return host !== undefined && (origin === `http://${host}` || origin === `https://${host}`)
}

function cookieIn(headers: RawHeaders): string | undefined {
  const name = cookieName(headers)
  const pairs = (getHeader(headers, 'cookie') ?? '').split(';')
  return pairs
    .map(pair => pair.trim())
    .find(pair => pair.startsWith(`${name}=`))
    ?.slice(name.length + 1)
}

/** Ports share their cookies: the gateways of one machine have names of their own. */
function cookieName(headers: RawHeaders): string {
  const [, port = '80'] = /:(\d+)$/.exec(getHeader(headers, 'host') ?? '') ?? []
  return `millrace_${port}`
}
