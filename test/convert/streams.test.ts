/** Streams of one dialect, read by the SDK of another. */
import assert from 'node:assert/strict'
import { after, before, suite, test } from 'node:test'
import type { DialectName } from '../../src/dialects/index.ts'
import type { ExpectedCall } from '../corpus.ts'
import { READERS, readStream } from '../sdk/readers.ts'
import { PAIRS, type Pairs, startPairs } from './pairs.ts'

const MODELS = ['sim/story', 'sim/thinking', 'sim/tools', 'sim/length', 'sim/refusal'] as const

/** Counts that a dialect has no member for. */
const UNTOLD: Partial<Record<DialectName, object>> = { gemini: { cacheWrite: undefined } }

suite('a stream of another dialect', () => {
  let pairs: Pairs
  before(async () => {
    pairs = await startPairs()
  })
  after(() => pairs.close())

  for (const { from, to } of PAIRS)
    for (const model of MODELS)
      test(`${model} of ${to} says the same to a client of ${from}`, async () => {
        const gateway = pairs.to(to)
        const direct = await readStream(pairs.simulator.url, to, model)
        const through = await readStream(gateway.url, from, model)
        assert.equal(through.error, undefined)
        const [told, said] = [READERS[from].fold(through.items), READERS[to].fold(direct.items)]
        assert.deepEqual(
          { text: told.text + told.refusal, reasoning: told.reasoning, calls: told.toolCalls.map(withoutId) },
          { text: said.text + said.refusal, reasoning: said.reasoning, calls: said.toolCalls.map(withoutId) },
        )
        // The prompt is another one in another dialect, and its tokens are those of its text.
        const own = { input: 0, ...UNTOLD[from] }
        assert.deepEqual({ ...told.usage, ...own }, { ...said.usage, ...own })

        const report = await gateway.report(through.headers.get('x-millrace-request-id'))
        assert.partialDeepStrictEqual(report, {
          lane: 'convert',
          shape: 'stream',
          outcome: 'completed',
          client: { dialect: from },
          upstream: { dialect: to },
          model: { requested: model, sent: model, reported: model },
          usage: { provenance: 'reported' },
        })
        assert.equal(through.headers.get('x-millrace-lane'), 'convert')
      })
})

function withoutId({ name, args }: ExpectedCall): unknown {
  return { name, args }
}
