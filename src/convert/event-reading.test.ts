import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type CorpusStream, ownCorpus, recordedCorpus } from '../../test/corpus.ts'
import { toLatin1 } from '../bytes.ts'
import { DIALECTS, type Reading } from '../dialects/index.ts'
import { frameEnd, SseDecoder } from '../sse/index.ts'
import { EventReading } from './event-reading.ts'

/** What a meter and a decoder, each by itself, find that the last content was of. */
function latestOf({ dialect, bytes }: CorpusStream): readonly [Reading['latest'], Reading['latest']] {
  const meter = DIALECTS[dialect].createMeter()
  const text = toLatin1(bytes)
  const hasCr = text.includes('\r')
  for (let at = 0, end = frameEnd(text, 0, hasCr); end !== -1; at = end, end = frameEnd(text, at, hasCr))
    meter.frame(text, at, end)
  const reading = new EventReading({ upstream: DIALECTS[dialect] } as ConstructorParameters<typeof EventReading>[0])
  const decoder = DIALECTS[dialect].codec.createStreamDecoder({ issuer: '' }, event => reading.note(event))
  const events = new SseDecoder()
  events.push(bytes, event => decoder.push(event))
  events.end(event => decoder.push(event))
  decoder.end()
  return [meter.reading.latest, reading.reading.latest]
}

/** A picture that the provider's tool has painted is a call to the meter, and a picture in its events. */
const isPainted = ({ id }: CorpusStream) => id.includes('image-generation')

for (const stream of [...ownCorpus(), ...recordedCorpus()].filter(stream => !isPainted(stream)))
  test(`the reading of the events of ${stream.id} ends with the content that the meter saw last`, () => {
    const [metered, read] = latestOf(stream)
    assert.equal(read, metered)
  })
