/** Every recorded stream through the gateway to a client of another dialect, over real sockets. */
import assert from 'node:assert/strict'
import type { StreamReport } from '../../src/observe/index.ts'
import { type Simulator, startSimulator } from '../../src/simulator/index.ts'
import type { Corpus, CorpusStream, Expected } from '../corpus.ts'
import { startTestGateway, type TestGateway } from '../gateway.ts'
import { usageOf } from '../sdk/answer.ts'
import { isTruncated } from '../sdk/report.ts'
import { CLIENTS, type ClientName, type Shape, type Told } from './clients.ts'

/** Client and upstream. */
export const PAIRS: readonly (readonly [client: ClientName, upstream: ClientName])[] = [
  ['chat', 'messages'],
  ['messages', 'chat'],
]

export const SHAPES: readonly Shape[] = ['stream', 'whole']

/** An upstream that replays a corpus and only streams, and a gateway in front of it for each dialect it may speak. */
export class Matrix {
  readonly #simulator: Simulator
  readonly #gateways: Readonly<Record<ClientName, TestGateway>>

  private constructor(simulator: Simulator, gateways: Record<ClientName, TestGateway>) {
    this.#simulator = simulator
    this.#gateways = gateways
  }

  static async start({ folder }: Corpus): Promise<Matrix> {
    const simulator = await startSimulator({ replayDir: folder })
    const speaking = (dialect: ClientName) =>
      startTestGateway(simulator.url, {
        upstream: { dialects: { [dialect]: `${simulator.url}/v1` }, streamOnly: true },
      })
    return new Matrix(simulator, { chat: await speaking('chat'), messages: await speaking('messages') })
  }

  /** Asks for a stream as a client that speaks another dialect, and says how it was. */
  async pass(stream: CorpusStream, client: ClientName, shape: Shape): Promise<Passage> {
    const gateway = this.#gateways[stream.dialect as ClientName]
    let id: string | null = null
    const noting: typeof fetch = async (input, init) => {
      const response = await fetch(input, init)
      id = response.headers.get('x-millrace-request-id')
      return response
    }
    const ask = { url: gateway.url, model: `replay/${stream.id}`, fetch: noting }
    const [told, error] = await settled(CLIENTS[client][shape](ask))
    return { told, error, report: await gateway.report(id) }
  }

  async close(): Promise<void> {
    for (const gateway of Object.values(this.#gateways)) await gateway.close()
    await this.#simulator.close()
  }
}

/** What a client made of a stream, or what it threw, and what the gateway says of it. */
export interface Passage {
  readonly told: Told | undefined
  readonly error: unknown
  readonly report: StreamReport
}

async function settled<T>(promise: Promise<T>): Promise<readonly [T | undefined, unknown]> {
  try {
    return [await promise, undefined]
  } catch (error) {
    return [undefined, error]
  }
}

/** @throws {AssertionError} where the client was told anything else than the manifest minus the reported losses */
export function checkPassage(stream: CorpusStream, { told, error, report }: Passage): void {
  const { expected } = stream
  const isLost = (path: string) => report.losses.some(loss => loss.path === path)
  assert.equal(report.lane, 'convert')
  const failure = failureOf(stream)
  if (failure !== undefined) {
    assert.ok(wordsOf(error).includes(failure), `Expected "${failure}", got ${error}`)
    return
  }
  // OpenRouter says an error beside the finish: whoever reads it as a failure is right too.
  if (told === undefined && expected.error !== null && wordsOf(error).includes(expected.error.message)) return
  if (told === undefined) throw error
  assert.deepEqual(comparable(told, isLost), comparable(wanted(expected, isLost), isLost))
  for (const [name, count] of Object.entries(usageOf(expected.usage ?? {}) ?? {}))
    if (!isLost(`/usage/${name}`)) assert.equal((told.usage as Record<string, number> | null)?.[name], count, name)
}

function failureOf(stream: CorpusStream): string | undefined {
  if (isTruncated(stream)) return 'Upstream ended the stream'
  // An error after the finish does not undo it.
  return stream.expected.finish === null ? stream.expected.error?.message : undefined
}

function wordsOf(error: unknown): string {
  return error instanceof Error ? error.message : ''
}

/** What the manifest expects, in what a client of any dialect can be told of it. */
function wanted(
  { text, reasoning, refusal = '', toolCalls, finish }: Expected,
  isLost: (path: string) => boolean,
): Told {
  const isText = refusal !== '' && isLost('/candidates/0/parts/0/kind')
  return {
    text: isText ? text + refusal : text,
    reasoning,
    refusal: isText ? '' : refusal,
    calls: toolCalls.map(({ id, name, args }) => ({ id: id ?? '', name, args })),
    usage: null,
    // Who ends with calls and says nothing, or plainly "stop", has called.
    finish: toolCalls.length > 0 && (finish === 'stop' || finish === null) ? 'tool_calls' : finish,
  }
}

function comparable({ text, reasoning, refusal, calls, finish }: Told, isLost: (path: string) => boolean) {
  return {
    text,
    // Blocks of reasoning become one text, a blank line apart.
    reasoning: reasoning.replace(/\s+/g, ''),
    refusal,
    // Arguments that broke off are no value that every client can hold.
    calls: calls.map(({ name, args }) => ({ name, args: isTorn(args) ? 'torn' : args })),
    finish: isLost('/candidates/0/finish/reason') ? 'lost' : finish,
  }
}

function isTorn(args: unknown): boolean {
  return typeof args === 'object' && args !== null && '__unparsable' in args
}
