/** An upstream that answers every request with the same bytes, in the same pieces. */
import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'

export type Line =
  | { readonly head: { readonly status: number; readonly headers: readonly string[] } }
  /** `pauseMs`: before it, so that it is a read of its own. */
  | { readonly write: string | Uint8Array; readonly pauseMs?: number }
  | { readonly end: 'end' | 'reset' | 'close' }

export interface ScriptedUpstream extends AsyncDisposable {
  readonly url: string
}

export async function startScriptedUpstream(lines: readonly Line[]): Promise<ScriptedUpstream> {
  const server = createServer(async (request, response) => {
    request.resume()
    await once(request, 'end')
    for (const line of lines) {
      if ('head' in line) response.writeHead(line.head.status, [...line.head.headers]).flushHeaders()
      else if ('write' in line) {
        await sleep(line.pauseMs ?? 0)
        response.write(line.write)
      } else if (line.end === 'end') response.end()
      else if (line.end === 'reset') request.socket.resetAndDestroy()
      else request.socket.destroySoon()
    }
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections()
      server.close()
    },
  }
}
