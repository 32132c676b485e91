import type { Head } from '../http/index.ts'
import type { Hook } from './hook-runner.ts'
import type { StreamReport } from './report.ts'
import type { RequestTracer } from './tracer.ts'

/**
 * Has a tracer follow exchanges as a hook: off the data path, with what it writes in the order of things.
 * Chunks that come faster than they are written are traced as one, by their size.
 */
export function tracerHook(tracer: RequestTracer, name = 'tracer'): Hook {
  const traced = new Set<string>()
  return {
    name,
    events: ['provider.request.prepared', 'provider.response.received', 'provider.stream.chunk', 'provider.stream.end'],
    handle(state) {
      const { requestId = '', event, data, metadata } = state
      if (event === 'provider.request.prepared') {
        if (!tracer.shouldTrace(data)) return
        traced.add(requestId)
        tracer.traceRequest(requestId, data)
        return
      }
      if (!traced.has(requestId)) return
      if (event === 'provider.response.received')
        tracer.traceStreamStart(requestId, metadata.get('responseHead') as Head)
      else if (event === 'provider.stream.chunk') {
        if (data.form === 'raw' && data.content !== undefined) tracer.traceStreamChunk(requestId, data.content)
      } else if (event === 'provider.stream.end') {
        traced.delete(requestId)
        tracer.traceStreamComplete(data as unknown as StreamReport)
      }
    },
  }
}
