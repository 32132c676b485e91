/** Official clients in a loop over tools: each gives its turns back as its own helpers keep them. */
import { createAnthropic } from '@ai-sdk/anthropic'
import { createGoogle } from '@ai-sdk/google'
import { createOpenAI } from '@ai-sdk/openai'
import Anthropic from '@anthropic-ai/sdk'
import { GoogleGenAI, type Part } from '@google/genai'
import { isStepCount, type JSONValue, jsonSchema, type LanguageModel, streamText, tool } from 'ai'
import OpenAI from 'openai'
import type { DialectName } from '../../../src/dialects/index.ts'
import { QUESTION, resultOf, TOOLS } from './conversation.ts'

export interface Looper {
  readonly name: string
  readonly dialect: DialectName
  /** The last answer's text. */
  run(url: string): Promise<string>
}

const model = 'mill'

/** A client of OpenAI's helper; `giveBack` is the turn as it goes back. */
function chatLooper(name: string, giveBack: (message: ChatMessage, details: readonly unknown[]) => object): Looper {
  return {
    name,
    dialect: 'chat',
    async run(url) {
      const client = new OpenAI({ baseURL: `${url}/v1`, apiKey: 'sk-client', maxRetries: 0 })
      const messages: OpenAI.ChatCompletionMessageParam[] = [{ role: 'user', content: QUESTION }]
      const tools = TOOLS.map(({ name, description, schema }) => ({
        type: 'function' as const,
        function: { name, description, parameters: { ...schema } },
      }))
      for (;;) {
        const stream = client.chat.completions.stream({ model, messages, tools, reasoning_effort: 'high' })
        const details: unknown[] = []
        for await (const chunk of stream) {
          const delta = chunk.choices[0]?.delta as { readonly reasoning_details?: readonly unknown[] } | undefined
          details.push(...(delta?.reasoning_details ?? []))
        }
        const message = await stream.finalMessage()
        if (message.tool_calls === undefined || message.tool_calls.length === 0) return message.content ?? ''
        messages.push(giveBack(message, details) as OpenAI.ChatCompletionMessageParam)
        for (const call of message.tool_calls)
          if (call.type === 'function')
            messages.push({ role: 'tool', tool_call_id: call.id, content: resultOf(call.function.name) })
      }
    },
  }
}

type ChatMessage = OpenAI.ChatCompletionMessage

/** As clients of OpenRouter do it: items of reasoning are kept in a list, and the turn goes back whole. */
const chat = chatLooper('openai chat', (message, details) => ({ ...message, reasoning_details: details }))

/** A client that gives back what OpenAI's API knows, and nothing else. */
export const FORGETFUL: Looper = chatLooper('forgetful openai chat', ({ role, content, tool_calls }) => ({
  role,
  content,
  tool_calls: tool_calls?.map(call =>
    call.type === 'function'
      ? { id: call.id, type: call.type, function: { name: call.function.name, arguments: call.function.arguments } }
      : call,
  ),
}))

/** As Codex does it: nothing is stored, and the items go back as they came. */
const responses: Looper = {
  name: 'openai responses',
  dialect: 'responses',
  async run(url) {
    const client = new OpenAI({ baseURL: `${url}/v1`, apiKey: 'sk-client', maxRetries: 0 })
    const input: OpenAI.Responses.ResponseInputItem[] = [{ role: 'user', content: QUESTION }]
    const tools = TOOLS.map(({ name, description, schema }) => ({
      type: 'function' as const,
      name,
      description,
      parameters: { ...schema },
      strict: false,
    }))
    for (;;) {
      const asked = { model, input, tools, store: false, reasoning: { effort: 'high', summary: 'auto' } } as const
      const stream = client.responses.stream({ ...asked, include: ['reasoning.encrypted_content'] })
      const { output, output_text } = await stream.finalResponse()
      const calls = output.filter(item => item.type === 'function_call')
      if (calls.length === 0) return output_text
      input.push(...(output as OpenAI.Responses.ResponseInputItem[]))
      for (const { call_id, name } of calls)
        input.push({ type: 'function_call_output', call_id, output: resultOf(name) })
    }
  },
}

