/** Recorded streams through the gateway to the official SDKs, and straight from the upstream to compare. */
import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { type CorpusStream, corpora } from '../corpus.ts'
import { type Replays, startReplays } from '../gateway.ts'
import { answerOf } from './answer.ts'
import type { Reading } from './reader.ts'
import { assertRaised, faceOf, READERS, readStream } from './readers.ts'
import { checkReport, isTruncated } from './report.ts'

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
            readStream(replays.simulator.url, stream.dialect, `replay/${stream.id}`, { 'x-sim': cut }),
            readStream(replays.url, stream.dialect, `replay/${stream.id}`, { 'x-sim': cut }),
          ])
          checkReading(stream, direct, through)
          checkReport(
            await replays.report(through.headers.get('x-millrace-request-id')),
            stream,
            isTruncated(stream) ? ['ended'] : [],
          )
        })
      }
    }
  })
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

/** Anthropic's SDK skips events without a name, wherever they come from. */
function isUnreadable({ dialect, bytes }: CorpusStream): boolean {
  return dialect === 'messages' && !/^event:/m.test(bytes.toString('latin1'))
}
