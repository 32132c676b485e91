import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import fc from 'fast-check'
import * as native from './bytes.ts'

const HALVES: readonly (readonly [name: string, bytes: typeof native])[] = [
  ['where there is a Buffer', native],
  ['where there is none', await withoutBuffer()],
]

for (const [name, bytes] of HALVES)
  suite(`bytes ${name}`, () => {
    test('text becomes UTF-8, a lone surrogate the replacement character', () => {
      assert.deepEqual([...bytes.fromUtf8('é🌾')], [0xc3, 0xa9, 0xf0, 0x9f, 0x8c, 0xbe])
      assert.deepEqual([...bytes.fromUtf8('\ud83c')], [0xef, 0xbf, 0xbd])
    })

    test('malformed UTF-8 reads as U+FFFD, a BOM is kept', () => {
      assert.equal(bytes.toUtf8(Uint8Array.of(0x61, 0xff, 0xf0, 0x9f, 0x62)), 'a\ufffd\ufffdb')
      assert.equal(bytes.toUtf8(Uint8Array.of(0xef, 0xbb, 0xbf, 0x61)), '\ufeffa')
    })

    test('a part of the bytes is read by its bounds, also within a larger memory', () => {
      const inner = Uint8Array.of(0, 0x61, 0x62, 0x63, 0x64, 0).subarray(1, 5)
      assert.equal(bytes.toUtf8(inner, 1, 3), 'bc')
      assert.equal(bytes.toLatin1(inner, 1, 3), 'bc')
      assert.equal(bytes.toLatin1(inner, 2), 'cd')
    })

    test('an index into Latin-1 text is an index into the bytes', () => {
      const all = Uint8Array.from({ length: 20_000 }, (_, at) => at % 256)
      const text = bytes.toLatin1(all)
      assert.equal(text.length, 20_000)
      assert.equal(text.charCodeAt(255), 255)
      assert.deepEqual([...bytes.fromLatin1(text)], [...all])
    })

    test('ASCII is the same text in UTF-8 and in Latin-1', () => {
      fc.assert(
        fc.property(fc.string({ unit: 'binary-ascii' }), text => {
          assert.equal(bytes.toLatin1(bytes.fromUtf8(text)), text)
          assert.equal(bytes.toUtf8(bytes.fromLatin1(text)), text)
        }),
      )
    })

    test('a text that went out as UTF-8 comes back', () => {
      fc.assert(
        fc.property(fc.string({ unit: 'grapheme' }), text => assert.equal(bytes.toUtf8(bytes.fromUtf8(text)), text)),
      )
    })

    test('base64 for URLs has its own alphabet and no padding', () => {
      assert.equal(bytes.toBase64Url(Uint8Array.of(0xfb, 0xff, 0xfe, 0x61)), '-__-YQ')
      assert.deepEqual([...bytes.fromBase64Url('-__-YQ')], [0xfb, 0xff, 0xfe, 0x61])
      for (const other of ['+//+', 'YQ==', 'Y Q', 'YWFhY', 'é'])
        assert.throws(() => bytes.fromBase64Url(other), SyntaxError, other)
    })

    test('bytes come back from base64, of a part of a larger memory too', () => {
      fc.assert(
        fc.property(fc.uint8Array({ maxLength: 40 }), fc.nat({ max: 10 }), (any, start) => {
          const part = any.subarray(start)
          assert.deepEqual([...bytes.fromBase64Url(bytes.toBase64Url(part))], [...part])
        }),
      )
    })

    test('isUtf8 tells text from other bytes', () => {
      assert.equal(bytes.isUtf8(bytes.fromUtf8('\ufeffdas Mehl 🌾\0')), true)
      assert.equal(bytes.isUtf8(new Uint8Array(0)), true)
      assert.equal(bytes.isUtf8(Uint8Array.of(0xc3)), false)
      assert.equal(bytes.isUtf8(Uint8Array.of(0xed, 0xa0, 0x80)), false)
      assert.equal(bytes.isUtf8(Uint8Array.of(0xc0, 0xaf)), false)
    })

    test('chunks become one piece, and a single one is not copied', () => {
      const one = Uint8Array.of(1, 2)
      assert.deepEqual([...bytes.concat([one, new Uint8Array(0), Uint8Array.of(3)])], [1, 2, 3])
      assert.equal(bytes.concat([]).length, 0)
      assert.equal(bytes.concat([one]), one)
    })

    test('a copy does not change with what it was copied from', () => {
      const lent = Uint8Array.of(1, 2, 3)
      const kept = bytes.copy(lent.subarray(1))
      lent.fill(0)
      assert.deepEqual([...kept], [2, 3])
    })

    test('pieces gather in one memory, and what was seen of it stays', () => {
      const gathered = new bytes.GrowingBytes()
      const piece = Uint8Array.of(1, 2)
      gathered.push(piece)
      piece.fill(0)
      const seen = gathered.bytes
      for (let at = 3; at <= 100; at++) gathered.push(Uint8Array.of(at))
      assert.deepEqual(
        [...gathered.bytes],
        Array.from({ length: 100 }, (_, at) => at + 1),
      )
      gathered.clear()
      gathered.push(Uint8Array.of(9))
      assert.deepEqual([gathered.length, [...gathered.bytes], [...seen]], [1, [9], [1, 2]])
    })

    test('a chunk of HTTP/1.1 has its length in hexadecimal and two line ends', () => {
      assert.equal(bytes.toLatin1(bytes.httpChunk(bytes.fromUtf8('data: 1\n\n'))), '9\r\ndata: 1\n\n\r\n')
      assert.equal(bytes.toLatin1(bytes.httpChunk(new Uint8Array(0x1a2b)), 0, 6), '1a2b\r\n')
    })
  })

test('both halves make the same text of any bytes', () => {
  const [[, one], [, other]] = HALVES as [(typeof HALVES)[number], (typeof HALVES)[number]]
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 40 }), any => {
      assert.equal(one.toUtf8(any), other.toUtf8(any))
      assert.equal(one.toLatin1(any), other.toLatin1(any))
      assert.equal(one.isUtf8(any), other.isUtf8(any))
    }),
  )
})

/** The module as a runtime loads it that has no Buffer. */
async function withoutBuffer(): Promise<typeof native> {
  const kept = globalThis.Buffer
  try {
    Reflect.deleteProperty(globalThis, 'Buffer')
    return await import(`./bytes.ts?${'without-buffer'}`)
  } finally {
    globalThis.Buffer = kept
  }
}