const messages: Looper = {
  name: '@anthropic-ai/sdk',
  dialect: 'messages',
  async run(url) {
    const client = new Anthropic({ baseURL: url, apiKey: 'sk-ant-client', maxRetries: 0 })
    const messages: Anthropic.MessageParam[] = [{ role: 'user', content: QUESTION }]
    const tools = TOOLS.map(({ name, description, schema }) => ({ name, description, input_schema: { ...schema } }))
    for (;;) {
      const stream = client.messages.stream({ model, max_tokens: 9000, messages, tools })
      const { content } = await stream.finalMessage()
      const calls = content.filter(block => block.type === 'tool_use')
      if (calls.length === 0) return content.map(block => (block.type === 'text' ? block.text : '')).join('')
      messages.push({ role: 'assistant', content })
      messages.push({
        role: 'user',
        content: calls.map(({ id, name }) => ({ type: 'tool_result', tool_use_id: id, content: resultOf(name) })),
      })
    }
  },
}

/** Its chat helper keeps every chunk as a turn of its own. */
const gemini: Looper = {
  name: '@google/genai',
  dialect: 'gemini',
  async run(url) {
    const client = new GoogleGenAI({ apiKey: 'AIza-client', httpOptions: { baseUrl: url } })
    const functionDeclarations = TOOLS.map(({ name, description, schema }) => ({
      name,
      description,
      parametersJsonSchema: schema,
    }))
    const config = { tools: [{ functionDeclarations }], thinkingConfig: { includeThoughts: true } }
    const chat = client.chats.create({ model, config })
    let message: Part[] = [{ text: QUESTION }]
    for (;;) {
      const parts: Part[] = []
      for await (const chunk of await chat.sendMessageStream({ message }))
        parts.push(...(chunk.candidates?.[0]?.content?.parts ?? []))
      const calls = parts.flatMap(({ functionCall }) => functionCall ?? [])
      if (calls.length === 0) return parts.map(({ text = '', thought }) => (thought ? '' : text)).join('')
      message = calls.map(({ id, name = '' }) => ({
        functionResponse: { ...(id === undefined ? {} : { id }), name, response: { output: resultOf(name) } },
      }))
    }
  },
}

/** Vercel's own loop. Its chat providers keep no tokens of others, and are not asked. */
function vercel(
  name: string,
  dialect: DialectName,
  modelAt: (url: string) => LanguageModel,
  openai: Readonly<Record<string, JSONValue>> = {},
): Looper {
  const tools = Object.fromEntries(
    TOOLS.map(({ name, description, schema }) => [
      name,
      tool({ description, inputSchema: jsonSchema({ ...schema }), execute: async () => resultOf(name) }),
    ]),
  )
  return {
    name,
    dialect,
    async run(url) {
      const { fullStream, text } = streamText({
        model: modelAt(url),
        prompt: QUESTION,
        tools,
        maxRetries: 0,
        maxOutputTokens: 9000,
        stopWhen: isStepCount(5),
        providerOptions: {
          openai: { forceReasoning: true, ...openai },
          google: { thinkingConfig: { includeThoughts: true } },
        },
        onError() {},
      })
      for await (const part of fullStream) if (part.type === 'error') throw part.error
      return await text
    },
  }
}

function responsesModelAt(url: string): LanguageModel {
  return createOpenAI({ baseURL: `${url}/v1`, apiKey: 'sk-client' }).responses(model)
}

export const LOOPERS: readonly Looper[] = [
  chat,
  responses,
  messages,
  gemini,
  // What is stored is named, everything else goes back as it came.
  vercel('@ai-sdk/openai responses, stored', 'responses', responsesModelAt),
  vercel('@ai-sdk/openai responses', 'responses', responsesModelAt, {
    store: false,
    include: ['reasoning.encrypted_content'],
  }),
  vercel('@ai-sdk/anthropic', 'messages', url =>
    createAnthropic({ baseURL: `${url}/v1`, apiKey: 'sk-ant-client' })(model),
  ),
  vercel('@ai-sdk/google', 'gemini', url => createGoogle({ baseURL: `${url}/v1beta`, apiKey: 'AIza-client' })(model)),
]
