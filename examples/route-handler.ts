/**
 * A fetch-style route handler: a function from `Request` to `Response`, for whatever calls such functions.
 * It relays Chat Completions under a key of yours. The upstream's status and headers are the client's, and the
 * upstream is aborted when the client leaves.
 *
 *     Next.js      app/api/chat/route.ts is this file
 *     SvelteKit    export const POST = ({ request }) => ...
 *     Bun          Bun.serve({ fetch: POST })
 *     Deno         Deno.serve(POST)
 *     Cloudflare   export default { fetch: POST }
 *     Node         serve({ fetch: POST }) of @hono/node-server
 *
 * UPSTREAM is the URL to ask (that of `millrace simulate` by default), API_KEY its key.
 */
import { DeferredStreaming, failureResponse } from 'millrace'

const { UPSTREAM: url = 'http://127.0.0.1:8643/v1/chat/completions', API_KEY = '' } = process.env

export async function POST(request: Request): Promise<Response> {
  try {
    const streaming = new DeferredStreaming({
      method: 'POST',
      url,
      headers: { 'content-type': 'application/json', authorization: `Bearer ${API_KEY}` },
      body: await request.text(),
      handlerConfig: { formatContext: { source: 'chat', target: 'chat' } },
    })
    streaming.report.then(({ outcome, usage }) => console.log(outcome, usage.output))
    return await streaming.toResponse({ signal: request.signal })
  } catch (error) {
    return failureResponse(error, 'chat')
  }
}
