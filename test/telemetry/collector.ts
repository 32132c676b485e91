/** A collector of OpenTelemetry: takes OTLP over HTTP as JSON, and shows what came. */
import { once } from 'node:events'
import { createServer, type IncomingMessage, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { eventually } from '../eventually.ts'

export type Value = string | number | boolean | readonly Value[]
export type Attributes = Readonly<Record<string, Value>>

export interface ReceivedSpan {
  readonly traceId: string
  readonly spanId: string
  readonly parentSpanId: string | undefined
  readonly traceState: string | undefined
  readonly name: string
  /** 2: of a server. 3: of a client. */
  readonly kind: number
  readonly startNs: bigint
  readonly endNs: bigint
  /** 0: unset. 2: an error. */
  readonly status: number
  readonly statusMessage: string | undefined
  readonly attributes: Attributes
  readonly resource: Attributes
}

export interface ReceivedPoint {
  readonly metric: string
  readonly unit: string
  readonly type: 'sum' | 'histogram'
  readonly attributes: Attributes
  /** Of a sum. */
  readonly value: number
  readonly count: number
  readonly sum: number
  readonly bounds: readonly number[]
  readonly buckets: readonly number[]
}

interface OtlpValue {
  readonly stringValue?: string
  readonly boolValue?: boolean
  readonly doubleValue?: number
  readonly intValue?: number | string
  readonly arrayValue?: { readonly values?: readonly OtlpValue[] }
}

interface OtlpAttribute {
  readonly key: string
  readonly value: OtlpValue
}

interface OtlpTraces {
  readonly resourceSpans: readonly {
    readonly resource: { readonly attributes: readonly OtlpAttribute[] }
    readonly scopeSpans: readonly { readonly spans: readonly OtlpSpan[] }[]
  }[]
}

interface OtlpSpan extends Pick<ReceivedSpan, 'traceId' | 'spanId' | 'parentSpanId' | 'traceState' | 'name' | 'kind'> {
  readonly startTimeUnixNano: string
  readonly endTimeUnixNano: string
  readonly status?: { readonly code?: number; readonly message?: string }
  readonly attributes: readonly OtlpAttribute[]
}

interface OtlpMetrics {
  readonly resourceMetrics: readonly {
    readonly scopeMetrics: readonly {
      readonly metrics: readonly {
        readonly name: string
        readonly unit: string
        readonly sum?: { readonly dataPoints: readonly OtlpPoint[] }
        readonly histogram?: { readonly dataPoints: readonly OtlpPoint[] }
      }[]
    }[]
  }[]
}

interface OtlpPoint {
  readonly attributes: readonly OtlpAttribute[]
  readonly asInt?: number | string
  readonly asDouble?: number
  readonly count?: number | string
  readonly sum?: number
  readonly explicitBounds?: readonly number[]
  readonly bucketCounts?: readonly (number | string)[]
}

/** Of a metric of another kind. */
const NO_POINTS = { dataPoints: [] }

interface Behaviour {
  readonly status?: number
  /** It takes what it is sent, and never answers. */
  readonly hangs?: boolean
}

export class Collector {
  /** Paths and headers of what came. */
  readonly requests: { readonly path: string; readonly headers: IncomingMessage['headers'] }[] = []
  readonly spans: ReceivedSpan[] = []
  /** Of the newest message of metrics. */
  points: readonly ReceivedPoint[] = []
  behaviour: Behaviour = {}
  readonly #server: Server

  static async start(port = 0): Promise<Collector> {
    const collector = new Collector()
    collector.#server.listen(port, '127.0.0.1')
    await once(collector.#server, 'listening')
    return collector
  }

  private constructor() {
    this.#server = createServer(async (request, response) => {
      const chunks: Buffer[] = []
      for await (const chunk of request) chunks.push(chunk)
      this.requests.push({ path: request.url as string, headers: request.headers })
      if (this.behaviour.hangs === true) return
      const { status = 200 } = this.behaviour
      if (status === 200) this.#take(request.url as string, JSON.parse(Buffer.concat(chunks).toString()))
      response.writeHead(status, { 'content-type': 'application/json' }).end('{}')
    })
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`
  }

  /** The spans of one exchange, its own first, once all of them are there. */
  spansOf(requestId: string | null, attempts = 1): Promise<readonly ReceivedSpan[]> {
    return eventually(() => {
      const own = this.spans.find(({ attributes }) => attributes['millrace.request_id'] === requestId)
      const below = this.spans.filter(({ parentSpanId }) => own !== undefined && parentSpanId === own.spanId)
      return own !== undefined && below.length >= attempts ? [own, ...below] : undefined
    })
  }

  /** What came of a metric, once something has. */
  pointsOf(metric: string, isThere: (points: readonly ReceivedPoint[]) => boolean = () => true) {
    return eventually(() => {
      const points = this.points.filter(point => point.metric === metric)
      return points.length > 0 && isThere(points) ? points : undefined
    })
  }

  async close(): Promise<void> {
    this.#server.closeAllConnections()
    this.#server.close()
    await once(this.#server, 'close')
  }

  #take(path: string, body: OtlpTraces & OtlpMetrics): void {
    if (path === '/v1/traces')
      for (const { resource, scopeSpans } of body.resourceSpans)
        for (const { spans } of scopeSpans)
          for (const span of spans)
            this.spans.push({
              ...{ traceId: span.traceId, spanId: span.spanId, parentSpanId: span.parentSpanId, name: span.name },
              ...{ kind: span.kind, traceState: span.traceState },
              ...{ startNs: BigInt(span.startTimeUnixNano), endNs: BigInt(span.endTimeUnixNano) },
              ...{ status: span.status?.code ?? 0, statusMessage: span.status?.message },
              ...{ attributes: plain(span.attributes), resource: plain(resource.attributes) },
            })
    else if (path === '/v1/metrics')
      this.points = body.resourceMetrics.flatMap(({ scopeMetrics }) =>
        scopeMetrics.flatMap(({ metrics }) =>
          metrics.flatMap(({ name: metric, unit, sum, histogram }) =>
            (sum ?? histogram ?? NO_POINTS).dataPoints.map(
              (point): ReceivedPoint => ({
                ...{ metric, unit, type: sum === undefined ? 'histogram' : 'sum', attributes: plain(point.attributes) },
                ...{ value: Number(point.asInt ?? point.asDouble), count: Number(point.count), sum: point.sum ?? 0 },
                ...{ bounds: point.explicitBounds ?? [], buckets: (point.bucketCounts ?? []).map(Number) },
              }),
            ),
          ),
        ),
      )
  }
}

function plain(attributes: readonly OtlpAttribute[] = []): Attributes {
  return Object.fromEntries(attributes.map(({ key, value }) => [key, plainValue(value)]))
}

function plainValue({ stringValue, intValue, doubleValue, boolValue, arrayValue }: OtlpValue): Value {
  if (arrayValue !== undefined) return (arrayValue.values ?? []).map(plainValue)
  return stringValue ?? boolValue ?? doubleValue ?? Number(intValue)
}
