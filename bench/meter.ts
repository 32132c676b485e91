/** What the files `meter-<dialect>.ts` share: what does metering a relayed stream cost an event? */
import { concat, fromUtf8, toLatin1 } from '../src/bytes.ts'
import { DIALECTS, type DialectName } from '../src/dialects/index.ts'
import { DEFAULT_LIMITS } from '../src/exchange/index.ts'
import { RelayStage } from '../src/exchange/relay-stage.ts'
import { frameEnd } from '../src/sse/index.ts'
import { compare } from './compare.ts'

/** Events that come in one read of the socket. */
const READS = [1, 4, 16, 64]

export interface MeterBench {
  readonly dialect: DialectName
  readonly opening: readonly string[]
  /** A plain delta; `word` varies. */
  readonly delta: (word: string, at: number) => string
  readonly closing: readonly string[]
}

const DELTAS = 512

export function benchMeter({ dialect, opening, delta, closing }: MeterBench): void {
  const words = ['The ', 'mill ', 'turns', ', and ', 'the stream\\n', ' – ', 'flows on']
  const deltas = Array.from({ length: DELTAS }, (_, at) => delta(words[at % words.length] as string, at))
  const events = [...opening, ...deltas, ...closing]
  for (const size of READS) {
    const reads: Uint8Array[] = []
    for (let at = 0; at < events.length; at += size) reads.push(concat(events.slice(at, at + size).map(fromUtf8)))
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
