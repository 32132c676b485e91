/** A codec whose wire is the neutral model itself, for tests of what stands around codecs. */
import type { Codec, Dialect, DialectName, StreamDecoder } from '../src/dialects/index.ts'
import { DIALECTS } from '../src/dialects/index.ts'
import { type Failure, MillraceError } from '../src/errors.ts'
import { EventWriter, type Message, type Request, type StreamEvent } from '../src/model/index.ts'

/** A dialect with the errors and pings of the real one, and a wire of neutral events. */
export function fakeDialect(name: DialectName, changes: Partial<Codec> = {}): Dialect {
  return { ...DIALECTS[name], codec: { ...fakeCodec(name), ...changes } }
}

/** One frame of the wire. */
export function frame(event: StreamEvent): string {
  return `data: ${JSON.stringify(event)}\n\n`
}

export const START = frame({ type: 'message-start', id: 'a-1', model: 'up-model' })
export const OPEN = frame({ type: 'block-start', index: 0, choice: 0, kind: 'text' })
export const HELLO = frame({ type: 'text-delta', index: 0, text: 'Hello' })
export const FINISH = frame({ type: 'choice-end', choice: 0, finish: { reason: 'stop', raw: 'stop' } })
export const USAGE = frame({ type: 'usage', usage: { input: 7, output: 3 } })
export const END = frame({ type: 'message-end' })
export const ANSWER = START + OPEN + HELLO + FINISH + USAGE + END

/** The answer in one body. */
export const MESSAGE: Message = {
  id: 'a-1',
  model: 'up-model',
  candidates: [{ index: 0, parts: [{ kind: 'text', text: 'Hello' }], finish: { reason: 'stop', raw: 'stop' } }],
  usage: { input: 7, output: 3 },
}

function fakeCodec(name: DialectName): Codec {
  return {
    sayings: { request: {}, answer: {}, natives: { request: [], answer: [] } } as unknown as Codec['sayings'],
    decodeRequest(body) {
      if (body.broken !== undefined) throw new MillraceError('bad-request', 'Cannot read `broken`: it is')
      const { model, stream = false } = body as { model?: string; stream?: boolean }
      const instructions = body.system === undefined ? [] : [{ kind: 'text', text: String(body.system) } as const]
      return { model, stream, instructions, turns: [], tools: [], sampling: {} } satisfies Request
    },
    encodeRequest({ instructions }, { model, stream, losses }) {
      if (instructions.length > 0) losses.add('/instructions/0', 'no-slot')
      losses.add('/native/user_agent', 'cosmetic')
      return { path: `/${name}`, query: '', headers: ['x-version', '1'], body: { model, stream } }
    },
    decodeMessage: body => (body.error === undefined ? (body as unknown as Message) : failed(body.error as Failure)),
    encodeMessage: (message, { model, losses }) => {
      losses.add('/id', 'cosmetic')
      return { ...message, model: model ?? message.model, by: name }
    },
    createStreamDecoder: (_context, emit) => new FakeDecoder(emit),
    createStreamEncoder: ({ model }, write) => ({
      push(event) {
        if (event.type === 'error') write(DIALECTS[name].failure.encodeInStream(event.failure, undefined))
        else write(frame(event.type === 'message-start' && model !== undefined ? { ...event, model } : event))
      },
    }),
  }
}

function failed(failure: Failure): Message {
  return { id: undefined, model: undefined, candidates: [], failure }
}

class FakeDecoder implements StreamDecoder {
  readonly #writer: EventWriter
  isTerminal = false

  constructor(emit: (event: StreamEvent) => void) {
    this.#writer = new EventWriter(emit)
  }

  get isFinished(): boolean {
    return this.#writer.isFinished
  }

  push({ data }: { readonly data: string }): void {
    const writer = this.#writer
    const event = JSON.parse(data) as StreamEvent
    if (event.type === 'message-start') writer.start(event)
    else if (event.type === 'block-start') writer.open(event)
    else if (event.type === 'text-delta') writer.text(event.index, event.text)
    else if (event.type === 'payload-delta') writer.payload(event.index, event.text)
    else if (event.type === 'usage') writer.usage(event.usage)
    else if (event.type === 'choice-end') writer.finish(event.choice, event.finish)
    else if (event.type === 'message-end') this.end()
    else if (event.type === 'error') this.fail(event.failure)
  }

  end(): void {
    this.isTerminal = true
    this.#writer.end()
  }

  fail(failure: Failure): void {
    this.isTerminal = true
    this.#writer.fail(failure)
  }
}
