/** What the official clients make of the frames that we write into their streams. */
import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { test } from 'node:test'
import Anthropic from '@anthropic-ai/sdk'
import { ApiError, GoogleGenAI } from '@google/genai'
import OpenAI from 'openai'
import { ownCorpus } from '../../test/corpus.ts'
import { toUtf8 } from '../bytes.ts'
import { type Failure, failure } from '../errors.ts'
import { DIALECTS, type DialectName } from './index.ts'

/** Gives an upstream's frames to a client, each in a write of its own. */
async function serve<T>(frames: readonly string[], read: (origin: string) => Promise<T>): Promise<T> {
  const server = createServer(async (request, response) => {
    request.resume()
    await once(request, 'end')
    response.writeHead(200, { 'content-type': 'text/event-stream' })
    for (const frame of frames) await new Promise(resolve => response.write(frame, resolve))
    response.end()
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  try {
    return await read(`http://127.0.0.1:${(server.address() as AddressInfo).port}`)
  } finally {
    server.closeAllConnections()
    server.close()
  }
}

/** Reads a whole stream with one way of a client; what its items are is the client's affair. */
type Reading = (origin: string) => Promise<readonly unknown[]>

const PROMPT = [{ role: 'user', content: 'Hello' }] as const
const key = { apiKey: 'key', maxRetries: 0 }

const READINGS: Readonly<Record<string, readonly [DialectName, Reading]>> = {
  'openai chat, raw': [
    'chat',
    async origin => {
      const client = new OpenAI({ baseURL: `${origin}/v1`, ...key })
      return collect(await client.chat.completions.create({ model: 'm', messages: [...PROMPT], stream: true }))
    },
  ],
  'openai chat, helper': [
    'chat',
    origin =>
      collect(
        new OpenAI({ baseURL: `${origin}/v1`, ...key }).chat.completions.stream({ model: 'm', messages: [...PROMPT] }),
      ),
  ],
  'openai responses, raw': [
    'responses',
    async origin => {
      const client = new OpenAI({ baseURL: `${origin}/v1`, ...key })
      return collect(await client.responses.create({ model: 'm', input: 'Hello', stream: true }))
    },
  ],
  'openai responses, helper': [
    'responses',
    origin => collect(new OpenAI({ baseURL: `${origin}/v1`, ...key }).responses.stream({ model: 'm', input: 'Hello' })),
  ],
  'anthropic, raw': [
    'messages',
    async origin => {
      const client = new Anthropic({ baseURL: origin, ...key })
      return collect(await client.messages.create({ model: 'm', max_tokens: 9, messages: [...PROMPT], stream: true }))
    },
  ],
  'anthropic, helper': [
    'messages',
    origin =>
      collect(
        new Anthropic({ baseURL: origin, ...key }).messages.stream({
          model: 'm',
          max_tokens: 9,
          messages: [...PROMPT],
        }),
      ),
  ],
  'google genai': [
    'gemini',
    async origin => {
      const client = new GoogleGenAI({ apiKey: 'key', httpOptions: { baseUrl: origin } })
      const chunks = await collect(await client.models.generateContentStream({ model: 'm', contents: 'Hello' }))
      return chunks.map(chunk => ({ ...chunk, sdkHttpResponse: undefined }))
    },
  ],
}

async function collect<T>(stream: AsyncIterable<T>): Promise<T[]> {
  const items: T[] = []
  for await (const item of stream) items.push(structuredClone(item))
  return items
}

const PLAIN: Readonly<Record<DialectName, string>> = {
  chat: 'chat/openai-parallel-tools',
  responses: 'responses/openai-reasoning-summary',
  messages: 'messages/anthropic-thinking-tools-cache',
  gemini: 'gemini/google-text-usage-shrinks',
}

function framesOf(dialect: DialectName): string[] {
  const stream = ownCorpus().find(({ id }) => id === PLAIN[dialect])
  assert.ok(stream)
  return toUtf8(stream.bytes).split(/(?<=\n\r?\n)/)
}

for (const [name, [dialect, read]] of Object.entries(READINGS))
  test(`${name} skips keep-alives between any two events`, async () => {
    const frames = framesOf(dialect)
    const keepAlive = toUtf8(DIALECTS[dialect].keepAlive)
    const woven = [keepAlive, ...frames.flatMap(frame => [frame, keepAlive, keepAlive])]
    const plain = await serve(frames, read)
    assert.ok(plain.length > 2)
    assert.deepEqual(await serve(woven, read), plain)
  })

const FAILURE: Failure = failure('overloaded', 'No capacity left — wait a little')

/** The client's own typed error, with what it knows of ours. */
const RAISES: Readonly<Record<DialectName, (error: unknown) => boolean>> = {
  chat: error => error instanceof OpenAI.APIError && error.code === 'server_is_overloaded' && says(error),
  responses: error => error instanceof OpenAI.APIError && error.code === 'server_is_overloaded' && says(error),
  messages: error => error instanceof Anthropic.APIError && error.type === 'overloaded_error' && says(error),
  gemini: error => error instanceof ApiError && error.status === 529 && says(error),
}

function says({ message }: Error): boolean {
  return message.includes(FAILURE.message)
}

for (const [name, [dialect, read]] of Object.entries(READINGS))
  test(`${name} raises its typed error for a failure before, in and after the first events`, async () => {
    const frames = framesOf(dialect)
    for (const count of [0, 1, 3]) {
      const before = frames.slice(0, count)
      const last = count === 0 ? undefined : Buffer.from(before.at(-1) as string).toString('latin1')
      const failed = DIALECTS[dialect].failure.encodeInStream(FAILURE, last, 'resp_mill1')
      await assert.rejects(serve([...before, failed], read), RAISES[dialect], `after ${count} frames`)
    }
  })
