/** Every recorded stream through the gateway to clients of the other dialects, over real sockets. */
import assert from 'node:assert/strict'
import { inspect } from 'node:util'
import { DIALECTS, type DialectName } from '../../src/dialects/index.ts'
import type { StreamReport } from '../../src/observe/index.ts'
import { type Simulator, startSimulator } from '../../src/simulator/index.ts'
import type { Corpus, CorpusStream, Expected } from '../corpus.ts'
import { startTestGateway, type TestGateway } from '../gateway.ts'
import { usageOf } from '../sdk/answer.ts'
import { isTruncated } from '../sdk/report.ts'
import { CLIENTS, type Client, type Shape, type Told } from './clients/index.ts'

const NAMES = Object.values(DIALECTS).map(({ name }) => name)

/** Every client with the dialects that its upstream may speak: all but its own. */
export const PAIRS: readonly (readonly [client: Client, upstream: DialectName])[] = CLIENTS.flatMap(client =>
  NAMES.filter(name => name !== client.dialect).map(upstream => [client, upstream] as const),
)

/** The streams of a corpus that a client is asked about: one that mixes candidates up is told of one only. */
export function streamsFor(
  { unsaid = [] }: Client,
  upstream: DialectName,
  { streams }: Corpus,
): readonly CorpusStream[] {
  const mixesUp = unsaid.includes('candidates')
  return streams.filter(({ dialect, flags }) => dialect === upstream && !(mixesUp && flags.includes('multi-choice')))
}

export const SHAPES: readonly Shape[] = ['stream', 'whole']

/** An upstream that replays a corpus and only streams, and a gateway in front of it for each dialect it may speak. */
export class Matrix {
  readonly #simulator: Simulator
  readonly #gateways: ReadonlyMap<DialectName, TestGateway>

  private constructor(simulator: Simulator, gateways: ReadonlyMap<DialectName, TestGateway>) {
    this.#simulator = simulator
    this.#gateways = gateways
  }

  static async start({ folder }: Corpus): Promise<Matrix> {
    const simulator = await startSimulator({ replayDir: folder })
    const gateways = new Map<DialectName, TestGateway>()
    for (const dialect of NAMES) gateways.set(dialect, await gatewayTo(simulator, dialect))
    return new Matrix(simulator, gateways)
  }

  /** Asks as a client that speaks another dialect, and says how it was. */
  async pass({ id, dialect }: CorpusStream, client: Client, shape: Shape): Promise<Passage> {
    const gateway = this.#gateways.get(dialect) as TestGateway
    let requestId: string | null = null
    const noting: typeof fetch = async (input, init) => {
      const response = await fetch(input, init)
      requestId = response.headers.get('x-millrace-request-id')
      return response
    }
    const [told, error] = await settled(client[shape]({ url: gateway.url, model: `replay/${id}`, fetch: noting }))
    // Whoever does not reach the gateway has no report.
    if (requestId === null) throw error
    return { client, told, error, report: await gateway.report(requestId) }
  }

  async close(): Promise<void> {
    for (const gateway of this.#gateways.values()) await gateway.close()
    await this.#simulator.close()
  }
}

function gatewayTo({ url }: Simulator, dialect: DialectName): Promise<TestGateway> {
  const dialects = { [dialect]: `${url}/${dialect === 'gemini' ? 'v1beta' : 'v1'}` }
  return startTestGateway(url, { upstream: { dialects, streamOnly: true } })
}

/** What a client made of a stream, or what it threw, and what the gateway says of it. */
export interface Passage {
  readonly client: Client
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
export function checkPassage(stream: CorpusStream, { client, told, error, report }: Passage): void {
  const { expected } = stream
  const isLost = (path: string) => report.losses.some(loss => loss.path === path)
  assert.equal(report.lane, 'convert')
  const failure = failureOf(stream)
  // OpenRouter says an error beside the finish: whoever reads it as a failure is right too.
  const allowed = failure ?? expected.error?.message
  if (failure !== undefined || (told === undefined && allowed !== undefined)) {
    assert.ok(wordsOf(error).includes(allowed as string), `Expected "${allowed}", got ${inspect(error ?? told)}`)
    assert.ok(client.isTyped(error), `Expected the client's own error, got ${inspect(error)}`)
    return
  }
  if (told === undefined) throw error
  assert.deepEqual(
    comparable(told, expected, client, isLost),
    comparable(wanted(stream, client, isLost), expected, client, isLost),
  )
  for (const [name, count] of Object.entries(usageOf(expected.usage ?? {}) ?? {}))
    if (!isLost(`/usage/${name}`) && !isUnsaid(client, name))
      assert.equal((told.usage as Record<string, number> | null)?.[name], count, name)
}

function failureOf(stream: CorpusStream): string | undefined {
  if (isTruncated(stream)) return 'Upstream ended the stream'
  // An error after the finish does not undo it.
  return stream.expected.finish === null ? stream.expected.error?.message : undefined
}

/** Vercel's providers say errors in objects of their own. */
function wordsOf(error: unknown): string {
  return typeof error === 'object' && error !== null && 'message' in error ? `${error.message}` : ''
}

function isUnsaid({ unsaid = [] }: Client, what: string): boolean {
  return unsaid.some(known => known === what)
}

/** What the manifest expects, in what a client of any dialect can be told of it. */
function wanted({ expected }: CorpusStream, client: Client, isLost: (path: string) => boolean): Told {
  const { text, reasoning, refusal = '', toolCalls } = expected
  const isText = isUnsaid(client, 'refusal') || isLost('/candidates/0/parts/0/kind')
  return {
    text: isText ? text + refusal : text,
    reasoning,
    refusal: isText ? '' : refusal,
    calls: toolCalls.map(({ id, name, args }) => ({ id: id ?? '', name, args })),
    usage: null,
    finish: wantedFinish(expected, client),
  }
}

function wantedFinish({ finish, refusal, toolCalls, serverTools = [] }: Expected, client: Client): Expected['finish'] {
  // Who ends with calls and says nothing, or plainly "stop", has called.
  if (toolCalls.length > 0 && (finish === 'stop' || finish === null)) return 'tool_calls'
  // Somebody has to approve before it goes on.
  if (serverTools.includes('mcp_approval_request')) return 'pause'
  return refusal !== undefined && client.refusalEnds !== undefined ? client.refusalEnds : finish
}

/** @param expected the arguments that broke off are no value that every client can hold: only that there are some counts */
function comparable(
  { text, reasoning, refusal, calls, finish }: Told,
  expected: Expected,
  client: Client,
  isLost: (path: string) => boolean,
) {
  return {
    text,
    // Blocks of reasoning become one text, a blank line apart.
    reasoning: isUnsaid(client, 'reasoning') ? 'unsaid' : reasoning.replace(/\s+/g, ''),
    refusal,
    calls: calls.map(({ name, args }, at) => ({ name, args: isTorn(expected.toolCalls[at]?.args) ? 'torn' : args })),
    finish: isLost('/candidates/0/finish/reason') ? 'lost' : finish,
  }
}

function isTorn(args: unknown): boolean {
  return typeof args === 'object' && args !== null && '__unparsable' in args
}
