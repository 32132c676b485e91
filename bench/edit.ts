/**
 * What does an event cost whose stream is mapped, beside one that is relayed?
 *
 * With a function that changes nothing, one that changes every text, and one that leaves the first block
 * out, after which everything is encoded twice. `node bench/edit.ts chat` asks for one dialect alone.
 */
import { DIALECTS, type Dialect } from '../src/dialects/index.ts'
import { DEFAULT_LIMITS, relayAdapter } from '../src/exchange/index.ts'
import type { MapEvents } from '../src/model/index.ts'
import { compare } from './compare.ts'
import { eventsOf, READS, readsOf } from './streams.ts'

const [only] = process.argv.slice(2)

const same: MapEvents = event => event
const louder: MapEvents = event => (event.type === 'text-delta' ? { ...event, text: `${event.text}!` } : event)
const noted: MapEvents = event =>
  event.type === 'block-start' && event.index === 0
    ? [
        { type: 'block-start', index: -1, choice: 0, kind: 'text' },
        { type: 'text-delta', index: -1, text: 'Note' },
        { type: 'block-end', index: -1 },
        event,
      ]
    : event

for (const dialect of Object.values(DIALECTS)) if ((only ?? dialect.name) === dialect.name) bench(dialect)

function bench(dialect: Dialect): void {
  const events = eventsOf(dialect.name)
  for (const size of READS) {
    const reads = readsOf(events, size)
    compare(`${dialect.name}, ${size} events a read`, { name: 'event', count: events.length }, [
      { name: 'relay', run: () => pass(dialect, reads, undefined) },
      { name: 'mapped to itself', run: () => pass(dialect, reads, same) },
      { name: 'every text changed', run: () => pass(dialect, reads, louder) },
      { name: 'a block put before all others', run: () => pass(dialect, reads, noted) },
    ])
  }
}

function pass(dialect: Dialect, reads: readonly Uint8Array[], mapEvents: MapEvents | undefined): number {
  const stage = relayAdapter(dialect).stage({
    ...{ clientModel: undefined, shape: 'stream', limits: DEFAULT_LIMITS, edits: new Set(), mapEvents },
  })
  let bytes = 0
  const emit = (chunk: Uint8Array): void => {
    bytes += chunk.length
  }
  for (const read of reads) stage.push(read, emit)
  stage.end(emit)
  return bytes + (stage.seen.reading.usage.output ?? Number.NaN)
}
