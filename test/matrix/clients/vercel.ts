/** Vercel's `ai` package over its providers: it checks every chunk against a schema. */
import { createAnthropic } from '@ai-sdk/anthropic'
import { createGoogle } from '@ai-sdk/google'
import { createOpenAI } from '@ai-sdk/openai'
import { createOpenAICompatible } from '@ai-sdk/openai-compatible'
import {
  APICallError,
  type FinishReason,
  generateText,
  type LanguageModel,
  type StepResult,
  streamText,
  type ToolSet,
} from 'ai'
import type { Expected } from '../../corpus.ts'
import { usageOf } from '../../sdk/answer.ts'
import { MESSAGES_FINISHES } from './anthropic.ts'
import type { Ask, Client, Told } from './client.ts'

type Step = StepResult<ToolSet>

export const vercelChat = vercel({
  name: '@ai-sdk/openai chat',
  dialect: 'chat',
  unsaid: ['reasoning', 'refusal', 'candidates'],
  refusalEnds: 'content_filter',
  modelFor: ({ url, model, fetch }) => createOpenAI({ baseURL: `${url}/v1`, apiKey: 'sk-client', fetch }).chat(model),
})

export const vercelCompatible = vercel({
  name: '@ai-sdk/openai-compatible',
  dialect: 'chat',
  unsaid: ['refusal', 'cacheWrite', 'candidates'],
  refusalEnds: 'content_filter',
  modelFor: ({ url, model, fetch }) =>
    createOpenAICompatible({ name: 'mill', baseURL: `${url}/v1`, apiKey: 'sk-client', includeUsage: true, fetch })(
      model,
    ),
})

export const vercelResponses = vercel({
  name: '@ai-sdk/openai responses',
  dialect: 'responses',
  unsaid: ['refusal'],
  refusalEnds: 'content_filter',
  modelFor: ({ url, model, fetch }) =>
    createOpenAI({ baseURL: `${url}/v1`, apiKey: 'sk-client', fetch }).responses(model),
})

export const vercelAnthropic = vercel({
  name: '@ai-sdk/anthropic',
  dialect: 'messages',
  unsaid: ['refusal'],
  modelFor: ({ url, model, fetch }) => createAnthropic({ baseURL: `${url}/v1`, apiKey: 'sk-ant-client', fetch })(model),
  finishOf: ({ rawFinishReason = '' }) => MESSAGES_FINISHES[rawFinishReason] ?? null,
})

export const vercelGoogle = vercel({
  name: '@ai-sdk/google',
  dialect: 'gemini',
  unsaid: ['refusal', 'cacheWrite', 'candidates'],
  modelFor: ({ url, model, fetch }) =>
    createGoogle({ baseURL: `${url}/v1beta`, apiKey: 'AIza-client', fetch })(`models/${model}`),
})

interface Vercel extends Pick<Client, 'name' | 'dialect' | 'unsaid' | 'refusalEnds'> {
  modelFor(ask: Ask): LanguageModel
  /** Default: by the word that is the same for all providers. */
  finishOf?(step: Step): Expected['finish']
}

function vercel({ modelFor, finishOf = commonFinish, ...client }: Vercel): Client {
  const questionTo = (ask: Ask) => ({ model: modelFor(ask), prompt: 'Hello', maxOutputTokens: 100, maxRetries: 0 })
  return {
    ...client,
    isTyped,
    async stream(ask) {
      // An error is a part of the stream like any other; printing it is the default.
      const { fullStream, steps } = streamText({ ...questionTo(ask), onError() {} })
      for await (const part of fullStream) if (part.type === 'error') throw part.error
      return told(await lastOf(steps), finishOf)
    },
    async whole(ask) {
      const { steps } = await generateText(questionTo(ask))
      return told(await lastOf(steps), finishOf)
    },
  }
}

async function lastOf(steps: PromiseLike<readonly Step[]> | readonly Step[]): Promise<Step> {
  return (await steps).at(-1) as Step
}

function told(step: Step, finishOf: (step: Step) => Expected['finish']): Told {
  const { usage } = step
  return {
    text: step.text,
    reasoning: step.reasoningText ?? '',
    refusal: '',
    calls: step.toolCalls
      .filter(({ providerExecuted }) => !providerExecuted)
      .map(({ toolCallId, toolName, input }) => ({ id: toolCallId, name: toolName, args: input })),
    usage: usageOf({
      input: usage.inputTokens,
      output: usage.outputTokens,
      cacheRead: usage.inputTokenDetails.cacheReadTokens,
      cacheWrite: usage.inputTokenDetails.cacheWriteTokens,
      reasoning: usage.outputTokenDetails.reasoningTokens,
    }),
    finish: finishOf(step),
  }
}

function commonFinish({ finishReason }: Step): Expected['finish'] {
  return FINISHES[finishReason]
}

const FINISHES: Readonly<Record<FinishReason, Expected['finish']>> = {
  stop: 'stop',
  length: 'length',
  'tool-calls': 'tool_calls',
  'content-filter': 'content_filter',
  error: null,
  interrupted: null,
  other: null,
}

/** Its error of a call, or what a provider says in mid-stream: an object with a message, and no `Error`. */
function isTyped(error: unknown): boolean {
  return APICallError.isInstance(error) || (typeof error === 'object' && error !== null && 'message' in error)
}
