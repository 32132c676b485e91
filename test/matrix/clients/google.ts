/** The `@google/genai` package. */
import { ApiError, type GenerateContentResponse, GoogleGenAI } from '@google/genai'
import type { Expected } from '../../corpus.ts'
import { gemini as geminiReader } from '../../sdk/gemini.ts'
import type { Ask, Client, Told } from './client.ts'

/** It has no helper that accumulates: its users put the chunks together. */
export const google: Client = {
  name: '@google/genai',
  dialect: 'gemini',
  unsaid: ['refusal', 'cacheWrite'],
  isTyped: error => error instanceof ApiError,
  async stream(ask) {
    const chunks: GenerateContentResponse[] = []
    for await (const chunk of await clientFor(ask).models.generateContentStream(questionTo(ask))) chunks.push(chunk)
    return told(chunks)
  },
  async whole(ask) {
    return told([await clientFor(ask).models.generateContent(questionTo(ask))])
  },
}

function clientFor({ url, fetch }: Ask): GoogleGenAI {
  return new GoogleGenAI({ apiKey: 'AIza-client', httpOptions: { baseUrl: url, fetch } })
}

function questionTo({ model }: Ask) {
  return { model, contents: 'Hello' }
}

function told(chunks: readonly GenerateContentResponse[]): Told {
  const { toolCalls, finishRaw, ...answer } = geminiReader.fold(chunks)
  return { ...answer, calls: toolCalls, finish: finishOf(finishRaw, toolCalls.length > 0) }
}

function finishOf(raw: string | null, isCalling: boolean): Expected['finish'] {
  if (raw === 'STOP') return isCalling ? 'tool_calls' : 'stop'
  return FINISHES[raw ?? ''] ?? null
}

const FINISHES: Readonly<Record<string, Expected['finish']>> = {
  MAX_TOKENS: 'length',
  SAFETY: 'content_filter',
  RECITATION: 'content_filter',
  PROHIBITED_CONTENT: 'content_filter',
  BLOCKLIST: 'content_filter',
  SPII: 'content_filter',
}
