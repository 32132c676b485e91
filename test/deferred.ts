/** A deferred response over an upstream that does as it is told. */
import type { DialectName } from '../src/dialects/index.ts'
import { DeferredStreaming, type DeferredStreamingOptions } from '../src/streaming/index.ts'
import { type ScriptedCall, ScriptedClient } from './scripted.ts'

export const DELTA = 'data: {"id":"c1","model":"m-1","choices":[{"index":0,"delta":{"content":"das Mehl 🌾"}}]}\n\n'
export const FINISH = 'data: {"id":"c1","choices":[{"index":0,"delta":{},"finish_reason":"stop"}]}\n\n'
export const USAGE = 'data: {"id":"c1","choices":[],"usage":{"prompt_tokens":7,"completion_tokens":3}}\n\n'
export const DONE = 'data: [DONE]\n\n'
export const STREAM = DELTA + FINISH + USAGE + DONE

/** A chat request, relayed and metered unless the options say otherwise. */
export function defer(options: Partial<DeferredStreamingOptions> = {}) {
  const client = new ScriptedClient()
  const deferred = new DeferredStreaming({
    method: 'POST',
    url: 'http://up.test/v1/chat/completions?key=secret',
    headers: { 'Content-Type': 'application/json' },
    body: '{"model":"m","stream":true}',
    client,
    handlerConfig: { formatContext: relay('chat') },
    ...options,
  })
  return { client, deferred, call: (at = 0) => client.calls[at] as ScriptedCall }
}

export function relay(dialect: DialectName) {
  return { source: dialect, target: dialect } as const
}
