import { ApiError, type Candidate, type FunctionCall, type GenerateContentResponse, GoogleGenAI } from '@google/genai'
import { type Answer, usageOf } from './answer.ts'
import { joinArgs } from './partial-args.ts'
import { type Asking, collect, collectOne, type Reader } from './reader.ts'

/** Gemini, read by the official `@google/genai` client. */
export const gemini: Reader = {
  apiError: ApiError,
  async read(asking) {
    const { model } = asking
    const { items, error } = await collect(modelsOf(asking).generateContentStream({ model, contents: 'Hello' }))
    // Each chunk repeats the head of the answer, which is no part of it.
    return { items: items.map(item => ({ ...(item as GenerateContentResponse), sdkHttpResponse: undefined })), error }
  },
  readWhole: asking => collectOne(modelsOf(asking).generateContent({ model: asking.model, contents: 'Hello' })),
  fold: chunks => fold(chunks as readonly GenerateContentResponse[]),
}

function modelsOf({ url, headers = {}, fetch }: Asking): GoogleGenAI['models'] {
  return new GoogleGenAI({ apiKey: 'AIza-client', httpOptions: { baseUrl: url, headers, fetch } }).models
}

function fold(chunks: readonly GenerateContentResponse[]): Answer {
  const candidates = chunks.flatMap(chunk => (chunk.candidates ?? []).filter(({ index = 0 }) => index === 0))
  const parts = candidates.flatMap(({ content }) => content?.parts ?? [])
  return {
    text: parts.map(({ text = '', thought }) => (thought ? '' : text)).join(''),
    reasoning: parts.map(({ text = '', thought }) => (thought ? text : '')).join(''),
    refusal: '',
    toolCalls: callsOf(parts.flatMap(({ functionCall }) => functionCall ?? [])),
    usage: readUsage(chunks),
    finishRaw: finishOf(chunks, candidates),
  }
}

function finishOf(chunks: readonly GenerateContentResponse[], candidates: readonly Candidate[]): string | null {
  const finish = candidates.map(({ finishReason }) => finishReason).findLast(said => said)
  return finish ?? chunks.map(({ promptFeedback }) => promptFeedback?.blockReason).findLast(said => said) ?? null
}

/** A call with a name begins one; the nameless ones after it bring its arguments. */
function callsOf(pieces: readonly FunctionCall[]): Answer['toolCalls'] {
  const starts = pieces.flatMap(({ name }, at) => (name === undefined ? [] : [at]))
  return starts.map((start, nth) => {
    const { id = null, name = '', args } = pieces[start] as FunctionCall
    const whole = args ?? joinArgs(pieces.slice(start, starts[nth + 1]).flatMap(({ partialArgs }) => partialArgs ?? []))
    return { id, name, args: whole, raw: JSON.stringify(whole) }
  })
}

/** The last explicit value of each member: what an earlier chunk said more is no more true. */
function readUsage(chunks: readonly GenerateContentResponse[]): Answer['usage'] {
  const usage: NonNullable<GenerateContentResponse['usageMetadata']> = Object.assign(
    {},
    ...chunks.map(({ usageMetadata }) => usageMetadata),
  )
  const { promptTokenCount: prompt, toolUsePromptTokenCount: tools = 0 } = usage
  const { candidatesTokenCount: candidates, thoughtsTokenCount: thoughts } = usage
  return usageOf({
    input: prompt === undefined ? undefined : prompt + tools,
    output: candidates === undefined && thoughts === undefined ? undefined : (candidates ?? 0) + (thoughts ?? 0),
    cacheRead: usage.cachedContentTokenCount,
    reasoning: thoughts,
  })
}
