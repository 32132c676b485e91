/**
 * An adapter written by hand, for clients that speak no dialect at all: they post a question as plain text and
 * read the answer as plain text, word by word. The upstream speaks Chat Completions.
 *
 *     npm install millrace
 *     millrace simulate &
 *     node adapter.ts
 *     curl -N http://127.0.0.1:8080 -d 'Tell me of a mill'
 *
 * UPSTREAM is the URL to ask (the simulator's by default), API_KEY its key, MODEL the model, PORT where to listen.
 */
import { createServer } from 'node:http'
import {
  type Adapter,
  type AnswerDecoder,
  createDecoder,
  DeferredStreaming,
  type Emit,
  type Failure,
  type Seen,
  type Stage,
  type StreamEvent,
} from 'millrace'
import { chat } from 'millrace/dialects'

const { UPSTREAM: url = 'http://127.0.0.1:8643/v1/chat/completions', API_KEY = '' } = process.env
const { MODEL: model = 'sim/story', PORT = '8080' } = process.env

const toText = (bytes: Uint8Array) => new TextDecoder().decode(bytes)
const toBytes = (text: string) => new TextEncoder().encode(text)

/** From the bytes of one stream of events to the text in them. Synchronous, never throws. */
class TextStage implements Stage {
  readonly mediaType = 'text/plain; charset=utf-8'
  readonly changesBody = true
  /** Who reads plain text does not know an error from an answer: the connection is cut after one. */
  readonly cutsFailures = true
  readonly seen: Seen
  readonly #decoder: AnswerDecoder = createDecoder('chat')

  constructor() {
    this.seen = { reading: this.#decoder.reading, isReady: false, midFrame: false }
  }

  push(chunk: Uint8Array, out: Emit<Uint8Array>): void {
    this.#decoder.push(chunk, event => this.#tell(event, out))
  }

  end(out: Emit<Uint8Array>): void {
    this.#decoder.end(event => this.#tell(event, out))
  }

  /** What went wrong on this side of the upstream: a budget that is spent, say. */
  fail(failure: Failure, out: Emit<Uint8Array>): void {
    this.#tell({ type: 'error', failure }, out)
  }

  #tell(event: StreamEvent, out: Emit<Uint8Array>): void {
    const text =
      event.type === 'text-delta' ? event.text : event.type === 'error' ? `\n[${event.failure.message}]\n` : ''
    if (text === '') return
    this.seen.isReady = true
    out(toBytes(text))
  }
}

/** One object serves all exchanges: what belongs to one of them is kept in its stage. */
const plainText: Adapter = {
  from: 'text',
  to: 'chat',
  lane: 'custom',
  edits: [],
  keepAlive: undefined,
  isAnswer: status => status === 200,
  request: body => ({
    body: toBytes(JSON.stringify({ model, stream: true, messages: [{ role: 'user', content: toText(body) }] })),
  }),
  stage: () => new TextStage(),
  failure(status, headers, body) {
    const failure = chat.failure.decode(status, headers, body)
    return { failure, body: toBytes(`${failure.message}\n`), mediaType: 'text/plain', edits: [] }
  },
  answer: ({ message }) => toBytes(`${message}\n`),
}

createServer(async (request, response) => {
  const streaming = new DeferredStreaming({
    method: 'POST',
    url,
    headers: { 'content-type': 'application/json', authorization: `Bearer ${API_KEY}` },
    body: Buffer.concat(await Array.fromAsync(request)),
    handlerConfig: { requestAdapter: plainText, responseAdapter: plainText },
  })
  const { outcome, usage } = await streaming.sendTo(response)
  console.log(outcome, usage.output)
}).listen(Number(PORT), '127.0.0.1')
