/**
 * Express, in front of an upstream that only streams: clients that want a stream are relayed, those that want
 * a whole answer get the collected one, as the provider's own endpoint would have given it.
 *
 *     npm install millrace express
 *     millrace simulate &
 *     node express.ts
 *     curl http://127.0.0.1:8080/v1/chat/completions -H 'content-type: application/json' -d '{"model":"sim/story","messages":[{"role":"user","content":"Hi"}]}'
 *
 * UPSTREAM is the URL to ask (the simulator's by default), API_KEY its key, PORT where to listen.
 */
import express from 'express'
import { failureResponse, StreamingBufferService, StreamingHandler } from 'millrace'

const { UPSTREAM: url = 'http://127.0.0.1:8643/v1/chat/completions', API_KEY = '', PORT = '8080' } = process.env

const handlerConfig = { formatContext: { source: 'chat', target: 'chat' } } as const
const handler = new StreamingHandler()
const buffers = new StreamingBufferService()

const app = express()
// The bytes as they came: they go up unchanged.
app.use(express.raw({ type: 'application/json', limit: '32mb' }))

app.post('/v1/chat/completions', async (request, response) => {
  const asked = {
    method: 'POST',
    url,
    headers: { 'content-type': 'application/json', authorization: `Bearer ${API_KEY}` },
    body: request.body as Buffer,
    handlerConfig,
  }
  try {
    if (handler.shouldStream(asked.body, handlerConfig)) {
      await handler.handleStreamingRequest(asked).sendTo(response)
      return
    }
    const leaving = new AbortController()
    response.on('close', () => leaving.abort())
    const whole = await buffers.handleBufferedStreamingRequest({ ...asked, signal: leaving.signal })
    response
      .status(whole.status)
      .setHeaders(whole.headers)
      .end(await whole.text())
  } catch (error) {
    const refused = failureResponse(error, 'chat')
    response
      .status(refused.status)
      .setHeaders(refused.headers)
      .end(await refused.text())
  }
})

app.listen(Number(PORT), '127.0.0.1')
