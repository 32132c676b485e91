/** What `#client` is on Node. Its twin is `http/platform.ts`; both export the same names. */
import type { HttpClient } from '../http/index.ts'
import { NodeClient, type NodeClientOptions } from './node-client.ts'

/** How a client of this platform connects: on Node as `NodeClient` does, elsewhere there are no options. */
export type ClientOptions = NodeClientOptions

let shared: HttpClient | undefined

/** A client of one's own, to be closed by whoever asked for it. */
export function createClient(options: ClientOptions = {}): HttpClient {
  return new NodeClient(options)
}

/** The client of everybody who brings none. Never closed; idle sockets do not keep the process alive. */
export function sharedClient(): HttpClient {
  shared ??= createClient()
  return shared
}
