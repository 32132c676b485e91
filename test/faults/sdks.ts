/** What an official SDK makes of a stream, and what came over the wire for it. */
import assert from 'node:assert/strict'
import type Anthropic from '@anthropic-ai/sdk'
import { ApiError } from '@google/genai'
import OpenAI from 'openai'
import type { DialectName } from '../../src/dialects/index.ts'
import type { Asking, Reading } from '../sdk/reader.ts'
import { READERS } from '../sdk/readers.ts'

export interface Told extends Reading {
  readonly status: number | undefined
  readonly headers: Headers
  /** The body as far as it came. */
  readonly text: string
}

/** Asks for an answer and reads it to its end, whatever that is. Nothing is tried twice. */
export async function ask(
  dialect: DialectName,
  asking: Omit<Asking, 'fetch'>,
  wants: 'stream' | 'whole' = 'stream',
): Promise<Told> {
  const wire = new Wire()
  const read = wants === 'stream' ? 'read' : 'readWhole'
  const reading = await READERS[dialect][read]({ ...asking, fetch: wire.fetch })
  return { ...reading, status: wire.status, headers: wire.headers, text: wire.text }
}

/**
 * What the caller of an SDK heard of a failure, by the SDK's own error: OpenAI's code, Anthropic's type,
 * Google's status. A response that failed is no exception in OpenAI's SDK but the last event.
 */
export function heardBy(dialect: DialectName, { error, items }: Reading): string | number | null | undefined {
  if (error === undefined && dialect === 'responses') return failedResponse(items.at(-1))
  assert.ok(error instanceof READERS[dialect].apiError, `No error of the API: ${error}`)
  if (error instanceof ApiError) return error.status
  return error instanceof OpenAI.APIError ? error.code : (error as InstanceType<typeof Anthropic.APIError>).type
}

function failedResponse(event: unknown): string | undefined {
  const { type, response } = event as OpenAI.Responses.ResponseFailedEvent
  return type === 'response.failed' ? response.error?.code : undefined
}

/** An id that the gateway has made, as those of its upstreams are not. */
const MADE_ID = /(?<=")(resp|msg|rs|fc)_[0-9A-Za-z]{20}(?=")/g

/**
 * What two answers that say the same have in common: some dialects do not say when an answer was made, or name its
 * items, and the gateway has to. Ids are numbered in their order, so that one still stands where it stood.
 */
export function withoutMadeUp(text: string): string {
  const ids = new Map<string, string>()
  return text
    .replaceAll(/"(created(?:_at)?|createTime)":(?:\d+|"[^"]*")/g, '"$1":0')
    .replaceAll(MADE_ID, (id, prefix) => {
      const known = ids.get(id) ?? `${prefix}_${ids.size}`
      ids.set(id, known)
      return known
    })
}

/** Writes down what passes between an SDK and the network. */
class Wire {
  status: number | undefined
  headers = new Headers()
  text = ''

  readonly fetch: typeof fetch = async (input, init) => {
    const response = await fetch(input, init)
    this.status = response.status
    this.headers = response.headers
    const decoder = new TextDecoder()
    const notes = new TransformStream<Uint8Array, Uint8Array>({
      transform: (chunk, controller) => {
        this.text += decoder.decode(chunk, { stream: true })
        controller.enqueue(chunk)
      },
    })
    return new Response(response.body?.pipeThrough(notes), response)
  }
}
