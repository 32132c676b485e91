import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Target } from './routes.ts'

/** A request on its way through the gateway. */
export interface Visit {
  readonly request: IncomingMessage
  readonly response: ServerResponse
  /** Of the exchange it becomes, and of the answer in any case. */
  readonly id: string
  readonly target: Target
  /** What hooks note of it, from the request to the end of the exchange. */
  readonly metadata: Map<string, unknown>
}
