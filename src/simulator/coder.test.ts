import assert from 'node:assert/strict'
import { test } from 'node:test'
import { brotliDecompressSync, constants, gunzipSync, zstdDecompressSync } from 'node:zlib'
import { Coder } from './coder.ts'

const DECODE = {
  gzip: (bytes: Uint8Array) => gunzipSync(bytes, { finishFlush: constants.Z_SYNC_FLUSH }),
  br: (bytes: Uint8Array) => brotliDecompressSync(bytes, { finishFlush: constants.BROTLI_OPERATION_FLUSH }),
  zstd: (bytes: Uint8Array) => zstdDecompressSync(bytes, { finishFlush: constants.ZSTD_e_flush }),
}

for (const encoding of ['gzip', 'br', 'zstd'] as const) {
  test(`what went into ${encoding} can be read from what came out so far`, async () => {
    const coder = new Coder(encoding)
    const coded: Uint8Array[] = []
    const random = Buffer.from(Array.from({ length: 200_000 }, (_, at) => (at * at * 31) >> 5)).toString('base64')
    let said = ''
    for (const text of ['data: a\n\n', 'data: b\n\n', random]) {
      coded.push(await coder.push(Buffer.from(text)))
      said += text
      assert.equal(`${DECODE[encoding](Buffer.concat(coded))}`, said)
    }
    coded.push(await coder.end())
    assert.equal(`${DECODE[encoding](Buffer.concat(coded))}`, said)
  })
}
