/** What the official clients are told by upstreams that speak another dialect. */
import { after, before, describe, test } from 'node:test'
import { corpora } from '../corpus.ts'
import { checkPassage, Matrix, PAIRS, SHAPES, streamsFor } from './matrix.ts'

for (const corpus of corpora()) {
  describe(corpus.name, () => {
    let matrix: Matrix
    before(async () => {
      matrix = await Matrix.start(corpus)
    })
    after(() => matrix.close())

    for (const [client, upstream] of PAIRS)
      for (const stream of streamsFor(client, upstream, corpus))
        for (const shape of SHAPES)
          test(`${client.name} gets ${stream.id} as its manifest says, minus the losses (${shape})`, async () => {
            checkPassage(stream, await matrix.pass(stream, client, shape))
          })
  })
}
