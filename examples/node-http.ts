/**
 * A plain `node:http` server in front of an upstream of another dialect: clients speak Chat Completions, the
 * upstream speaks Messages. `sendTo` writes to the socket itself, as fast as the gateway does.
 *
 *     npm install millrace
 *     millrace simulate &
 *     node node-http.ts
 *     curl -N http://127.0.0.1:8080/v1/chat/completions -d '{"model":"sim/story","stream":true,"messages":[{"role":"user","content":"Hi"}]}'
 *
 * UPSTREAM is the URL to ask (the simulator's by default), API_KEY its key, PORT where to listen.
 */
import { createServer } from 'node:http'
import { failureResponse, StreamingHandler } from 'millrace'

const { UPSTREAM: url = 'http://127.0.0.1:8643/v1/messages', API_KEY = '', PORT = '8080' } = process.env

const handler = new StreamingHandler()

createServer(async (request, response) => {
  const body = Buffer.concat(await Array.fromAsync(request))
  const handlerConfig = { formatContext: { source: 'chat', target: 'messages' } } as const
  try {
    const streaming = handler.handleStreamingRequest({
      method: 'POST',
      url,
      headers: { 'content-type': 'application/json', 'x-api-key': API_KEY },
      body,
      handlerConfig,
      exchange: { wants: handler.shouldStream(body, handlerConfig) ? 'stream' : 'whole' },
    })
    const { outcome, model, usage, times } = await streaming.sendTo(response)
    console.log(outcome, model.reported, usage.output, times.firstTokenMs)
  } catch (error) {
    // The request cannot be converted: nothing has been sent yet.
    const refused = failureResponse(error, 'chat')
    response
      .setHeaders(refused.headers)
      .writeHead(refused.status)
      .end(await refused.text())
  }
}).listen(Number(PORT), '127.0.0.1')
