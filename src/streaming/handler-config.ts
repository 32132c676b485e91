import type { DialectName } from '../dialects/index.ts'
import type { Adapter, AnswerTransformer, Payload } from '../exchange/index.ts'
import type { MapEvents } from '../model/index.ts'
import type { IStreamingMetricsCollector, PriceBook, RequestContext } from '../observe/index.ts'

/** How one kind of request is handled. Immutable; every member is honoured. */
export interface HandlerConfig {
  /**
   * Turns the client's request into the upstream's: its body, and the headers that the upstream's API wants
   * where they are not given. The URL is yours. Null: as it is. Absent: chosen by `formatContext`
   * where that chooses the answer's adapter too, else as it is.
   */
  readonly requestAdapter?: Adapter | null
  /** Turns the upstream's answer into the client's. Null: relayed. Absent: chosen by `formatContext`. */
  readonly responseAdapter?: Adapter | null
  /**
   * The client's dialect and the upstream's: they choose the adapters and the meter. Absent together
   * with the adapters: an unmetered relay. `path` is what the client asked, below the version segment and with
   * its query, for clients that name model and stream there: `/models/gemini-3-pro:streamGenerateContent?alt=sse`.
   * Without it a Gemini request has no model, and asks for a whole answer.
   */
  readonly formatContext?: { readonly source: DialectName; readonly target: DialectName; readonly path?: string }
  /** Changes a request before it is sent. */
  readonly requestTransformer?: (request: Payload) => Payload
  /**
   * Changes a whole answer of a good status before it is sent, never the chunks of a stream. Answers up to
   * 64 MiB; what it throws, and a larger answer, fail the exchange. Headers of the connection and of the
   * body's length are set anew.
   */
  readonly responseTransformer?: AnswerTransformer
  /**
   * Makes the function of one exchange that says what becomes of every event of the answer, in whatever
   * dialect it comes and goes: the event itself, another one, several, or nothing. What it does not change goes
   * out as it came. What it throws fails the exchange. Absent: nothing is changed.
   */
  readonly mapEvents?: (context: RequestContext) => MapEvents
  /** False answers every request whole. Default true. */
  readonly supportsStreaming?: boolean
  /**
   * True keeps the upstream's spelling of header names; false sends them in lower case. Cannot hold on
   * `toResponse`, where the web's `Headers` decide. Default false.
   */
  readonly preserveHeaderCase?: boolean
  /** Makes an object of a stream's text when an answer is collected. Absent: the dialect's events are folded. */
  readonly sseParser?: (text: string) => unknown
  /** What models cost, for the report and the metrics. Absent: only what the upstream says itself is known. */
  readonly prices?: PriceBook
  /** Makes the collector of one exchange, fed decoded text. Absent: the dialect's own meter counts. */
  readonly metricsCollector?: () => IStreamingMetricsCollector
}
