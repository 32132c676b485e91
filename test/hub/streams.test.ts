/** What a decoder makes of a stream does not depend on how its bytes come, and is legal whatever they are. */
import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import fc from 'fast-check'
import { checkGrammar, foldEvents } from '../../src/model/index.ts'
import { decode, decodeWhole, encode, ISSUER, SPEAKERS } from './codecs.ts'
import { cutAt, damaged, inChunksOf, withBom, withComments, withCr, withCrlf } from './damage.ts'
import { anyStream } from './generated.ts'
import { assertEcho } from './same.ts'

/** Streams up to this size are cut at every byte, longer ones at some. */
const SMALL_BYTES = 4000
const SOME_CUTS = 40

for (const speaker of SPEAKERS) {
  const { name, streams } = speaker

  suite(`${name}: the same events`, () => {
    for (const { id, bytes } of streams) {
      const events = decode(speaker, bytes)

      test(`at every cut of ${id}`, () => {
        const step = bytes.length <= SMALL_BYTES ? 1 : Math.ceil(bytes.length / SOME_CUTS)
        for (let at = 1; at < bytes.length; at += step)
          assert.deepEqual(decode(speaker, cutAt(bytes, at)), events, `cut at ${at}`)
        for (const size of [1, 7, 1400])
          assert.deepEqual(decode(speaker, inChunksOf(size, bytes)), events, `chunks of ${size}`)
      })

      test(`with other line ends, a BOM and comments in ${id}`, () => {
        for (const change of [withCrlf, withCr, withBom, withComments])
          assert.deepEqual(decode(speaker, inChunksOf(13, change(bytes))), events, change.name)
      })
    }

    test('of generated streams, byte by byte', () => {
      const generated = anyStream({
        seals: { dialect: name, issuer: ISSUER },
        failing: true,
        candidates: 2,
      })
      fc.assert(
        fc.property(generated, stream => {
          const { bytes } = encode(speaker, stream, true)
          assert.deepEqual(decode(speaker, inChunksOf(1, bytes)), decode(speaker, bytes))
        }),
      )
    })
  })

  suite(`${name}: a legal sequence`, () => {
    for (const { id, bytes } of streams) {
      test(`of ${id}, whole and damaged`, () => {
        assert.equal(checkGrammar(decode(speaker, bytes)), undefined)
        fc.assert(
          fc.property(damaged(bytes), ({ bytes }) => {
            const events = decode(speaker, bytes)
            assert.equal(checkGrammar(events), undefined)
            for (const other of SPEAKERS)
              assert.equal(checkGrammar(decode(other, encode(other, events).bytes)), undefined)
          }),
          { numRuns: bytes.length > SMALL_BYTES ? 10 : 50 },
        )
      })
    }

    test('of any bytes at all', () => {
      fc.assert(
        fc.property(fc.uint8Array({ maxLength: 200 }), bytes =>
          assert.equal(checkGrammar(decode(speaker, Buffer.concat([Buffer.from('data: '), bytes]))), undefined),
        ),
      )
    })

    test('of any JSON at all, under every name', () => {
      const frames = fc.array(
        fc.tuple(fc.constantFrom(...namesOf(streams)), fc.oneof(fc.jsonValue(), twisted(streams))),
      )
      fc.assert(
        fc.property(frames, frames => {
          const text = frames.map(([name, value]) => `${name}data: ${JSON.stringify(value)}\n\n`).join('')
          assert.equal(checkGrammar(decode(speaker, Buffer.from(text))), undefined)
        }),
        { numRuns: 500 },
      )
    })
  })

  suite(`${name}: decoded, encoded and decoded again`, () => {
    for (const { id, bytes } of streams) {
      test(`${id} folds to the same, natives included`, () => {
        const events = decode(speaker, bytes)
        const { bytes: again, losses } = encode(speaker, events, true)
        assertEcho(decodeWhole(speaker, again), foldEvents(events), losses.all, name)
        assert.deepEqual(
          losses.all.filter(({ path, reason }) => reason !== 'cosmetic' && !path.endsWith('/finish/reason')),
          [],
        )
      })
    }
  })
}

/** The event names that streams use. */
function namesOf(streams: readonly { readonly bytes: Buffer }[]): readonly string[] {
  const names = streams.flatMap(({ bytes }) => bytes.toString('latin1').match(/^event:.*\n/gm) ?? [])
  return ['', ...new Set(names.map(name => name.replace('\r', '')))]
}

/** Frames of real streams with one member replaced by any value, however deep. */
function twisted(streams: readonly { readonly bytes: Buffer }[]): fc.Arbitrary<unknown> {
  const frames = streams.flatMap(({ bytes }) => (bytes.toString().match(/^data:.*/gm) ?? []).slice(0, 30))
  const values = frames.flatMap(frame => {
    try {
      return [JSON.parse(frame.slice(5)) as unknown]
    } catch {
      return []
    }
  })
  return fc
    .tuple(
      fc.constantFrom(...values),
      fc.array(fc.nat({ max: 50 }), { minLength: 1, maxLength: 5 }),
      fc.jsonValue({ maxDepth: 1 }),
    )
    .map(([value, path, put]) => replaced(value, path, put))
}

function replaced(value: unknown, [at, ...deeper]: readonly number[], put: unknown): unknown {
  if (at === undefined || typeof value !== 'object' || value === null) return put
  const names = Object.keys(value)
  const name = names[at % names.length]
  if (name === undefined) return put
  const changed = replaced((value as Record<string, unknown>)[name], deeper, put)
  return Array.isArray(value) ? value.with(Number(name), changed) : { ...value, [name]: changed }
}
