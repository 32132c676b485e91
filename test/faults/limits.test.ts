/** Upstreams that say the same in strange ways, and those that say too much, on every way through the hub. */
import assert from 'node:assert/strict'
import { after, before, suite, test } from 'node:test'
import { eventually } from '../eventually.ts'
import { READERS } from '../sdk/readers.ts'
import { WORDS } from './endings.ts'
import { type House, startHouse } from './house.ts'
import { ask, heardBy, type Told, withoutMadeUp } from './sdks.ts'
import { CONVERTED, modelOf, rulesFor, titleOf, type Way, wantsOf } from './ways.ts'

/** Legal, all of them, or nearly so. */
const STRANGE = [
  ...['cut=1', 'cut=random', 'eol=crlf', 'eol=cr', 'eol=cr,cut=1', 'comments=yes', 'pings=yes'],
  ...['lastblank=no', 'nodone=yes', 'nodone=yes,lastblank=no', 'type=none', 'type=text/plain'],
]

/** What is more than the limits below allow, and the limit. */
const TOO_MUCH = {
  stream: { settings: 'words=12,fault=endless,at=middle,size=200000', limit: /100000/ },
  collect: { settings: 'words=5000', limit: /messageBytes/ },
  expand: { settings: 'words=5000', limit: /messageBytes/ },
  whole: { settings: 'words=5000', limit: /messageBytes/ },
} as const

suite('an upstream', { concurrency: 32 }, () => {
  let house: House
  before(async () => {
    const limits = { eventBytes: 100_000, messageBytes: 10_000 }
    // Byte by byte what trails takes long, where the machine is busy.
    house = await startHouse({ models: rulesFor({ mill: {} }), limits, timeouts: { trailerMs: 60_000 } })
  })
  after(() => house.close())

  const tell = (way: Way, settings: string) => {
    const headers = { 'x-sim': settings, 'x-case': titleOf(way) + settings }
    return ask(way.client, { url: house.url, model: modelOf(way, 'mill'), headers }, wantsOf(way))
  }

  for (const way of CONVERTED.stream)
    for (const settings of STRANGE)
      test(`${titleOf(way)}: says the same with ${settings}`, async () => {
        const [plain, strange] = await Promise.all([tell(way, 'words=12'), tell(way, `words=12,${settings}`)])
        assert.equal(strange.error, undefined)
        assert.deepEqual(answerOf(way, strange), answerOf(way, plain))
        const { outcome, usage } = await house.report(strange.headers.get('x-millrace-request-id'))
        assert.deepEqual([outcome, usage.provenance], ['completed', 'reported'])
      })

  for (const way of [...CONVERTED.stream, ...CONVERTED.whole])
    test(`${titleOf(way)}: says more than is held, and is given up`, async () => {
      const { settings, limit } = TOO_MUCH[way.shape]
      const told = await tell(way, settings)
      assert.equal(told.status, way.shape === 'stream' ? 200 : 502)
      assert.equal(heardBy(way.client, told), WORDS.upstream[way.client])
      const { outcome, error } = await house.report(told.headers.get('x-millrace-request-id'))
      assert.deepEqual([outcome, error?.code], ['failed', 'upstream'])
      assert.match(error?.message ?? '', limit)
      await eventually(async () => {
        const { complete, hungUp } = await house.seen(titleOf(way) + settings)
        return complete || hungUp || undefined
      })
    })
})

function answerOf(way: Way, { items, text }: Told): unknown {
  return wantsOf(way) === 'stream' ? READERS[way.client].fold(items) : withoutMadeUp(text)
}
