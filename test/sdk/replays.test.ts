/** Recorded streams through the gateway to the official SDKs, and straight from the upstream to compare. */
import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import Anthropic from '@anthropic-ai/sdk'
import { ApiError } from '@google/genai'
import OpenAI from 'openai'
import type { DialectName } from '../../src/dialects/index.ts'
import { type CorpusStream, corpora } from '../corpus.ts'
import { type Replays, startReplays } from '../gateway.ts'
import { answerOf } from './answer.ts'
import { chat } from './chat.ts'
import { gemini } from './gemini.ts'
import { messages } from './messages.ts'
import type { Reader, Reading } from './reader.ts'
import { checkReport, isTruncated } from './report.ts'
import { responses } from './responses.ts'

const READERS: Readonly<Record<DialectName, Reader>> = { chat, responses, messages, gemini }

/** What each SDK raises when an API says that it failed. */
const API_ERRORS = { chat: OpenAI.APIError, responses: OpenAI.APIError, messages: Anthropic.APIError, gemini: ApiError }

const CUTS = ['cut=all', 'cut=random']

for (const { name, folder, streams } of corpora()) {
  describe(name, () => {
    let replays: Replays
    before(async () => {
      replays = await startReplays(folder)
    })
    after(() => replays.close())

    for (const stream of streams) {
      for (const cut of CUTS) {
        test(`the SDK makes of ${stream.id} what its manifest says (${cut})`, async () => {
          const [direct, through] = await Promise.all([
            read(replays.simulator.url, stream, cut),
            read(replays.url, stream, cut),
          ])
          checkReading(stream, direct, through)
          checkReport(await replays.report(through.id), stream, isTruncated(stream) ? ['ended'] : [])
        })
      }
    }
  })
}

async function read(
  url: string,
  { id: name, dialect }: CorpusStream,
  cut: string,
): Promise<Reading & { id: string | null }> {
  let id: string | null = null
  const noting: typeof fetch = async (input, init) => {
    const response = await fetch(input, init)
    id = response.headers.get('x-millrace-request-id')
    return response
  }
  const reading = await READERS[dialect].read({
    url,
    model: `replay/${name}`,
    headers: { 'x-sim': cut },
    fetch: noting,
  })
  return { ...reading, id }
}

function checkReading(stream: CorpusStream, direct: Reading, through: Reading): void {
  const { dialect, expected } = stream
  assert.deepEqual(through.items, direct.items)
  if (isTruncated(stream)) assertRaised(through.error, dialect, 'Upstream ended the stream without its terminal event')
  else assert.deepEqual(faceOf(through.error), faceOf(direct.error))
  if (expected.error) assertRaised(through.error, dialect, expected.error.message)

  if (isUnreadable(stream)) assert.deepEqual(direct.items, [])
  else {
    // Usage that comes with an error is lost in the raising; the report has it.
    const usage = expected.error ? { usage: null } : {}
    const answer = READERS[dialect].fold(through.items)
    assert.deepEqual({ ...answer, ...usage }, { ...answerOf(expected), ...usage })
  }
}

function assertRaised(error: unknown, dialect: DialectName, message: string): void {
  assert.ok(error instanceof API_ERRORS[dialect], `${error}`)
  assert.ok(error.message.includes(message), error.message)
}

/** Anthropic's SDK skips events without a name, wherever they come from. */
function isUnreadable({ dialect, bytes }: CorpusStream): boolean {
  return dialect === 'messages' && !/^event:/m.test(bytes.toString('latin1'))
}

/** What a caller can see of an error, but for the head that came with it. */
function faceOf(error: unknown): unknown {
  if (!(error instanceof Error)) return error
  const { message, status, code, type, param, error: body } = error as Error & Record<string, unknown>
  return { class: error.constructor.name, message, status, code, type, param, body }
}
