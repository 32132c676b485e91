/** What Google's own client makes of answers that we write. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ApiError, GoogleGenAI } from '@google/genai'
import { corpora } from '../../../test/corpus.ts'
import { answerContext, decodeBytes, encodeEvents } from '../../../test/gemini-codec.ts'
import { gemini as client } from '../../../test/sdk/gemini.ts'
import { foldEvents } from '../../model/index.ts'
import { encodeMessage } from './message.ts'

const STREAMS = corpora().flatMap(({ streams }) => streams.filter(({ dialect }) => dialect === 'gemini'))

function answering(body: string, mediaType: string): typeof fetch {
  return async () => new Response(body, { headers: { 'content-type': mediaType } })
}

for (const { id, bytes, expected, flags } of STREAMS)
  test(`${id} is read as expected when we have written it`, async () => {
    const events = decodeBytes(bytes)
    const fetch = answering(encodeEvents(events), 'text/event-stream')
    const { items, error } = await client.read({ url: 'http://mill.test', model: 'g', fetch })
    const isFailing = flags.includes('error') || flags.includes('truncated')
    assert.equal(error instanceof ApiError, isFailing)
    const { text, reasoning, toolCalls, finishRaw } = client.fold(items)
    assert.deepEqual([text, reasoning, finishRaw], [expected.text, expected.reasoning, expected.finishRaw])
    assert.deepEqual(
      toolCalls.map(({ name, args }) => [name, args]),
      expected.toolCalls.map(({ name, args }) => [name, args]),
    )
  })

/** A failed answer has no whole body, and of several candidates, or parts of the provider's, the helpers read none. */
const PLAIN = STREAMS.filter(({ flags }) => flags.length === 0 || flags.includes('images'))

for (const { id, bytes, expected } of PLAIN)
  test(`${id} is read as expected as a whole body`, async () => {
    const body = encodeMessage(foldEvents(decodeBytes(bytes)), answerContext())
    const fetch = answering(JSON.stringify(body), 'application/json')
    const google = new GoogleGenAI({ apiKey: 'k', httpOptions: { baseUrl: 'http://mill.test', fetch } })
    const answer = await google.models.generateContent({ model: 'g', contents: 'Hello' })
    assert.equal(answer.text ?? '', expected.text)
    assert.deepEqual(
      (answer.functionCalls ?? []).map(({ name, args }) => [name, args]),
      expected.toolCalls.map(({ name, args }) => [name, args]),
    )
    assert.equal(answer.usageMetadata?.promptTokenCount !== undefined, expected.usage !== null)
  })
