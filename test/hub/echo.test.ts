/** What another dialect says of an answer is the answer, minus exactly the losses that were reported. */
import { suite, test } from 'node:test'
import fc from 'fast-check'
import { type DialectName, foldEvents, type StreamEvent } from '../../src/model/index.ts'
import { decode, decodeWhole, encode, ISSUER, PAIRS, SPEAKERS, type Speaker } from './codecs.ts'
import { anyStream } from './generated.ts'
import { assertEcho } from './same.ts'

/** Says a stream in a dialect and reads it back there. */
function checkEcho(speaker: Speaker, events: readonly StreamEvent[]): void {
  const { bytes, losses } = encode(speaker, events)
  assertEcho(decodeWhole(speaker, bytes), foldEvents(events), losses.all, speaker.name)
}

for (const [upstream, client] of PAIRS) {
  suite(`${upstream.name} said in ${client.name}`, () => {
    for (const { id, bytes } of upstream.streams)
      test(`${id} loses what is reported, and nothing else`, () => checkEcho(client, decode(upstream, bytes)))

    test('generated streams lose what is reported, and nothing else', () => {
      fc.assert(
        fc.property(anyStream({ candidates: 2, failing: true }), stream => {
          checkEcho(client, decode(upstream, encode(upstream, stream, true).bytes))
        }),
        { numRuns: 300 },
      )
    })
  })
}

const NAMES: readonly DialectName[] = ['chat', 'responses', 'messages', 'gemini']

for (const speaker of SPEAKERS) {
  suite(`${speaker.name} says what nobody sent`, () => {
    for (const dialect of NAMES) {
      test(`with seals of ${dialect}`, () => {
        const streams = anyStream({
          seals: { dialect, issuer: ISSUER },
          natives: dialect === speaker.name ? undefined : dialect,
          candidates: 2,
          failing: true,
        })
        fc.assert(
          fc.property(streams, stream => checkEcho(speaker, stream)),
          { numRuns: 300 },
        )
      })
    }
  })
}
