/**
 * The vocabulary of OpenTelemetry's conventions for generative AI, as of revision 024a4f94 of
 * open-telemetry/semantic-conventions-genai (client-inference.md, gen-ai-token-metrics.md). They are in development:
 * all names that may change stand in this file and in `attributes.ts` and `inference-metrics.ts`.
 */
import type { DialectName } from '../model/index.ts'
import type { CallKind } from './told.ts'

/** What a call is, in the words of the conventions where they have one. */
export function operationOf(kind: CallKind, dialect: DialectName | null): string {
  if (kind === 'inference') return dialect === 'gemini' ? 'generate_content' : 'chat'
  return OPERATIONS[kind]
}

/** The last two are ours. */
const OPERATIONS = {
  completion: 'text_completion',
  embeddings: 'embeddings',
  count: 'count_tokens',
  other: 'other',
} as const satisfies Record<Exclude<CallKind, 'inference'>, string>

/** Whether a model was asked for an answer: what the metrics of inference are about. */
export function isInference(kind: CallKind): boolean {
  return kind === 'inference' || kind === 'completion'
}

/** What is asked for, by the path of the request, without its query. */
export function kindOfCall(path: string): CallKind {
  if (/\/(?:chat\/completions|responses|messages)$|:(?:g|streamG)enerateContent$/.test(path)) return 'inference'
  if (/\/count_tokens$|:countTokens$/.test(path)) return 'count'
  if (/\/embeddings$|:(?:embedContent|batchEmbedContents)$/.test(path)) return 'embeddings'
  return path.endsWith('/completions') ? 'completion' : 'other'
}

/** Providers by the ends of their hosts. */
const PROVIDERS: readonly (readonly [host: RegExp, provider: string])[] = [
  [/(^|\.)openai\.azure\.com$/, 'azure.ai.openai'],
  [/(^|\.)(?:services\.ai|inference\.ai)\.azure\.com$/, 'azure.ai.inference'],
  [/(^|\.)openai\.com$/, 'openai'],
  [/(^|\.)anthropic\.com$/, 'anthropic'],
  [/(^|[.-])aiplatform\.googleapis\.com$/, 'gcp.vertex_ai'],
  [/^generativelanguage\.googleapis\.com$/, 'gcp.gemini'],
  [/^bedrock(?:-runtime)?[.-].*\.amazonaws\.com$/, 'aws.bedrock'],
  [/(^|\.)cohere\.(?:com|ai)$/, 'cohere'],
  [/(^|\.)deepseek\.com$/, 'deepseek'],
  [/(^|\.)groq\.com$/, 'groq'],
  [/(^|\.)ml\.cloud\.ibm\.com$/, 'ibm.watsonx.ai'],
  [/(^|\.)mistral\.ai$/, 'mistral_ai'],
  [/(^|\.)moonshot\.(?:ai|cn)$/, 'moonshot_ai'],
  [/(^|\.)perplexity\.ai$/, 'perplexity'],
  [/(^|\.)x\.ai$/, 'x_ai'],
]

/** Whose form of telemetry that of an upstream is which no table knows: that of the API it speaks. */
const FLAVOURS = {
  chat: 'openai',
  responses: 'openai',
  messages: 'anthropic',
  gemini: 'gcp.gen_ai',
} as const satisfies Record<DialectName, string>

/** What was found before: an address is looked for once. */
const found = new Map<string, string>()
const MAX_FOUND = 1000

/** The provider behind an address, else the one whose API is spoken there; `other` where nobody knows that. */
export function providerOf(address: string, dialect: string): string {
  const key = `${address} ${dialect}`
  let provider = found.get(key)
  if (provider === undefined) {
    const known = PROVIDERS.find(([host]) => host.test(address))?.[1]
    provider = known ?? (Object.hasOwn(FLAVOURS, dialect) ? FLAVOURS[dialect as DialectName] : 'other')
    if (found.size >= MAX_FOUND) found.clear()
    found.set(key, provider)
  }
  return provider
}

/** What OpenAI calls its two APIs. */
export const OPENAI_API_TYPES: Partial<Record<DialectName, string>> = {
  chat: 'chat_completions',
  responses: 'responses',
}
