import { test } from 'node:test'
import type { HttpClient } from '../../src/http/index.ts'
import { Http1Client, type Http1ClientOptions, UndiciClient } from '../../src/node/index.ts'
import { type Answer, answerWith, Upstream } from './upstream.ts'

export interface World {
  readonly client: HttpClient
  readonly upstream: Upstream
  /** Another client of the same kind, which is closed afterwards too. */
  readonly createClient: CreateClient
}

export type CreateClient = (options?: Http1ClientOptions) => HttpClient

/** The clients that go straight to origins on Node, which differ in nothing that a caller sees. */
const KINDS: Readonly<Record<string, CreateClient>> = {
  Http1Client: options => new Http1Client(options),
  UndiciClient: options => new UndiciClient({ ...options, proxy: 'direct' }),
}

/** A test of each client against an upstream that gives one kind of answer. */
export function check(
  behaviour: string,
  answer: Answer,
  run: (world: World) => Promise<void>,
  options?: Http1ClientOptions,
): void {
  checkClients(behaviour, async createClient => {
    await using upstream = await Upstream.start(answer)
    await run({ client: createClient(options), upstream, createClient })
  })
}

/** A test of each client. */
export function checkClients(behaviour: string, run: (createClient: CreateClient) => Promise<void>): void {
  for (const [name, create] of Object.entries(KINDS))
    test(`${name} ${behaviour}`, { timeout: 5000 }, async () => {
      const clients: HttpClient[] = []
      await run(options => {
        const client = create(options)
        clients.push(client)
        return client
      })
      await Promise.all(clients.map(client => client.close()))
    })
}

export const ok: Answer = socket => socket.write(answerWith('ok'))
