/** Official SDKs that stream through a gateway. */
import Anthropic from '@anthropic-ai/sdk'
import { GoogleGenAI } from '@google/genai'
import OpenAI from 'openai'

/** What is asked for, and how the simulator answers it: its settings, `delay=50,words=200`. */
export interface Asked {
  readonly model: string
  readonly settings: string
  readonly text?: string
}

type Streaming = (url: string, asked: Asked, signal: AbortSignal) => Promise<unknown>

const SDK = { apiKey: 'any', maxRetries: 0 } as const

/** Each reads its stream to the end, or rejects with the error that it was told. */
export const CLIENTS: Readonly<Record<'chat' | 'responses' | 'messages' | 'gemini', Streaming>> = {
  async chat(url, { model, settings, text = 'Hi' }, signal) {
    const client = new OpenAI({ ...SDK, baseURL: `${url}/v1` })
    const options = { headers: { 'x-sim': settings }, signal }
    const messages = [{ role: 'user', content: text }] as const
    return drain(await client.chat.completions.create({ model, stream: true, messages: [...messages] }, options))
  },
  async responses(url, { model, settings, text = 'Hi' }, signal) {
    const client = new OpenAI({ ...SDK, baseURL: `${url}/v1` })
    return drain(
      await client.responses.create({ model, stream: true, input: text }, { headers: { 'x-sim': settings }, signal }),
    )
  },
  async messages(url, { model, settings, text = 'Hi' }, signal) {
    const client = new Anthropic({ ...SDK, baseURL: url })
    const messages = [{ role: 'user', content: text }] as const
    const options = { headers: { 'x-sim': settings }, signal }
    return drain(
      await client.messages.create({ model, stream: true, max_tokens: 4096, messages: [...messages] }, options),
    )
  },
  async gemini(url, { model, settings, text = 'Hi' }, signal) {
    const headers = { 'x-sim': settings }
    const client = new GoogleGenAI({ apiKey: 'any', httpOptions: { baseUrl: url, headers } })
    return drain(await client.models.generateContentStream({ model, contents: text, config: { abortSignal: signal } }))
  },
}

async function drain(stream: AsyncIterable<unknown>): Promise<number> {
  let count = 0
  for await (const _ of stream) count++
  return count
}
