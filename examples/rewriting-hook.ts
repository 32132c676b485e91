/**
 * Hooks that look into answers. One changes them: e-mail addresses are masked, and what the model thinks is left
 * out. What is not changed passes byte for byte. Another watches what the upstream has said, and changes nothing.
 *
 *     npm install millrace
 *     millrace simulate &
 *     node rewriting-hook.ts
 *     curl -N http://127.0.0.1:8080 -d '{"model":"sim/echo","stream":true,"messages":[{"role":"user","content":"Ask ada@mill.example"}]}'
 *
 * UPSTREAM is the URL to ask (the simulator's by default), API_KEY its key, PORT where to listen.
 */
import { createServer } from 'node:http'
import { failureResponse, type HandlerConfig, HookManager, StreamingHandler } from 'millrace'

const { UPSTREAM: url = 'http://127.0.0.1:8643/v1/chat/completions', API_KEY = '', PORT = '8080' } = process.env

const mask = (text: string) => text.replaceAll(/[\w.+-]+@[\w-]+(?:\.[\w-]+)+/g, '[address]')

/** Made for each answer. An address may be cut between two events: the last word waits for the next one. */
const discreet: HandlerConfig['mapEvents'] = () => {
  let held = ''
  return event => {
    switch (event.type) {
      case 'block-start':
        return event.kind === 'reasoning' ? undefined : event
      case 'text-delta': {
        const text = held + event.text
        const lastWord = text.search(/\S*$/)
        held = text.slice(lastWord)
        return lastWord === 0 ? undefined : { ...event, text: mask(text.slice(0, lastWord)) }
      }
      case 'block-end': {
        const text = mask(held)
        held = ''
        return text === '' ? event : [{ type: 'text-delta', index: event.index, text }, event]
      }
      default:
        return event
    }
  }
}

const hooks = new HookManager({ onError: console.error })

/** By the exchange: the blocks that are reasoning, and how many characters of it have come. */
const thinking = new WeakMap<object, { readonly blocks: Set<number>; length: number }>()

hooks.register({
  name: 'thinking',
  events: ['provider.stream.event', 'provider.stream.end'],
  handle(state) {
    // One for all hooks of an exchange, and gone with it.
    const { metadata } = state
    const seen = thinking.get(metadata) ?? { blocks: new Set(), length: 0 }
    thinking.set(metadata, seen)
    if (state.event === 'provider.stream.end') console.log(`${seen.length} characters of reasoning were left out`)
    if (state.event !== 'provider.stream.event') return
    const { event } = state.data
    if (event.type === 'block-start' && event.kind === 'reasoning') seen.blocks.add(event.index)
    if (event.type === 'text-delta' && seen.blocks.has(event.index)) seen.length += event.text.length
  },
})

const handler = new StreamingHandler({ hookManager: hooks })

createServer(async (request, response) => {
  try {
    const streaming = handler.handleStreamingRequest({
      method: 'POST',
      url,
      headers: { 'content-type': 'application/json', authorization: `Bearer ${API_KEY}` },
      body: Buffer.concat(await Array.fromAsync(request)),
      handlerConfig: { formatContext: { source: 'chat', target: 'chat' }, mapEvents: discreet },
    })
    await streaming.sendTo(response)
  } catch (error) {
    const refused = failureResponse(error, 'chat')
    response
      .setHeaders(refused.headers)
      .writeHead(refused.status)
      .end(await refused.text())
  }
}).listen(Number(PORT), '127.0.0.1')
