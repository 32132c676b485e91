/** What needs no network: decoders, encoders, and the functions over web streams. */
import {
  collectMessage,
  convertResponse,
  createMetricsCollector,
  DEFAULT_BUDGETS,
  DIALECTS,
  expandMessage,
  failureResponse,
  MillraceError,
  meterResponse,
  type StreamReport,
} from 'millrace'
import { decodeEvents, SseDecoderStream } from 'millrace/sse'
import { type Check, eventually, holds, matches, rejection, same } from './claims.ts'
import { bytesOf, NAMES, read, readResponse, streamed, TEXT, TOLD, textOf } from './told.ts'

const codecs: readonly Check[] = NAMES.map(dialect => ({
  name: `${dialect}: what was encoded is decoded, cut anywhere`,
  run() {
    const bytes = bytesOf(dialect)
    for (let at = 0; at <= bytes.length; at += 3) {
      const message = read(dialect, bytes.subarray(0, at), bytes.subarray(at))
      same([textOf(message), message.failure], [TEXT, undefined])
    }
  },
}))

const pairs: readonly Check[] = NAMES.flatMap(from =>
  NAMES.map(to => ({
    name: `a stream of ${from} becomes one of ${to}`,
    async run() {
      const response = await convertResponse(streamed(bytesOf(from)), { from, to })
      same([response.status, response.headers.get('content-type')], [200, 'text/event-stream'])
      const message = await readResponse(to, response)
      same([textOf(message), message.usage?.output, message.failure], [TEXT, 5, undefined])
    },
  })),
)

const functions: readonly Check[] = [
  {
    name: 'a stream is collected, and the whole answer expanded',
    async run() {
      for (const dialect of NAMES) {
        const { message, body } = await collectMessage(streamed(bytesOf(dialect)), { from: dialect })
        same(textOf(message), TEXT)
        const stream = await expandMessage(body, { from: dialect, to: 'messages' })
        same(textOf(await readResponse('messages', stream)), TEXT)
      }
    },
  },
  {
    name: 'a metered response passes unchanged, and its usage is known',
    async run() {
      for (const dialect of NAMES) {
        const bytes = bytesOf(dialect)
        const { response, report } = meterResponse(streamed(bytes), { dialect })
        same(Array.from(new Uint8Array(await response.arrayBuffer())), Array.from(bytes))
        const { outcome, usage } = await report
        same([outcome, usage.output], ['completed', 5])
      }
    },
  },
  {
    name: 'the collector of a dialect counts tokens',
    run() {
      const collector = createMetricsCollector('messages')
      collector.processRawChunk(new TextDecoder().decode(bytesOf('messages')))
      const { tokensInput, tokensOutput } = collector.getMetrics()
      same([tokensInput, tokensOutput], [3, 5])
    },
  },
  {
    name: 'an event stream is read as a web stream',
    async run() {
      const events = streamed(bytesOf('messages')).body!.pipeThrough(new SseDecoderStream()).getReader()
      same((await events.read()).value?.event, 'message_start')
      await events.cancel()
    },
  },
  {
    name: 'an event stream is read in a loop',
    async run() {
      const names: (string | undefined)[] = []
      for await (const { event } of decodeEvents(streamed(bytesOf('messages')).body as never)) names.push(event)
      same([names[0], names.at(-1)], ['message_start', 'message_stop'])
    },
  },
]

const failures: readonly Check[] = [
  {
    name: 'an error status comes in the form of the client',
    async run() {
      const limited = failureResponse(new MillraceError('rate-limited', 'Slow down'), 'chat')
      const response = await convertResponse(limited, { from: 'chat', to: 'messages' })
      same(response.status, 429)
      matches(await response.text(), /"error":\{"type":"rate_limit_error","message":"Slow down"\}/)
    },
  },
  {
    name: 'a stream that breaks off ends in an error and a cut',
    async run() {
      const half = bytesOf('chat', TOLD.slice(0, 6))
      const response = await convertResponse(streamed(half), { from: 'chat', to: 'messages' })
      const { text, cut } = await readToCut(response)
      matches(text, /event: error\n.*\n\n$/)
      same(cut instanceof MillraceError && cut.code, 'truncated')
    },
  },
  {
    name: 'what cannot be collected is thrown with its code',
    async run() {
      const half = streamed(bytesOf('chat', TOLD.slice(0, 6)))
      const error = await rejection(collectMessage(half, { from: 'chat' }))
      same(error instanceof MillraceError && error.code, 'truncated')
    },
  },
  {
    name: 'no dialect but those that there are',
    async run() {
      const error = await rejection(convertResponse(new Response('x'), { from: 'chat', to: 'smoke' as 'chat' }))
      same(error instanceof MillraceError && error.code, 'bad-request')
    },
  },
]

const flow: readonly Check[] = [
  {
    name: 'a source is read no further than its reader wants',
    async run() {
      let pulls = 0
      const piece = bytesOf('chat', TOLD.slice(0, 4))
      const endless = new ReadableStream<Uint8Array>(
        {
          pull(controller) {
            pulls++
            controller.enqueue(piece.slice())
          },
        },
        { highWaterMark: 0 },
      )
      const response = await convertResponse(new Response(endless as never), { from: 'chat', to: 'messages' })
      await new Promise(resolve => setTimeout(resolve, 50))
      const ahead = pulls
      await new Promise(resolve => setTimeout(resolve, 50))
      same(pulls, ahead)
      const reader = response.body!.getReader()
      await eventually(async () => {
        await reader.read()
        return pulls > ahead || undefined
      })
      await reader.cancel()
    },
  },
  {
    name: 'who cancels the answer cancels the source',
    async run() {
      let cancelled = 0
      const reports: StreamReport[] = []
      const silent = new ReadableStream<Uint8Array>({
        start: controller => controller.enqueue(bytesOf('chat', TOLD.slice(0, 4))),
        cancel: () => void cancelled++,
      })
      const response = await convertResponse(new Response(silent as never), {
        ...{ from: 'chat', to: 'messages' },
        onReport: report => void reports.push(report),
      })
      const reader = response.body!.getReader()
      await reader.read()
      await reader.cancel()
      await eventually(() => cancelled || undefined)
      same((await eventually(() => reports[0])).outcome, 'cancelled')
    },
  },
  {
    name: 'a source that falls silent ends by its budget',
    async run() {
      const silent = new ReadableStream<Uint8Array>({
        start: controller => controller.enqueue(bytesOf('chat', TOLD.slice(0, 4))),
      })
      const response = await convertResponse(new Response(silent as never), {
        ...{ from: 'chat', to: 'messages' },
        budgets: { ...DEFAULT_BUDGETS, idleMs: 100 },
      })
      matches((await readToCut(response)).text, /event: error\n.*`idleMs` is spent/)
    },
  },
]

export const inMemory: readonly Check[] = [
  { name: 'all four dialects are there', run: () => holds(Object.keys(DIALECTS).length === 4, 'four dialects') },
  ...codecs,
  ...pairs,
  ...functions,
  ...failures,
  ...flow,
]

/** What comes of a body that ends in an error, and that error. */
async function readToCut({ body }: Response): Promise<{ readonly text: string; readonly cut: unknown }> {
  const reader = body!.getReader()
  const decoder = new TextDecoder()
  let text = ''
  try {
    for (;;) {
      const { value } = await reader.read()
      if (value === undefined) return { text, cut: undefined }
      text += decoder.decode(value, { stream: true })
    }
  } catch (cut) {
    return { text, cut }
  }
}
