/** With a function that changes nothing, the edit lane sends every byte as the relay does. */
import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import fc from 'fast-check'
import type { StreamEvent } from '../../src/model/index.ts'
import { encode, ISSUER, SPEAKERS } from '../hub/codecs.ts'
import { cutAt, damaged, inChunksOf, withBom, withComments, withCr, withCrlf } from '../hub/damage.ts'
import { anyStream } from '../hub/generated.ts'
import { mapped } from './mapped.ts'

const same = (event: StreamEvent) => event
const copied = (event: StreamEvent) => ({ ...event })

/** Streams up to this size are cut at every byte, longer ones at some. */
const SMALL_BYTES = 2500
const SOME_CUTS = 12

for (const speaker of SPEAKERS) {
  const { name, streams } = speaker

  suite(`${name}: mapped to itself, byte for byte`, () => {
    for (const { id, bytes } of streams) {
      test(id, () => {
        const relayed = mapped(speaker, [bytes], undefined)
        for (const map of [same, copied]) {
          const { bytes: sent, edits } = mapped(speaker, [bytes], map)
          assert.equal(sent.toString('latin1'), relayed.bytes.toString('latin1'))
          assert.deepEqual(edits, relayed.edits)
        }
        const step = bytes.length <= SMALL_BYTES ? 1 : Math.ceil(bytes.length / SOME_CUTS)
        for (let at = 1; at < bytes.length; at += step) {
          const chunks = cutAt(bytes, at)
          assert.ok(
            mapped(speaker, chunks, same).bytes.equals(mapped(speaker, chunks, undefined).bytes),
            `cut at ${at}`,
          )
        }
        for (const change of [withCrlf, withCr, withBom, withComments]) {
          const chunks = inChunksOf(1400, change(bytes))
          assert.ok(
            mapped(speaker, chunks, same).bytes.equals(mapped(speaker, chunks, undefined).bytes),
            `with ${change.name}`,
          )
        }
      })
    }

    test('generated streams, in any pieces and damaged', () => {
      const generated = anyStream({
        natives: name,
        seals: { dialect: name, issuer: ISSUER },
        failing: true,
        candidates: 2,
      })
        .map(stream => encode(speaker, stream).bytes)
        .chain(bytes =>
          fc.oneof(
            fc.constant(bytes),
            damaged(bytes).map(({ bytes }) => Buffer.from(bytes)),
          ),
        )
      fc.assert(
        fc.property(generated, fc.integer({ min: 1, max: 300 }), (bytes, size) => {
          const chunks = inChunksOf(size, bytes)
          assert.equal(
            mapped(speaker, chunks, same).bytes.toString('latin1'),
            mapped(speaker, chunks, undefined).bytes.toString('latin1'),
          )
        }),
      )
    })
  })
}
