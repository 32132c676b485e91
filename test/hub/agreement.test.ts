/** A stream and the whole body of the same answer are the same message; the official clients agree. */
import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import { BetaMessageStream } from '@anthropic-ai/sdk/lib/BetaMessageStream'
import fc from 'fast-check'
import { ChatCompletionStream } from 'openai/lib/ChatCompletionStream'
import { ResponseStream } from 'openai/lib/responses/ResponseStream'
import type { DialectName, Wire } from '../../src/dialects/index.ts'
import { foldEvents, Losses, type Message, type Part } from '../../src/model/index.ts'
import { SseDecoder } from '../../src/sse/index.ts'
import { answerContext, asSent, decode, decodeWhole, encode, ISSUER, SPEAKERS, type Speaker } from './codecs.ts'
import { anyStream } from './generated.ts'
import { plain } from './marks.ts'
import { assertEcho, withParsedPayloads } from './same.ts'

/** The client names the model that answered last, not the one that the stream begins with; or it mends cut JSON. */
const KNOWN_BETTER: ReadonlySet<string> = new Set([
  'messages/anthropic-fallback-text',
  'messages/anthropic-tool-length-text',
])

for (const speaker of SPEAKERS) {
  const { name, codec, streams } = speaker

  suite(`${name}: a whole body`, () => {
    for (const { id, bytes } of streams) {
      const message = decodeWhole(speaker, bytes)
      if (message.failure === undefined) test(`says the same as ${id}`, () => checkAgreement(speaker, message, true))
    }

    for (const { name: other } of SPEAKERS)
      test(`says the same as generated streams with seals of ${other}`, () => {
        const generated = anyStream({ seals: { dialect: other, issuer: ISSUER }, candidates: 2 })
        fc.assert(
          fc.property(generated, stream => checkAgreement(speaker, foldEvents(stream))),
          { numRuns: 300 },
        )
      })
  })

  const accumulate = ACCUMULATORS()[name]
  if (accumulate !== undefined) {
    suite(`${name}: the official client`, () => {
      for (const { id, bytes } of streams) {
        const events = decode(speaker, bytes)
        const message = foldEvents(events)
        if (message.failure !== undefined || KNOWN_BETTER.has(id)) continue

        test(`makes of our stream for ${id} the body that we would have sent`, async () => {
          const theirs = codec.decodeMessage(await accumulate(encode(speaker, events, true).bytes), { issuer: ISSUER })
          assert.deepEqual(essence(theirs, message, name), essence(message, message, name))
        })
      }
    })
  }
}

function checkAgreement({ name, codec }: Speaker, message: Message, isOwn = false): void {
  const losses = new Losses()
  const body = asSent(codec.encodeMessage(message, { ...answerContext(losses), isOwn }))
  const came = codec.decodeMessage(body, { issuer: ISSUER })
  assertEcho(withParsedPayloads(came), withParsedPayloads(message), losses.all, name)
}

type Accumulate = (bytes: Buffer) => Promise<Wire>

/** The official clients' own way from a stream to a whole answer. That of Google has none: it leaves the chunks to its user. */
function ACCUMULATORS(): Readonly<Partial<Record<DialectName, Accumulate>>> {
  return {
    async chat(bytes) {
      return (await ChatCompletionStream.fromReadableStream(linesOf(bytes)).finalChatCompletion()) as unknown as Wire
    },
    async responses(bytes) {
      return (await ResponseStream.fromReadableStream(linesOf(bytes)).finalResponse()) as unknown as Wire
    },
    async messages(bytes) {
      return (await BetaMessageStream.fromReadableStream(linesOf(bytes)).finalMessage()) as unknown as Wire
    },
  }
}

/** The data of the events, a line each. */
function linesOf(bytes: Buffer): ReadableStream {
  const lines: string[] = []
  const decoder = new SseDecoder()
  decoder.push(bytes, ({ data }) => {
    if (data !== '[DONE]') lines.push(`${data}\n`)
  })
  return new ReadableStream({
    start(controller) {
      for (const line of lines) controller.enqueue(Buffer.from(line))
      controller.close()
    },
  })
}

/** What every accumulator keeps; that of chat knows nothing of reasoning, and joins no lists that are not OpenAI's. */
function essence(message: Message, said: Message, dialect: DialectName): unknown {
  const { id, model, usage = {}, candidates } = withParsedPayloads(message)
  const { native: _, byModel: __, ...counts } = usage
  const isKept = ({ kind }: Part) => dialect !== 'chat' || (kind !== 'reasoning' && kind !== 'media')
  return plain({
    // Where nobody said one, it is made up.
    id: said.id && id,
    model,
    usage: dialect === 'messages' ? undefined : counts,
    candidates: candidates.map(({ index, parts, finish }) => ({
      index,
      finish: finish?.reason === 'other' ? 'stop' : finish?.reason,
      parts: parts.filter(isKept).filter(isClients).map(partEssence),
    })),
  })
}

function isClients(part: Part): boolean {
  return part.kind !== 'tool-result' && !(part.kind === 'tool-call' && part.runBy === 'provider')
}

function partEssence({ native: _, ...part }: Part): unknown {
  return 'annotations' in part || 'logprobs' in part ? { ...part, annotations: undefined, logprobs: undefined } : part
}
