import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import { DELTA, DONE, defer, FINISH, relay, STREAM, USAGE } from '../../test/deferred.ts'
import { ScriptedClient } from '../../test/scripted.ts'
import { MillraceError } from '../errors.ts'
import type { MapEvents } from '../model/index.ts'
import { HookManager, type ObservedState, RequestContext } from '../observe/index.ts'
import { StreamingBufferService } from './buffer-service.ts'
import type { ExchangeSettings } from './deferred-streaming.ts'
import type { HandlerConfig } from './handler-config.ts'

const upper = (): MapEvents => event =>
  event.type === 'text-delta' ? { ...event, text: event.text.toUpperCase() } : event

const WHOLE = JSON.stringify({
  id: 'c1',
  model: 'm-1',
  choices: [{ index: 0, message: { role: 'assistant', content: 'das Mehl 🌾' }, finish_reason: 'stop' }],
  usage: { prompt_tokens: 7, completion_tokens: 3 },
  own: 1.0,
})

interface Asked {
  readonly handlerConfig: HandlerConfig
  readonly exchange?: ExchangeSettings
  readonly body?: string
  /** What the upstream answers. */
  readonly answer?: readonly string[]
  readonly mediaType?: string
  readonly hookManager?: HookManager
}

async function ask({ handlerConfig, answer = [STREAM], mediaType = 'text/event-stream', ...options }: Asked) {
  const requestContext = new RequestContext()
  const { call, deferred } = defer({ handlerConfig, requestContext, ...options })
  const sent = deferred.toResponse()
  call().head(200, ['content-type', mediaType])
  for (const chunk of answer) call().data(chunk)
  call().end()
  const response = await sent
  const text = await response.text().catch(() => 'cut')
  return { status: response.status, text, report: await deferred.report, requestContext }
}

const MESSAGES = '{"model":"m","stream":true,"max_tokens":9,"messages":[{"role":"user","content":"Hi"}]}'
const foreign = { source: 'messages', target: 'chat' } as const

