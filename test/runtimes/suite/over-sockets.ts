/** What needs an upstream: the simulator, on loopback. */
import {
  convertRequest,
  convertResponse,
  createClient,
  DEFAULT_BUDGETS,
  DeferredStreaming,
  type DialectName,
  FetchClient,
  HookManager,
  HttpPoolManager,
  meterResponse,
  RequestContext,
  StreamingBufferService,
  type StreamReport,
} from 'millrace'
import { type Check, eventually, holds, matches, rejection, same } from './claims.ts'
import { NAMES, readResponse, textOf } from './told.ts'

/** A streaming question in each dialect: path and body. */
const ASKED: Readonly<Record<DialectName, readonly [path: string, body: object]>> = {
  chat: ['/v1/chat/completions', { model: 'sim/echo', stream: true, messages: [{ role: 'user', content: 'Moin' }] }],
  responses: ['/v1/responses', { model: 'sim/echo', stream: true, input: 'Moin' }],
  messages: [
    '/v1/messages',
    { model: 'sim/echo', stream: true, max_tokens: 99, messages: [{ role: 'user', content: 'Moin' }] },
  ],
  gemini: ['/v1beta/models/sim/echo:streamGenerateContent?alt=sse', { contents: [{ parts: [{ text: 'Moin' }] }] }],
}

export interface Place {
  /** Where the simulator listens. */
  readonly upstream: string
  /** Whether the runtime is Node, which has a client of its own. */
  readonly isNode: boolean
}

