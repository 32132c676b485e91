/** A gateway in a process of its own with a ledger, and clients that stream through it. */
import type { LedgerState } from '../../src/ledger/index.ts'
import { eventually } from '../eventually.ts'
import { Program } from '../process.ts'

/** What a client got. */
export interface Streamed {
  /** Of the exchange. */
  readonly id: string
  readonly body: string
}

const REQUEST = { model: 'sim/story', stream: true, max_tokens: 100, messages: [{ role: 'user', content: 'Hi' }] }

/** A stream of some 50 ms, so that many are open at any time. */
const STEERED = 'words=20,delay=2'

export class LedgerGateway implements AsyncDisposable {
  readonly program: Program
  readonly url: string

  /** @param ledger members of its configuration */
  static async start(upstreamUrl: string, ledger: object): Promise<LedgerGateway> {
    const program = await Program.start(['serve'], {
      server: { port: 0 },
      upstreams: { upstream: { baseUrl: `${upstreamUrl}/v1`, dialects: ['messages'] } },
      models: [{ match: '*', upstream: 'upstream' }],
      log: { level: 'warn' },
      ledger,
    })
    return new LedgerGateway(program, await program.url())
  }

  private constructor(program: Program, url: string) {
    this.program = program
    this.url = url
  }

  stream(settings = STEERED): Promise<Streamed> {
    return streamFrom(this.url, settings)
  }

  /** So many streams, a few at a time; all must be answered. */
  async streams(count: number, atATime = 20): Promise<readonly Streamed[]> {
    const done: Streamed[] = []
    const client = async () => {
      while (count-- > 0) done.push(await this.stream())
    }
    await Promise.all(Array.from({ length: atATime }, client))
    return done
  }

  async ready(): Promise<{ readonly httpStatus: number; readonly ledger: LedgerState }> {
    const response = await fetch(`${this.url}/ready`)
    const { ledger } = (await response.json()) as { ledger: LedgerState }
    return { httpStatus: response.status, ledger }
  }

  /** Waits until the ledger stands so, and gives its state. */
  async until(isSo: (ledger: LedgerState) => boolean): Promise<LedgerState> {
    return eventually(async () => {
      const { ledger } = await this.ready()
      return isSo(ledger) ? ledger : undefined
    }, 20)
  }

  /** As an operator does. */
  async stop(): Promise<void> {
    this.program.kill('SIGTERM')
    await this.program.exit
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.program[Symbol.asyncDispose]()
  }
}

/** Asks for a stream and reads it to its end. */
export async function streamFrom(url: string, settings: string): Promise<Streamed> {
  const response = await fetch(`${url}/v1/messages`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', 'x-sim': settings },
    body: JSON.stringify(REQUEST),
  })
  return { id: response.headers.get('x-millrace-request-id') ?? '', body: await response.text() }
}

/** What every stream must say, as the upstream says it without us. */
export async function expectedBody(upstreamUrl: string): Promise<string> {
  return (await streamFrom(upstreamUrl, STEERED)).body
}
