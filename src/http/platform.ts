/** What `#client` is where there is no Node. Its twin is `node/platform.ts`; both export the same names. */
import { MillraceError } from '../errors.ts'
import type { HttpClient } from './client.ts'
import { FetchClient } from './fetch-client.ts'

/** None: how fetch connects is the runtime's affair. */
export type ClientOptions = Readonly<Record<string, unknown>>

let shared: HttpClient | undefined

/** @throws {MillraceError} `bad-request` for any option, since none could be honoured */
export function createClient(options: ClientOptions = {}): HttpClient {
  const name = Object.keys(options).find(key => options[key] !== undefined)
  if (name === undefined) return new FetchClient()
  throw new MillraceError('bad-request', `Cannot set "${name}" of a client: fetch decides it on this runtime`)
}

/** The client of everybody who brings none. Never closed. */
export function sharedClient(): HttpClient {
  shared ??= createClient()
  return shared
}
