import { hash, randomBytes, timingSafeEqual } from 'node:crypto'

/** A session that nobody uses ends after twelve hours. */
const IDLE_MS = 12 * 60 * 60 * 1000
const MAX_SESSIONS = 1000

/** Who watches: an operator sees all streams, a key its own. */
export interface Visitor {
  /** Name of the key; undefined: an operator. */
  readonly key: string | undefined
}

interface Session {
  readonly visitor: Visitor
  usedAtMs: number
}

/** The sessions of the page, in memory: a restart ends them all. */
export class Sessions {
  /** By digest: who reads our memory through some hole gets no cookie out of it. */
  readonly #sessions = new Map<string, Session>()
  readonly #nowMs: () => number

  constructor(nowMs: () => number = () => performance.now()) {
    this.#nowMs = nowMs
  }

  /** @returns the secret that the cookie holds */
  open(visitor: Visitor): string {
    if (this.#sessions.size >= MAX_SESSIONS) this.#dropOldest()
    const secret = randomSecret()
    this.#sessions.set(digestOf(secret), { visitor, usedAtMs: this.#nowMs() })
    return secret
  }

  find(secret: string | undefined): Visitor | undefined {
    const digest = digestOf(secret ?? '')
    const session = this.#sessions.get(digest)
    if (session === undefined) return undefined
    const now = this.#nowMs()
    if (now - session.usedAtMs >= IDLE_MS) {
      this.#sessions.delete(digest)
      return undefined
    }
    // Anew at the end: the first of the map is the one that was not used for the longest time.
    this.#sessions.delete(digest)
    session.usedAtMs = now
    this.#sessions.set(digest, session)
    return session.visitor
  }

  close(secret: string | undefined): void {
    this.#sessions.delete(digestOf(secret ?? ''))
  }

  #dropOldest(): void {
    const [oldest] = this.#sessions.keys()
    if (oldest !== undefined) this.#sessions.delete(oldest)
  }
}

/** A secret that opens the page once, for whoever reads what the gateway prints. */
export class OneTimeToken {
  /** To be printed; nobody else is told. */
  readonly text = randomSecret()
  #isUsed = false

  /** Whether this is it. From then on it never is again. */
  use(text: string): boolean {
    const isIt = !this.#isUsed && timingSafeEqual(hash('sha256', text, 'buffer'), hash('sha256', this.text, 'buffer'))
    this.#isUsed ||= isIt
    return isIt
  }
}

function randomSecret(): string {
  return randomBytes(24).toString('base64url')
}

function digestOf(secret: string): string {
  return hash('sha256', secret)
}
