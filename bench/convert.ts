/**
 * What does an event cost that is converted, beside the plainest way to read and write one?
 *
 * All directed pairs; `node bench/convert.ts messages chat` asks for a messages client over chat alone.
 */
import { createParser } from 'eventsource-parser'
import { fromUtf8 } from '../src/bytes.ts'
import { ConvertStage } from '../src/convert/index.ts'
import { DIALECTS, type Dialect } from '../src/dialects/index.ts'
import { Losses } from '../src/model/index.ts'
import { compare } from './compare.ts'
import { eventsOf, READS, readsOf } from './streams.ts'

const coded = Object.values(DIALECTS)
const [onlyClient, onlyUpstream] = process.argv.slice(2)

for (const client of coded)
  for (const upstream of coded) {
    const isAsked = (onlyClient ?? client.name) === client.name && (onlyUpstream ?? upstream.name) === upstream.name
    if (client !== upstream && isAsked) bench(client, upstream)
  }

function bench(client: Dialect, upstream: Dialect): void {
  const events = eventsOf(upstream.name)
  for (const size of READS) {
    const reads = readsOf(events, size)
    compare(`${client.name} over ${upstream.name}, ${size} events a read`, { name: 'event', count: events.length }, [
      { name: 'eventsource-parser, JSON.parse, JSON.stringify, one write an event', run: () => rewrite(reads) },
      { name: 'convert stage', run: () => convert(client, upstream, reads) },
    ])
  }
}

/** Nothing is converted: each event is read, and written again. */
function rewrite(reads: readonly Uint8Array[]): number {
  let bytes = 0
  const decoder = new TextDecoder()
  const parser = createParser({
    onEvent({ event, data }) {
      const written = data === '[DONE]' ? data : JSON.stringify(JSON.parse(data))
      bytes += fromUtf8(`event: ${event}\ndata: ${written}\n\n`).length
    },
  })
  for (const read of reads) parser.feed(decoder.decode(read, { stream: true }))
  return bytes
}

function convert(client: Dialect, upstream: Dialect, reads: readonly Uint8Array[]): number {
  const stage = new ConvertStage({
    client,
    upstream,
    losses: new Losses(),
    eventBytes: 8 * 1024 * 1024,
    messageBytes: 64 * 1024 * 1024,
  })
  let bytes = 0
  const emit = (chunk: Uint8Array): void => {
    bytes += chunk.length
  }
  for (const read of reads) stage.push(read, emit)
  stage.end(emit)
  return bytes + (stage.seen.reading.usage.output ?? Number.NaN)
}
