import { type Credentials, type KeyRing, readBody } from '../../access/index.ts'
import { DIALECTS } from '../../dialects/index.ts'
import { type Failure, failure } from '../../errors.ts'
import { getHeader } from '../../http/index.ts'
import type { LedgerReader } from '../../ledger/index.ts'
import { answerFailure, answerJson } from '../answers.ts'
import type { Streams } from '../streams.ts'
import type { Visit } from '../visit.ts'
import { answerFile } from './answer-file.ts'
import { type PageFile, pageFolder, readPage } from './files.ts'
import { LedgerOverview } from './ledger-overview.ts'
import { Live } from './live.ts'
import { type OverviewSource, readQuestion } from './overview.ts'
import { RecentOverview } from './recent-overview.ts'
import type { PageRoute } from './routes.ts'
import type { Visitor } from './sessions.ts'
import { type Proof, Visitors } from './visitors.ts'

/** A key or a token, and the JSON around it. */
const MAX_PROOF_BYTES = 16 * 1024
const PROOF_MS = 10_000

export interface PageOptions {
  readonly keys: KeyRing
  /** No keys are set: everybody who reaches the gateway may look. */
  readonly isOpen: boolean
  readonly streams: Streams
  /** Where the built page is. Default: where the package has it. */
  readonly folder?: string | undefined
  /** What the overview is drawn from. Default: the last reports, in memory. */
  readonly ledger?: LedgerReader | undefined
}

/** The web page: its files, its sessions, and what it asks for. */
export class Page {
  readonly #streams: Streams
  readonly #keys: KeyRing
  readonly #visitors: Visitors
  readonly #live: Live
  readonly #files: ReadonlyMap<string, PageFile>
  readonly #overview: OverviewSource

  constructor({ keys, isOpen, streams, folder = pageFolder(), ledger }: PageOptions) {
    this.#streams = streams
    this.#keys = keys
    this.#visitors = new Visitors(keys, isOpen)
    this.#live = new Live(streams)
    this.#files = folder === undefined ? new Map() : readPage(folder)
    this.#overview = ledger === undefined ? new RecentOverview(streams) : new LedgerOverview(ledger)
  }

  /** The page's address, with what opens it once where keys are set. */
  url(origin: string): string {
    const { token } = this.#visitors
    // What stands behind `#` is sent to nobody and logged nowhere.
    return token === undefined ? `${origin}/` : `${origin}/#token=${token.text}`
  }

  visitorOf({ request }: Visit, credentials: Credentials): Visitor | undefined {
    return this.#visitors.visitorOf(request.rawHeaders, credentials)
  }

  /** What a request that changes something by the cookie of a session has to prove, beside it. */
  checkChange({ request }: Visit, credentials: Credentials): Failure | undefined {
    const isChange = request.method !== 'GET' && request.method !== 'HEAD'
    const hasProof = this.#visitors.token === undefined || credentials.key !== null
    return isChange && !hasProof ? this.#visitors.checkOrigin(request.rawHeaders) : undefined
  }

  handle(visit: Visit, route: PageRoute): void {
    if (route.to === 'file') {
      answerFile(visit, this.#files.get(route.path), route.path)
      return
    }
    const credentials = this.#keys.read(visit.request.rawHeaders, visit.target.query.slice(1))
    const method = visit.request.method as string
    const refused =
      method === 'GET' || method === 'HEAD'
        ? undefined
        : this.#visitors.checkChange(visit.request.rawHeaders, credentials)
    if (refused !== undefined) return refuse(visit, refused)
    const visitor = this.visitorOf(visit, credentials)
    if (route.to === 'session') this.#answerSession(visit, visitor)
    else if (visitor === undefined)
      refuse(visit, this.#keys.check(credentials) ?? failure('unauthorized', 'Cannot serve the request: no session'))
    else this.#answer(visit, route, visitor)
  }

  close(): void {
    this.#live.close()
  }

  #answer(visit: Visit, route: Exclude<PageRoute, { to: 'file' | 'session' }>, { key }: Visitor): void {
    const { request, response, target } = visit
    switch (route.to) {
      case 'live': {
        const lastEventId = getHeader(request.rawHeaders, 'last-event-id')
        if (!this.#live.watch(response, key, lastEventId))
          refuse(visit, failure('overloaded', 'Cannot watch: too many watch already', { status: 503 }))
        return
      }
      case 'open-stream': {
        const stream = this.#streams.findOpen(route.id, key)
        const [report, progress] = [stream?.reportSoFar(), stream?.progress()]
        if (report === undefined) return refuse(visit, noStream())
        return answerJson(response, 200, { ...report, outcome: null, state: progress?.state })
      }
      case 'stop': {
        const stream = this.#streams.findOpen(route.id, key)
        if (stream === undefined) return refuse(visit, noStream())
        stream.cancel('operator')
        request.resume()
        return answerJson(response, 202, { id: route.id })
      }
      case 'overview': {
        const question = readQuestion(target.query, key)
        if ('code' in question) return refuse(visit, question)
        this.#overview.overview(question).then(
          overview => answerJson(response, 200, overview),
          () =>
            refuse(
              visit,
              failure('overloaded', 'Cannot draw the overview: the ledger does not answer', { status: 503 }),
            ),
        )
        return
      }
      default:
        route satisfies never
    }
  }

  #answerSession(visit: Visit, visitor: Visitor | undefined): void {
    const { request, response } = visit
    switch (request.method) {
      case 'POST':
        this.#openSession(visit)
        return
      case 'DELETE':
        request.resume()
        return answerJson(response, 200, {}, ['set-cookie', this.#visitors.close(request.rawHeaders)])
      default:
        // Whether a session is wanted, and whose this one is.
        return answerJson(response, 200, {
          isOpen: this.#visitors.token === undefined,
          visitor: visitor === undefined ? null : { key: visitor.key ?? null },
        })
    }
  }

  async #openSession(visit: Visit): Promise<void> {
    const { request, response } = visit
    const body = await readBody(request, { maxBytes: MAX_PROOF_BYTES, totalMs: PROOF_MS })
    const proof = 'code' in body ? body : readProof(body)
    if ('code' in proof) return refuse(visit, proof)
    const opened = this.#visitors.open(proof, request.rawHeaders, request.socket.remoteAddress ?? '')
    if (typeof opened === 'string') answerJson(response, 200, {}, ['set-cookie', opened])
    else refuse(visit, opened)
  }
}

function refuse(visit: Visit, refused: Failure): void {
  if (visit.response.headersSent) return
  // What is left of a body is not read.
  if (!visit.request.complete) visit.response.setHeader('connection', 'close')
  answerFailure(visit, DIALECTS.chat, refused)
  visit.request.resume()
}

function noStream(): Failure {
  return failure('not-found', 'Cannot find the stream: none that is open has this id')
}

function readProof(body: Uint8Array): Proof | Failure {
  try {
    const { token, key } = Object(JSON.parse(new TextDecoder().decode(body)))
    const proof = {
      ...(typeof token === 'string' ? { token } : {}),
      ...(typeof key === 'string' ? { key } : {}),
    }
    if (Object.keys(proof).length === 1) return proof
  } catch {
    // Said below.
  }
  return failure('bad-request', 'Cannot open a session: the body is no JSON object with a `token` or a `key`')
}
