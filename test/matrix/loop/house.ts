import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { text } from 'node:stream/consumers'
import type { DialectName } from '../../../src/dialects/index.ts'
import { type GatewaySetup, startTestGateway } from '../../gateway.ts'

export interface House extends AsyncDisposable {
  readonly url: string
  /** The bodies that the upstream has got. */
  readonly requests: readonly unknown[]
}

export interface HouseUpstream {
  readonly dialect: DialectName
  readonly answers: readonly string[]
  /** Of the answers. Default: event streams. */
  readonly mediaType?: string
}

/** A gateway on an upstream that speaks one dialect, and gives these answers one after the other. */
export async function startHouse(
  { dialect, answers, mediaType = 'text/event-stream' }: HouseUpstream,
  setup: Omit<GatewaySetup, 'upstream'> = {},
): Promise<House> {
  const requests: unknown[] = []
  const server = createServer(async (request, response) => {
    requests.push(JSON.parse(await text(request)))
    response.writeHead(200, { 'content-type': mediaType })
    response.end(answers[requests.length - 1])
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  const upstream = { dialects: { [dialect]: `${origin}/v1` } }
  const gateway = await startTestGateway(origin, { ...setup, upstream })
  return {
    url: gateway.url,
    requests,
    async [Symbol.asyncDispose]() {
      await gateway.close()
      server.closeAllConnections()
      server.close()
    },
  }
}