suite('mapEvents', () => {
  test('changes a relayed stream where it says so, and the report tells', async () => {
    const { text, report } = await ask({ handlerConfig: { formatContext: relay('chat'), mapEvents: upper } })
    assert.equal(text, STREAM.replace('das Mehl', 'DAS MEHL'))
    assert.deepEqual([report.outcome, report.lane, report.edits], ['completed', 'edit', ['mapped']])
    assert.deepEqual([report.usage.input, report.usage.output], [7, 3])
  })

  test('that changes nothing leaves no trace but its lane', async () => {
    const mapEvents = (): MapEvents => event => event
    const { text, report } = await ask({ handlerConfig: { formatContext: relay('chat'), mapEvents } })
    assert.equal(text, STREAM)
    assert.deepEqual([report.lane, report.edits], ['edit', []])
  })

  test('stands between decoding and encoding where dialects differ', async () => {
    const { text, report } = await ask({ handlerConfig: { formatContext: foreign, mapEvents: upper }, body: MESSAGES })
    assert.match(text, /"text":"DAS MEHL 🌾"/)
    assert.deepEqual([report.outcome, report.lane, report.edits], ['completed', 'convert', ['mapped']])
    const wholeToStream = await ask({
      ...{ handlerConfig: { formatContext: foreign, mapEvents: upper }, body: MESSAGES },
      ...{ answer: [WHOLE], mediaType: 'application/json' },
    })
    assert.match(wholeToStream.text, /"text":"DAS MEHL 🌾"/)
    assert.equal(wholeToStream.report.shape, 'expand')
  })

  test('changes whole answers too; those that stay the same stay byte for byte', async () => {
    const wants = { wants: 'whole' } as const
    const json = { answer: [WHOLE], mediaType: 'application/json', exchange: wants }
    const formatContext = relay('chat')
    const changed = await ask({ handlerConfig: { formatContext, mapEvents: upper }, ...json })
    assert.equal(JSON.parse(changed.text).choices[0].message.content, 'DAS MEHL 🌾')
    assert.deepEqual([changed.report.lane, changed.report.shape, changed.report.edits], ['edit', 'whole', ['mapped']])
    const same = await ask({ handlerConfig: { formatContext, mapEvents: () => event => event }, ...json })
    assert.equal(same.text, WHOLE)
    assert.deepEqual([same.report.edits, same.report.usage.output], [[], 3])
    const collected = await ask({ handlerConfig: { formatContext, mapEvents: upper }, exchange: wants })
    assert.equal(JSON.parse(collected.text).choices[0].message.content, 'DAS MEHL 🌾')
    assert.equal(collected.report.shape, 'collect')
  })

  test('changes what the buffer service collects', async () => {
    const httpClient = new ScriptedClient()
    const answer = new StreamingBufferService({ httpClient }).handleBufferedStreamingRequest({
      method: 'POST',
      url: 'http://up.test/v1/chat/completions',
      headers: {},
      body: '{"model":"m","messages":[]}',
      handlerConfig: { mapEvents: upper },
    })
    httpClient.calls[0]?.head(200, ['content-type', 'text/event-stream']).data(STREAM).end()
    const body = (await (await answer).json()) as { choices: { message: { content: string } }[] }
    assert.equal(body.choices[0]?.message.content, 'DAS MEHL 🌾')
  })

  test('is made for each exchange, with its context', async () => {
    const seen: string[] = []
    const mapEvents = ({ requestId }: RequestContext): MapEvents => {
      seen.push(requestId)
      return event => event
    }
    const one = await ask({ handlerConfig: { formatContext: relay('chat'), mapEvents } })
    const other = await ask({ handlerConfig: { formatContext: relay('chat'), mapEvents } })
    assert.deepEqual(seen, [one.requestContext.requestId, other.requestContext.requestId])
  })

  for (const [lane, formatContext, body] of [
    ['edit', relay('chat'), undefined],
    ['convert', foreign, MESSAGES],
  ] as const)
    test(`that throws fails the exchange, in the ${lane} lane: in the stream, or as a status before it`, async () => {
      const breaking = (on: string) => (): MapEvents => event => {
        if (event.type === on) throw new Error('no rule for this')
        return event
      }
      const request = body === undefined ? {} : { body }
      const late = await ask({
        handlerConfig: { formatContext, mapEvents: breaking('usage') },
        ...request,
        answer: [DELTA, FINISH + USAGE + DONE],
      })
      assert.equal(late.status, 200)
      assert.match(late.text, /das Mehl.*Cannot map the events of the answer: no rule for this/s)
      assert.doesNotMatch(late.text, /\[DONE\]|message_stop/)
      assert.deepEqual(
        [late.report.outcome, late.report.error?.code, late.report.finish],
        ['failed', 'upstream', late.report.finish],
      )
      assert.match(late.report.error?.message ?? '', /no rule for this$/)
      const early = await ask({ handlerConfig: { formatContext, mapEvents: breaking('message-start') }, ...request })
      assert.equal(early.status, 500)
      assert.match(early.text, /Cannot map the events of the answer: no rule for this/)
      assert.equal(early.report.outcome, 'failed')
    })

  test('whose maker throws fails the exchange as well', async () => {
    const mapEvents = () => {
      throw new Error('no rules at all')
    }
    const { status, report } = await ask({ handlerConfig: { formatContext: relay('chat'), mapEvents } })
    assert.equal(status, 500)
    assert.match(report.error?.message ?? '', /no rules at all$/)
  })

  test('has nothing to map where nobody knows how to read the answer', async () => {
    const isRefused = (error: unknown) => error instanceof MillraceError && /Cannot map events/.test(error.message)
    assert.throws(() => defer({ handlerConfig: { mapEvents: upper } }), isRefused)
    const { call, deferred } = defer({
      handlerConfig: { formatContext: relay('chat'), mapEvents: upper },
      onHeaders: () => ({ responseAdapter: null }),
    })
    const sent = deferred.toResponse()
    call().head(200).data(STREAM).end()
    const response = await sent
    assert.equal(response.status, 500)
    assert.match(await response.text(), /Cannot map events/)
    assert.match((await deferred.report).error?.message ?? '', /Cannot map events/)
    const service = new StreamingBufferService({ httpClient: new ScriptedClient() })
    await assert.rejects(
      service.handleBufferedStreamingRequest({
        ...{ method: 'POST', url: 'http://up.test/v1/chat/completions', headers: {}, body: '{"model":"m"}' },
        handlerConfig: { mapEvents: upper, sseParser: () => ({}) },
      }),
      isRefused,
    )
  })
})

const CALL = [
  'data: {"id":"c1","choices":[{"index":0,"delta":{"role":"assistant","tool_calls":[{"index":0,"id":"call_1","type":"function","function":{"name":"weigh","arguments":""}}]}}]}\n\n',
  'data: {"id":"c1","choices":[{"index":0,"delta":{"tool_calls":[{"index":0,"function":{"arguments":"{\\"kg\\":2}"}}]}}]}\n\n',
  'data: {"id":"c1","choices":[{"index":0,"delta":{},"finish_reason":"tool_calls"}]}\n\n',
  DONE,
]

function watching(event: ObservedState['event']) {
  const hookManager = new HookManager()
  const states: ObservedState[] = []
  hookManager.register({ name: 'watcher', events: [event], handle: state => void states.push(state as ObservedState) })
  return { hookManager, states }
}

