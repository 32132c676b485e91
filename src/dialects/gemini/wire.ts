/** One chunk of a generateContent stream, or a whole answer. */
export interface GeminiChunk {
  readonly candidates: readonly GeminiCandidate[]
  readonly promptFeedback: { readonly blockReason: string }
  readonly usageMetadata: GeminiUsage
  readonly modelVersion: string
  readonly responseId: string
  /** RFC 3339. */
  readonly createTime: string
  readonly error: GeminiError
}

export interface GeminiCandidate {
  readonly index: number
  readonly content: GeminiContent
  readonly finishReason: string
  readonly groundingMetadata: GeminiGrounding
  readonly citationMetadata: { readonly citations: readonly GeminiCitation[] }
  readonly logprobsResult: GeminiLogprobs
}

/** A turn of a request, or what one chunk says of a candidate. */
export interface GeminiContent {
  readonly role: string
  readonly parts: readonly GeminiPart[]
}

export interface GeminiPart {
  readonly text: string
  /** The text is reasoning. */
  readonly thought: boolean
  /** An opaque token that must come back on this part. */
  readonly thoughtSignature: string
  readonly functionCall: GeminiCall
  readonly functionResponse: GeminiResponse
  readonly inlineData: { readonly mimeType: string; readonly data: string; readonly displayName: string }
  readonly fileData: { readonly mimeType: string; readonly fileUri: string; readonly displayName: string }
  /** Of tools that Google runs; the result follows in a part of its own. */
  readonly executableCode: { readonly language: string; readonly code: string; readonly id: string }
  readonly codeExecutionResult: { readonly outcome: string; readonly output: string; readonly id: string }
  readonly toolCall: { readonly toolType: string; readonly id: string; readonly args: object }
  readonly toolResponse: { readonly toolType: string; readonly id: string; readonly response: object }
}

export interface GeminiCall {
  /** Absent on Vertex, and on older models. */
  readonly id: string
  /** Absent on the parts that only bring more arguments. */
  readonly name: string
  readonly args: object
  readonly partialArgs: readonly GeminiPartialArg[]
  /** More parts of this call follow. */
  readonly willContinue: boolean
}

/** A piece of a call's arguments. Pieces of one text are appended. */
export interface GeminiPartialArg {
  /** `$.recipe.steps[0]` */
  readonly jsonPath: string
  readonly stringValue: string
  readonly numberValue: number
  readonly boolValue: boolean
  readonly nullValue: string
}

export interface GeminiResponse {
  readonly id: string
  readonly name: string
  /** `output` or `error` by convention, else whatever the function says. */
  readonly response: object
  /** Media of the result. */
  readonly parts: readonly GeminiPart[]
}

export interface GeminiGrounding {
  readonly groundingChunks: readonly GeminiSource[]
  readonly groundingSupports: readonly GeminiSupport[]
}

/** One of these. */
export interface GeminiSource {
  readonly web: { readonly uri: string; readonly title: string }
  readonly retrievedContext: GeminiRetrieved
  readonly maps: { readonly uri: string; readonly title: string }
}

export interface GeminiRetrieved {
  readonly uri: string
  readonly title: string
  readonly text: string
  readonly documentName: string
}

export interface GeminiSupport {
  readonly segment: GeminiSegment
  readonly groundingChunkIndices: readonly number[]
  readonly confidenceScores: readonly number[]
}

export interface GeminiSegment {
  /** In bytes of UTF-8; absent is 0. */
  readonly startIndex: number
  readonly endIndex: number
  /** The words between the two. */
  readonly text: string
  /** The part that the indices count in; without it they count in the text of all parts. */
  readonly partIndex: number
}

export interface GeminiCitation {
  readonly startIndex: number
  readonly endIndex: number
  readonly uri: string
  readonly title: string
}

export interface GeminiLogprobs {
  readonly chosenCandidates: readonly GeminiToken[]
  /** One for each chosen token. */
  readonly topCandidates: readonly { readonly candidates: readonly GeminiToken[] }[]
}

export interface GeminiToken {
  readonly token: string
  readonly logProbability: number
}

export interface GeminiUsage {
  /** Without what the results of built-in tools added, with what came from the cache. */
  readonly promptTokenCount: number
  readonly toolUsePromptTokenCount: number
  readonly cachedContentTokenCount: number
  /** Without reasoning. */
  readonly candidatesTokenCount: number
  readonly thoughtsTokenCount: number
  readonly totalTokenCount: number
  readonly promptTokensDetails: readonly GeminiModality[]
  readonly candidatesTokensDetails: readonly GeminiModality[]
  /** `standard`, `flex`, `priority` */
  readonly serviceTier: string
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
