/** Recorded streams through the gateway to a client that looks at bytes. */
import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import type { DialectName, Edit } from '../../src/dialects/index.ts'
import { getHeader } from '../../src/http/index.ts'
import type { StreamReport } from '../../src/observe/index.ts'
import { type CorpusStream, corpora } from '../corpus.ts'
import { type Replays, startReplays } from '../gateway.ts'
import { dataOf, framesOf, withoutTornFrame } from './frames.ts'
import { askRaw, type RawAnswer, streamRequest } from './raw.ts'
import { checkReport, isTruncated } from './report.ts'

/** How the simulator cuts a recording into writes: an event each, one write for all, packets, anywhere. */
const CUTS = ['', 'cut=all', 'cut=1400', 'cut=random']

/** Streams up to this size come byte by byte as well. */
const SMALL_BYTES = 2000

interface Passage extends RawAnswer {
  readonly report: StreamReport
}

for (const { name, folder, streams } of corpora()) {
  describe(name, () => {
    let replays: Replays
    before(async () => {
      replays = await startReplays(folder)
    })
    after(() => replays.close())

    for (const stream of streams) {
      const cuts = stream.bytes.length <= SMALL_BYTES ? [...CUTS, 'cut=1'] : CUTS
      test(`${stream.id} crosses byte for byte at every cut`, async () => {
        for (const cut of cuts) checkPassage(stream, await pass(replays, stream, cut, ASKS_USAGE), stream.bytes)
      })
    }
    for (const stream of streams.filter(({ dialect }) => dialect === 'chat')) {
      test(`${stream.id} loses the usage frame that only the gateway asked for`, async () => {
        const whole = isTruncated(stream) ? withoutTornFrame(stream.bytes) : stream.bytes
        const kept = Buffer.concat(framesOf(whole).filter(frame => !isUsageFrame(frame)))
        for (const cut of CUTS) checkPassage(stream, await pass(replays, stream, cut), kept, ['usage-frame'])
      })
    }
  })
}

/** The member by which a client asks for usage itself: then the gateway has nothing to ask, and nothing to hide. */
const ASKS_USAGE = { stream_options: { include_usage: true } }

async function pass(replays: Replays, { id, dialect }: CorpusStream, cut: string, members: object = {}) {
  const question = streamRequest(dialect, `replay/${id}`, dialect === 'chat' ? members : {})
  const answer = await askRaw(replays.url, { ...question, headers: [...(question.headers ?? []), 'x-sim', cut] })
  return { ...answer, report: await replays.report(getHeader(answer.headers, 'x-millrace-request-id')) }
}

function checkPassage(stream: CorpusStream, passage: Passage, bytes: Buffer, edits: readonly Edit[] = []): void {
  const { status, headers, body, isComplete, report } = passage
  const isCut = isTruncated(stream)
  const whole = isCut ? withoutTornFrame(bytes) : bytes
  assert.equal(status, 200)
  assert.equal(getHeader(headers, 'x-millrace-edits'), edits.join(', ') || undefined)
  assert.equal(isComplete, !isCut)
  assertSame(body.subarray(0, whole.length), whole)
  assert.match(body.toString('utf8', whole.length), isCut ? ENDED[stream.dialect] : /^$/)
  assert.equal(report.bytesOut, body.length)
  checkReport(report, stream, isCut ? [...edits, 'ended'] : edits)
}

/** The error that ends a stream which broke off, in each dialect. */
const ENDED: Readonly<Record<DialectName, RegExp>> = {
  chat: /^data: \{"error":\{"message":"Upstream ended .*","type":"server_error","param":null,"code":"stream_truncated"\}\}\n\n$/,
  responses:
    /^event: error\ndata: \{.*"code":"stream_truncated".*\}\n\nevent: response.failed\ndata: \{.*"status":"failed".*\}\n\n$/,
  messages:
    /^event: error\ndata: \{"type":"error","error":\{"type":"api_error","message":"Upstream ended .*"\}\}\}\n\n$/,
  gemini: /^data: \{"error":\{"code":502,"message":"Upstream ended .*","status":"DATA_LOSS"\}\}\n\n$/,
}

/** Shows where two long texts part. */
function assertSame(actual: Buffer, expected: Buffer): void {
  const [found, wanted] = [actual.toString('latin1'), expected.toString('latin1')]
  if (found === wanted) return
  const at = [...wanted].findIndex((char, index) => char !== found[index])
  const near = (text: string) => text.slice(Math.max(0, at - 200), at < 0 ? undefined : at + 200)
  assert.equal(near(found), near(wanted), `Bytes differ from ${at} on`)
}

/** A frame that says nothing but usage. */
function isUsageFrame(frame: Buffer): boolean {
  const data = dataOf(frame)
  if (data === undefined || data === '[DONE]') return false
  const { choices, usage } = JSON.parse(data)
  return choices?.length === 0 && usage != null
}
