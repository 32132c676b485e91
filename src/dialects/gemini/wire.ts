/** One chunk of a generateContent stream, or a whole answer. */
export interface GeminiChunk {
  readonly candidates: readonly GeminiCandidate[]
  readonly promptFeedback: { readonly blockReason: string }
  readonly usageMetadata: GeminiUsage
  readonly modelVersion: string
  readonly responseId: string
  readonly error: GeminiError
}

export interface GeminiCandidate {
  readonly index: number
  readonly content: { readonly parts: readonly GeminiPart[] }
  readonly finishReason: string
}

export interface GeminiPart {
  readonly text: string
  /** The text is reasoning. */
  readonly thought: boolean
  readonly functionCall: object
  readonly inlineData: object
}

export interface GeminiUsage {
  /** Without what the results of built-in tools added, with what came from the cache. */
  readonly promptTokenCount: number
  readonly toolUsePromptTokenCount: number
  readonly cachedContentTokenCount: number
  /** Without reasoning. */
  readonly candidatesTokenCount: number
  readonly thoughtsTokenCount: number
  readonly promptTokensDetails: readonly GeminiModality[]
  readonly candidatesTokensDetails: readonly GeminiModality[]
}

export interface GeminiModality {
  readonly modality: string
  readonly tokenCount: number
}

export interface GeminiError {
  /** The HTTP status. */
  readonly code: number
  readonly message: string
  readonly status: string
  readonly details?: readonly GeminiErrorDetail[]
}

export interface GeminiErrorDetail {
  readonly '@type': string
  /** Of a `google.rpc.ErrorInfo`. */
  readonly reason?: string
  /** Of a `google.rpc.RetryInfo`: seconds with an `s` behind them. */
  readonly retryDelay?: string
}