export function overSockets({ upstream, isNode }: Place): readonly Check[] {
  const asked = (dialect: DialectName): Request => {
    const [path, body] = ASKED[dialect]
    return new Request(`http://client.test${path}`, { method: 'POST', body: JSON.stringify(body) })
  }

  const deferred = (
    dialect: DialectName,
    steer = '',
    more: Partial<ConstructorParameters<typeof DeferredStreaming>[0]> = {},
  ) => {
    const [path, body] = ASKED[dialect]
    return new DeferredStreaming({
      ...{ method: 'POST', url: upstream + path, body: JSON.stringify(body) },
      headers: { 'content-type': 'application/json', 'x-sim': steer },
      handlerConfig: { formatContext: { source: dialect, target: dialect } },
      ...more,
    })
  }

  /** What the simulator knows of the last request that was steered so. */
  const seen = async (steer: string) => {
    const requests = (await (await fetch(`${upstream}/__sim/requests?since=0`)).json()) as readonly {
      readonly headers: readonly string[]
      readonly hungUp: boolean
    }[]
    return requests.findLast(({ headers }) => headers.includes(steer))
  }

  const converted: readonly Check[] = NAMES.flatMap(client =>
    NAMES.map(spoken => ({
      name: `a client of ${client} asks an upstream of ${spoken} by fetch`,
      async run() {
        const baseUrl = `${upstream}/${spoken === 'gemini' ? 'v1beta' : 'v1'}`
        const request = await convertRequest(asked(client), { from: client, to: spoken, baseUrl })
        const response = await convertResponse(await fetch(request.request), { from: spoken, to: client, request })
        const message = await readResponse(client, response)
        same([textOf(message), message.candidates[0]?.finish?.reason], ['Moin', 'stop'])
      },
    })),
  )

  const deferredOnes: readonly Check[] = [
    ...NAMES.map(dialect => ({
      name: `DeferredStreaming relays ${dialect} with the shared client`,
      async run() {
        const streaming = deferred(dialect)
        const response = await streaming.toResponse()
        same(textOf(await readResponse(dialect, response)), 'Moin')
        const { outcome, lane, times } = await streaming.report
        same([outcome, lane], ['completed', 'relay'])
        holds(times.firstTokenMs !== null, 'a first token')
      },
    })),
    {
      name: 'DeferredStreaming converts request and answer with a client over fetch',
      async run() {
        const streaming = deferred('messages', '', {
          url: `${upstream}/v1/chat/completions`,
          client: new FetchClient(),
          handlerConfig: { formatContext: { source: 'messages', target: 'chat' } },
        })
        same(textOf(await readResponse('messages', await streaming.toResponse())), 'Moin')
        same((await streaming.report).lane, 'convert')
      },
    },
    {
      name: 'the upstream’s error status is the client’s',
      async run() {
        const response = await deferred('messages', 'status=429,retryafter=7').toResponse()
        same([response.status, response.headers.get('retry-after')], [429, '7'])
        matches(await response.text(), /rate_limit_error/)
      },
    },
    {
      name: 'an upstream that cannot be reached is a 502',
      async run() {
        const response = await deferred('chat', '', { url: 'http://127.0.0.1:1/v1/chat/completions' }).toResponse()
        same(response.status, 502)
        matches(await response.text(), /Cannot [a-z ]+ 127\.0\.0\.1:1\b/)
      },
    },
    {
      name: 'a stalled upstream ends by its budget, and is told to stop',
      async run() {
        const steer = 'fault=stall,at=first,words=11'
        const streaming = deferred('chat', steer, { exchange: { budgets: { ...DEFAULT_BUDGETS, idleMs: 150 } } })
        const response = await streaming.toResponse()
        await rejection(response.text())
        same((await streaming.report).outcome, 'timeout')
        await eventually(async () => (await seen(steer))?.hungUp || undefined)
      },
    },
    {
      name: 'a head waits no longer than its time',
      async run() {
        const streaming = deferred('chat', 'fault=stall,at=head')
        const response = await streaming.toResponse()
        same(response.status, 200)
        await response.body?.cancel()
        same((await streaming.report).outcome, 'cancelled')
      },
    },
    {
      name: 'a client that leaves stops the upstream',
      async run() {
        const steer = 'delay=20,words=400'
        const [path] = ASKED.chat
        const body = JSON.stringify({ ...ASKED.chat[1], model: 'sim/long' })
        const streaming = deferred('chat', steer, { url: upstream + path, body })
        const reader = (await streaming.toResponse()).body!.getReader()
        await reader.read()
        await reader.cancel()
        same((await streaming.report).outcome, 'cancelled')
        await eventually(async () => (await seen(steer))?.hungUp || undefined)
      },
    },
    {
      name: 'a signal stops the upstream',
      async run() {
        const steer = 'delay=20,words=401'
        const body = JSON.stringify({ ...ASKED.chat[1], model: 'sim/long' })
        const leaving = new AbortController()
        const response = await deferred('chat', steer, { body }).toResponse({ signal: leaving.signal })
        const reader = response.body!.getReader()
        await reader.read()
        leaving.abort(new Error('enough'))
        await rejection(readOn(reader))
        await eventually(async () => (await seen(steer))?.hungUp || undefined)
      },
    },
  ]

  const around: readonly Check[] = [
    {
      name: 'StreamingBufferService collects the stream of every dialect',
      async run() {
        const service = new StreamingBufferService({ httpPoolManager: new HttpPoolManager(() => createClient()) })
        for (const dialect of NAMES) {
          const [path, body] = ASKED[dialect]
          const { stream: _, ...whole } = body as { stream?: boolean }
          const response = await service.handleBufferedStreamingRequest({
            ...{ method: 'POST', url: upstream + path, headers: { 'content-type': 'application/json' } },
            body: JSON.stringify(whole),
          })
          same([response.status, response.headers.get('content-type')], [200, 'application/json'])
          matches(await response.text(), /"Moin"/)
        }
      },
    },
    {
      name: 'a fetched response is metered',
      async run() {
        const [path, body] = ASKED.messages
        const fetched = await fetch(upstream + path, { method: 'POST', body: JSON.stringify(body) })
        const reports: StreamReport[] = []
        const onReport = (report: StreamReport) => void reports.push(report)
        const { response } = meterResponse(fetched, { dialect: 'messages', onReport })
        await response.text()
        const { outcome, usage } = await eventually(() => reports[0])
        same([outcome, usage.provenance], ['completed', 'reported'])
      },
    },
    {
      name: 'metrics stand in the request’s context, and a collector of one’s own is fed',
      async run() {
        const context = new RequestContext({ requestId: 'req_1' })
        let text = ''
        const metricsCollector = () => ({
          processChunk: () => false,
          processRawChunk: (chunk: string) => {
            text += chunk
            return false
          },
          processConvertedChunk: () => false,
          getMetrics: () => ({
            tokensInput: 1,
            tokensOutput: 42,
            cacheReadTokens: null,
            cacheWriteTokens: null,
            costUsd: null,
          }),
        })
        const handlerConfig = { formatContext: { source: 'chat', target: 'chat' }, metricsCollector } as const
        const streaming = deferred('chat', '', { requestContext: context, handlerConfig })
        await (await streaming.toResponse()).text()
        await streaming.report
        same([context.metrics.tokensOutput, context.metadata.has('responseHead')], [42, true])
        matches(text, /Moin/)
      },
    },
    {
      name: 'hooks see a stream, and change its request',
      async run() {
        const hooks = new HookManager()
        const events: string[] = []
        hooks.register({
          name: 'watcher',
          events: ['provider.stream.start', 'provider.stream.chunk', 'provider.stream.end'],
          handle: ({ event }) => void events.push(event),
        })
        hooks.register({
          name: 'changer',
          events: ['provider.request.prepared'],
          handle: state =>
            state.event === 'provider.request.prepared'
              ? { ...state, data: { ...state.data, headers: [...state.data.headers, 'x-team', 'hooked'] } }
              : undefined,
        })
        await (await deferred('chat', '', { hookManager: hooks }).toResponse()).text()
        holds(await hooks.drain(), 'a queue that empties')
        same(
          [events[0], events.includes('provider.stream.chunk'), events.at(-1)],
          ['provider.stream.start', true, 'provider.stream.end'],
        )
        holds((await seen('hooked')) !== undefined, 'the header of the hook')
      },
    },
    {
      name: 'HttpPoolManager keeps a client for each origin and use, and closes them',
      async run() {
        const pool = new HttpPoolManager(() => createClient())
        same(pool.getClient(upstream) === pool.getClient(`${upstream}/v1`), true)
        same(pool.getClient(upstream) === pool.getStreamingClient(upstream), false)
        await (await deferred('chat', '', { client: pool.getStreamingClient(upstream) }).toResponse()).text()
        same(
          pool.stats.map(({ uses }) => uses),
          [3, 2],
        )
        await pool.closeAll()
        same(pool.stats, [])
      },
    },
    {
      name: 'the client is the one that fits the runtime',
      run() {
        same(createClient() instanceof FetchClient, !isNode)
        if (isNode) return
        let refused: unknown
        try {
          createClient({ connectMs: 5 })
        } catch (error) {
          refused = error
        }
        matches(String(refused), /Cannot set "connectMs" of a client: fetch decides it/)
      },
    },
  ]

  return [...converted, ...deferredOnes, ...around]
}

async function readOn(reader: ReadableStreamDefaultReader<Uint8Array>): Promise<void> {
  for (let read = await reader.read(); !read.done; read = await reader.read());
}
