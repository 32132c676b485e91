import { toLatin1 } from '../bytes.ts'
import { getHeaders, type HeadersLike, toRawHeaders } from '../http/index.ts'
import { member, scanObject } from '../json/index.ts'
import type { HookManager } from '../observe/index.ts'
import { DeferredStreaming, type DeferredStreamingOptions } from './deferred-streaming.ts'
import type { HandlerConfig } from './handler-config.ts'

/** A request and how it is handled; the hooks are the handler's. */
export type StreamingRequest = Omit<DeferredStreamingOptions, 'hookManager' | 'closeClientOnFinish'>

/** Decides whether a request wants a stream, and makes the deferred response for it. */
export class StreamingHandler {
  readonly #hookManager: HookManager | undefined

  constructor({ hookManager }: { hookManager?: HookManager } = {}) {
    this.#hookManager = hookManager
  }

  /**
   * True when the client accepts an event stream (`q=0` is a no); else when the request's own content
   * type says so.
   */
  shouldStreamResponse(headers: HeadersLike): boolean {
    const raw = toRawHeaders(headers)
    return (
      getHeaders(raw, 'accept').some(acceptsEventStream) || getHeaders(raw, 'content-type').some(acceptsEventStream)
    )
  }

  /**
   * True when the body is a JSON object whose `stream` is literally true, or the path of a Gemini request
   * says so. Whatever cannot be read is false, never an exception.
   */
  shouldStream(body: Uint8Array, handlerConfig: HandlerConfig = {}, url?: string | URL): boolean {
    if (handlerConfig.supportsStreaming === false) return false
    const method = url === undefined ? undefined : /:(\w+)$/.exec(pathOf(url))?.[1]
    if (method === 'streamGenerateContent') return true
    if (method === 'generateContent') return false
    try {
      const stream = member(scanObject(body), 'stream')
      return stream !== undefined && toLatin1(body, stream.start, stream.end) === 'true'
    } catch {
      return false
    }
  }

  /** The response that asks the upstream when it is sent; no I/O happens here. */
  handleStreamingRequest(request: StreamingRequest): DeferredStreaming {
    const hookManager = this.#hookManager
    return new DeferredStreaming(hookManager === undefined ? request : { ...request, hookManager })
  }
}

function pathOf(url: string | URL): string {
  const text = typeof url === 'string' ? url : url.pathname
  return text.split(/[?#]/, 1)[0] as string
}

/** Whether one field line names the event stream in its list, with any parameters but `q=0`. */
function acceptsEventStream(value: string): boolean {
  return value.split(',').some(range => {
    const [type = '', ...parameters] = range
      .toLowerCase()
      .split(';')
      .map(part => part.trim())
    return type === 'text/event-stream' && !parameters.some(parameter => /^q\s*=\s*0(\.0*)?$/.test(parameter))
  })
}
