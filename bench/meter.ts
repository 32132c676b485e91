/** What the files `meter-<dialect>.ts` share: what does metering a relayed stream cost an event? */
import { toLatin1 } from '../src/bytes.ts'
import { DIALECTS, type DialectName } from '../src/dialects/index.ts'
import { DEFAULT_LIMITS } from '../src/exchange/index.ts'
import { RelayStage } from '../src/exchange/relay-stage.ts'
import { frameEnd } from '../src/sse/index.ts'
import { compare } from './compare.ts'
import { eventsOf, READS, readsOf } from './streams.ts'

export function benchMeter(dialect: DialectName): void {
  const events = eventsOf(dialect)
  for (const size of READS) {
    const reads = readsOf(events, size)
    compare(`${dialect}: metering, ${size} events a read`, { name: 'event', count: events.length }, [
      { name: 'JSON.parse of every event', run: () => parseAll(reads) },
      { name: 'frame ends only', run: () => walkAll(reads) },
      { name: 'relay stage, metering on', run: () => relayAll(dialect, reads) },
    ])
  }
}

function parseAll(reads: readonly Uint8Array[]): number {
  let found = 0
  for (const read of reads) {
    const text = toLatin1(read)
    for (let at = 0, end = frameEnd(text, 0, false); end >= 0; at = end, end = frameEnd(text, at, false)) {
      const data = text.slice(text.indexOf('data: ', at) + 6, end)
      if (data.startsWith('{')) found += Object.keys(JSON.parse(data)).length
    }
  }
  return found
}

function walkAll(reads: readonly Uint8Array[]): number {
  let found = 0
  for (const read of reads) {
    const text = toLatin1(read)
    for (let end = frameEnd(text, 0, false); end >= 0; end = frameEnd(text, end, false)) found++
  }
  return found
}

function relayAll(dialect: DialectName, reads: readonly Uint8Array[]): number {
  const stage = new RelayStage(DIALECTS[dialect], DEFAULT_LIMITS)
  let bytes = 0
  const emit = (chunk: Uint8Array): void => {
    bytes += chunk.length
  }
  for (const read of reads) stage.push(read, emit)
  return bytes + (stage.seen.reading.usage.output ?? Number.NaN)
}
