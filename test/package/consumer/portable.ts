/** What compiles in a browser or a worker: the web's types only. Compiled against the packed package, never run. */
import { DeferredStreaming, FetchClient, HookManager, type StreamReport } from 'millrace'
import { DIALECTS } from 'millrace/dialects'
import { convertRequest, convertResponse, failureResponse } from 'millrace/functions'
import type { StreamEvent } from 'millrace/model'
import { SseDecoderStream } from 'millrace/sse'
import { createMetricsCollector } from 'millrace/streaming'

export async function answer(request: Request, log: (report: StreamReport) => void): Promise<Response> {
  const deferred = new DeferredStreaming({
    method: request.method,
    url: new URL('https://example.org/v1/messages'),
    headers: request.headers,
    body: await request.bytes(),
    client: new FetchClient(),
    hookManager: new HookManager(),
    handlerConfig: { formatContext: { source: 'messages', target: 'messages' } },
  })
  deferred.report.then(log)
  return deferred.toResponse({ signal: request.signal })
}

export async function countEvents(response: Response): Promise<number> {
  const collector = createMetricsCollector(DIALECTS.messages.name)
  const events = response.body?.pipeThrough(new SseDecoderStream()).getReader()
  for (let count = 0; ; count++) {
    const read = await events?.read()
    if (read?.value === undefined) return count
    collector.processRawChunk(`data: ${read.value.data}\n\n`)
  }
}

export async function convert(client: Request): Promise<Response> {
  const baseUrl = 'https://example.org/v1'
  try {
    const request = await convertRequest(client, { from: 'messages', to: 'chat', baseUrl })
    return await convertResponse(fetch(request.request), { from: 'chat', to: 'messages', request })
  } catch (error) {
    return failureResponse(error, 'messages')
  }
}

export function isPing(event: StreamEvent): boolean {
  return event.type === 'ping'
}
