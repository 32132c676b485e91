import { digest } from './script.ts'
import { type JsonObject, listOf } from './wire-json.ts'

/** Numbers in a vector: enough to see that there is one. */
const DIMENSIONS = 8

/** The body of an embeddings answer: vectors that depend on the text and mean nothing. */
export function embeddingsOf(body: JsonObject, model: string): unknown {
  const inputs = Array.isArray(body.input) ? listOf(body.input) : [body.input]
  const tokens = Math.ceil(JSON.stringify(inputs).length / 4)
  const data = inputs.map((input, index) => {
    const vector = vectorOf(JSON.stringify(input ?? null))
    return { object: 'embedding', index, embedding: body.encoding_format === 'base64' ? base64(vector) : [...vector] }
  })
  return { object: 'list', data, model, usage: { prompt_tokens: tokens, total_tokens: tokens } }
}

/** From -1 to 1. */
function vectorOf(text: string): Float32Array {
  const bytes = Buffer.from(digest(text), 'hex').subarray(0, DIMENSIONS)
  return Float32Array.from(bytes, byte => byte / 127.5 - 1)
}

function base64(vector: Float32Array): string {
  return Buffer.from(vector.buffer).toString('base64')
}
