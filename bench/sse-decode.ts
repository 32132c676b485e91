/** What does decoding an event stream cost an event, beside the field's usual parser? */
import { createParser } from 'eventsource-parser'
import { concat, fromUtf8 } from '../src/bytes.ts'
import { SseDecoder } from '../src/sse/index.ts'
import { compare } from './compare.ts'

const EVENTS = 1024
const events = Array.from({ length: EVENTS }, (_, at) =>
  fromUtf8(`event: delta\ndata: {"type":"delta","index":${at},"text":"some words – in a row"}\n\n`),
)

for (const size of [1, 4, 16, 64]) {
  const reads = Array.from({ length: EVENTS / size }, (_, at) => concat(events.slice(at * size, (at + 1) * size)))
  compare(`Decoding, ${size} events a read`, { name: 'event', count: EVENTS }, [
    { name: 'eventsource-parser', run: () => withParser(reads) },
    { name: 'SseDecoder', run: () => withDecoder(reads) },
  ])
}

function withParser(reads: readonly Uint8Array[]): number {
  let bytes = 0
  const decoder = new TextDecoder()
  const parser = createParser({
    onEvent: event => {
      bytes += event.data.length
    },
  })
  for (const read of reads) parser.feed(decoder.decode(read, { stream: true }))
  return bytes
}

function withDecoder(reads: readonly Uint8Array[]): number {
  let bytes = 0
  const decoder = new SseDecoder()
  for (const read of reads)
    decoder.push(read, event => {
      bytes += event.data.length
    })
  return bytes
}