suite('provider.stream.event', () => {
  const events = (states: readonly ObservedState[]) =>
    states.map(state => (state.event === 'provider.stream.event' ? state.data.event.type : state.event))

  for (const [lane, formatContext, body] of [
    ['relay', relay('chat'), undefined],
    ['convert', foreign, MESSAGES],
  ] as const)
    test(`tells what the upstream says, in the ${lane} lane`, async () => {
      const { hookManager, states } = watching('provider.stream.event')
      const { text, report } = await ask({
        handlerConfig: { formatContext },
        hookManager,
        ...(body === undefined ? {} : { body }),
      })
      await hookManager.drain()
      if (lane === 'relay') assert.equal(text, STREAM)
      assert.equal(report.lane, lane)
      assert.deepEqual(events(states), [
        'message-start',
        'block-start',
        'text-delta',
        'usage',
        'block-end',
        'choice-end',
        'message-end',
      ])
    })

  test('tells it before it is mapped, and of whole answers too', async () => {
    const { hookManager, states } = watching('provider.stream.event')
    await ask({ handlerConfig: { formatContext: relay('chat'), mapEvents: upper }, hookManager })
    await ask({
      ...{ handlerConfig: { formatContext: relay('chat') }, hookManager, answer: [WHOLE] },
      ...{ mediaType: 'application/json', exchange: { wants: 'whole' } as const },
    })
    await hookManager.drain()
    const texts = states.flatMap(state =>
      state.event === 'provider.stream.event' && state.data.event.type === 'text-delta' ? [state.data.event.text] : [],
    )
    assert.deepEqual(texts, ['das Mehl 🌾', 'das Mehl 🌾'])
  })

  test('a flood of them is dropped for a hook that hangs or is slow, starts, errors and ends are not', async () => {
    for (const handle of [
      () => new Promise<undefined>(() => {}),
      () => new Promise<undefined>(resolve => setImmediate(() => resolve(undefined))),
    ]) {
      const after = (_ms: number, run: () => void) => {
        const timer = setImmediate(run)
        return () => clearImmediate(timer)
      }
      const hookManager = new HookManager({ queueLimit: 8, after })
      const told: string[] = []
      const events = [
        'provider.stream.start',
        'provider.stream.event',
        'provider.error',
        'provider.stream.end',
      ] as const
      const note = ({ event }: { readonly event: string }) => {
        told.push(event)
        return handle()
      }
      hookManager.register({ name: 'overrun', events, handle: note })
      const { report } = await ask({
        handlerConfig: { formatContext: relay('chat') },
        hookManager,
        answer: [DELTA.repeat(1000)],
      })
      assert.equal(report.outcome, 'truncated')
      // Its time is over as soon as the loop has turned.
      while (!(await hookManager.drain())) assert.ok(told.length < 100)
      assert.deepEqual([told[0], ...told.slice(-2)], ['provider.stream.start', 'provider.error', 'provider.stream.end'])
      assert.ok(hookManager.counts.dropped > 900)
    }
  })

  test('ends with an error where the stream does', async () => {
    const { hookManager, states } = watching('provider.stream.event')
    await ask({ handlerConfig: { formatContext: relay('chat') }, hookManager, answer: [DELTA] })
    await hookManager.drain()
    assert.deepEqual(events(states), ['message-start', 'block-start', 'text-delta', 'block-end', 'error'])
  })
})

suite('completed tool calls', () => {
  const CALLED = [{ choice: 0, callId: 'call_1', name: 'weigh', runBy: 'client', payload: '{"kg":2}' }]

  test('stand in the context before the end is told, where events are decoded', async () => {
    const hookManager = new HookManager()
    const atEnd: unknown[] = []
    hookManager.register({
      name: 'end',
      events: ['provider.stream.end'],
      handle: ({ metadata }) => void atEnd.push(metadata.get('toolCalls')),
    })
    const { requestContext } = await ask({
      ...{ handlerConfig: { formatContext: foreign }, body: MESSAGES, answer: CALL, hookManager },
    })
    await hookManager.drain()
    assert.deepEqual(requestContext.metadata.get('toolCalls'), CALLED)
    assert.deepEqual(atEnd, [CALLED])
  })

  test('stand there of a relay when somebody watches its events, and of half a call nothing does', async () => {
    const { hookManager } = watching('provider.stream.event')
    const handlerConfig = { formatContext: relay('chat') }
    const watched = await ask({ handlerConfig, answer: CALL, hookManager })
    assert.deepEqual(watched.requestContext.metadata.get('toolCalls'), CALLED)
    const unwatched = await ask({ handlerConfig, answer: CALL })
    assert.equal(unwatched.requestContext.metadata.has('toolCalls'), false)
  })
})
