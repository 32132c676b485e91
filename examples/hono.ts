/**
 * A Hono application that lets Claude Code, and anything else that speaks the Messages API, talk to a server
 * that speaks OpenAI's Chat Completions only. By the functions alone: what they take and give is `Request` and
 * `Response`.
 *
 *     npm install millrace hono @hono/node-server
 *     millrace simulate &
 *     node hono.ts
 *     curl -N http://127.0.0.1:8080/v1/messages -d '{"model":"sim/story","max_tokens":99,"stream":true,"messages":[{"role":"user","content":"Hi"}]}'
 *
 * UPSTREAM is the base URL of the server (the simulator's by default), API_KEY its key, PORT where to listen.
 */
import { serve } from '@hono/node-server'
import { Hono } from 'hono'
import { convertRequest, convertResponse, failureResponse } from 'millrace'

const { UPSTREAM: baseUrl = 'http://127.0.0.1:8643/v1', API_KEY = '', PORT = '8080' } = process.env

const app = new Hono()

app.post('/v1/messages', async context => {
  try {
    const request = await convertRequest(context.req.raw, {
      from: 'messages',
      to: 'chat',
      baseUrl,
      headers: { authorization: `Bearer ${API_KEY}` },
    })
    return await convertResponse(fetch(request.request), {
      from: 'chat',
      to: 'messages',
      request,
      onReport: ({ outcome, usage, losses }) => console.log(outcome, usage.output, losses.length),
    })
  } catch (error) {
    return failureResponse(error, 'messages')
  }
})

serve({ fetch: app.fetch, hostname: '127.0.0.1', port: Number(PORT) })
