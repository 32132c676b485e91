import assert from 'node:assert/strict'
import type { DialectName } from '../../src/dialects/index.ts'
import { chat } from './chat.ts'
import { gemini } from './gemini.ts'
import { messages } from './messages.ts'
import type { Reader, Reading } from './reader.ts'
import { responses } from './responses.ts'

export const READERS: Readonly<Record<DialectName, Reader>> = { chat, responses, messages, gemini }

/** What an SDK read, and the head that it read it under. */
export interface Told extends Reading {
  readonly headers: Headers
}

/** Asks for a stream through the dialect's SDK. Never rejects. */
export async function readStream(
  url: string,
  dialect: DialectName,
  model: string,
  headers: Readonly<Record<string, string>> = {},
): Promise<Told> {
  let head = new Headers()
  const noting: typeof fetch = async (input, init) => {
    const response = await fetch(input, init)
    head = response.headers
    return response
  }
  const reading = await READERS[dialect].read({ url, model, headers, fetch: noting })
  return { ...reading, headers: head }
}

/** Asserts that the SDK raised its own typed error with these words in it. */
export function assertRaised(error: unknown, dialect: DialectName, words: string): void {
  assert.ok(error instanceof READERS[dialect].apiError, `Expected an API error, got ${error}`)
  assert.ok(error.message.includes(words), error.message)
}

/** What a caller can see of an error, but for the head that came with it. */
export function faceOf(error: unknown): unknown {
  if (!(error instanceof Error)) return error
  const { message, status, code, type, param, error: body } = error as Error & Record<string, unknown>
  return { class: error.constructor.name, message, status, code, type, param, body }
}
