/** What a client reads of an edited stream is what the function said, in frames that are legal. */
import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import fc from 'fast-check'
import {
  EventMap,
  foldEvents,
  type MapEvents,
  type Message,
  type Part,
  type StreamEvent,
} from '../../src/model/index.ts'
import type { Expected } from '../corpus.ts'
import { decode, encode, SPEAKERS, type Speaker } from '../hub/codecs.ts'
import { inChunksOf } from '../hub/damage.ts'
import { anyStream } from '../hub/generated.ts'
import { mapped } from './mapped.ts'
import { illegalIn, numbersIn } from './wire.ts'

type TextDelta = Extract<StreamEvent, { readonly type: 'text-delta' }>

const isText = (event: StreamEvent): event is TextDelta => event.type === 'text-delta' && event.logprobs === undefined

/** Functions as people write them, each made anew for a stream. */
const MAPS: Readonly<Record<string, () => MapEvents>> = {
  'other texts': () => event => (isText(event) ? { ...event, text: `${event.text.toUpperCase()}!` } : event),
  'every second delta left out': () => {
    let count = 0
    return event => (isText(event) && count++ % 2 === 0 ? undefined : event)
  },
  'no text at all': () => event => (isText(event) ? [] : event),
  'texts held back and let go in larger pieces': () => {
    const held = new Map<number, StreamEvent[]>()
    return event => {
      if (!('index' in event) || event.index === undefined) return event
      const waiting = held.get(event.index) ?? []
      held.set(event.index, waiting)
      if (event.type === 'text-delta') {
        waiting.push(event)
        return waiting.length > 3 ? waiting.splice(0) : []
      }
      return [...waiting.splice(0), event]
    }
  },
  'no reasoning': () => event => (event.type === 'block-start' && event.kind === 'reasoning' ? undefined : event),
  'no reasoning, and other texts': () => event => {
    if (event.type === 'block-start' && event.kind === 'reasoning') return undefined
    return isText(event) ? { ...event, text: event.text.toLowerCase() } : event
  },
  'no calls': () => event => (event.type === 'block-start' && event.kind === 'tool-call' ? undefined : event),
  'a text before all': () => {
    let isFirst = true
    return event => {
      if (!isFirst || event.type !== 'block-start') return event
      isFirst = false
      return [
        { type: 'block-start', index: -1, choice: event.choice, kind: 'text' },
        { type: 'text-delta', index: -1, text: 'Read this first. ' },
        { type: 'block-end', index: -1 },
        event,
      ]
    }
  },
  'more at the end of every text': () => {
    const texts = new Set<number>()
    return event => {
      if (event.type === 'block-start' && event.kind === 'text') texts.add(event.index)
      if (event.type !== 'block-end' || !texts.has(event.index)) return event
      return [{ type: 'text-delta', index: event.index, text: ' [checked]' }, event]
    }
  },
  'another finish': () => event =>
    event.type === 'choice-end' ? { ...event, finish: { reason: 'length', raw: undefined } } : event,
}

for (const speaker of SPEAKERS) {
  suite(`${speaker.name}: mapped`, () => {
    for (const [name, make] of Object.entries(MAPS))
      test(name, () => {
        for (const { id, bytes } of speaker.streams) assertMapped(speaker, bytes, make, 1400, id)
      })

    test('generated streams, by any of these', () => {
      // A seal is opaque, and may hold the very text that it seals.
      const generated = anyStream({ natives: speaker.name }).filter(isSequential)
      fc.assert(
        fc.property(
          generated,
          fc.constantFrom(...Object.entries(MAPS)),
          fc.integer({ min: 1, max: 500 }),
          (stream, [, make], size) => assertMapped(speaker, encode(speaker, stream).bytes, make, size),
        ),
      )
    })

    test('one delta alone: all other frames stay as they are', () => {
      for (const { id, bytes, flags, expected } of speaker.streams) {
        const deltas = decode(speaker, bytes).filter(isText)
        const middle = deltas[Math.floor(deltas.length / 2)]
        if (middle === undefined || flags.includes('multi-choice') || repeats(speaker, expected)) continue
        let count = 0
        const { bytes: sent } = mapped(speaker, [bytes], event =>
          isText(event) && count++ === Math.floor(deltas.length / 2) ? { ...event, text: 'CHANGED' } : event,
        )
        const relayed = framesOf(mapped(speaker, [bytes], undefined).bytes)
        const others = framesOf(sent).filter((frame, at) => frame !== relayed[at])
        assert.deepEqual(others.length, 1, id)
        assert.match(others[0] as string, /CHANGED/)
      }
    })
  })
}

/** One block after the other, as providers send them, and no two that clients would read as one. */
function isSequential(stream: readonly StreamEvent[]): boolean {
  const starts = stream.filter(event => event.type === 'block-start')
  const isAlike = starts.some(({ kind }, at) => kind === starts[at - 1]?.kind && kind !== 'tool-call')
  let open = 0
  const isNested = stream.some(({ type }) => {
    open += type === 'block-start' ? 1 : type === 'block-end' ? -1 : 0
    return open > 1
  })
  return !isAlike && !isNested && starts.every(({ kind }) => kind !== 'media')
}

/** What comes out says what the function said, or what the dialect's encoder makes of it. */
function assertMapped(speaker: Speaker, bytes: Buffer, make: () => MapEvents, size: number, id = 'generated'): void {
  const map = new EventMap(make())
  const events = decode(speaker, bytes).flatMap(event => map.push(event))
  const { bytes: sent } = mapped(speaker, inChunksOf(size, bytes), make())
  const read = contentOf(foldEvents(decode(speaker, sent)))
  const wanted = [events, decode(speaker, encode(speaker, events).bytes)].map(all => contentOf(foldEvents(all)))
  const isRight = wanted.some(content => JSON.stringify(content) === JSON.stringify(read))
  if (!isRight) assert.deepEqual(read, wanted[0], id)
  if (illegalIn(speaker.name, bytes) === undefined)
    assert.equal(illegalIn(speaker.name, sent), undefined, `${id}: ${sent}`)
  assert.deepEqual(numbersIn(sent).filter(isWrong), numbersIn(bytes).filter(isWrong), id)
}

/** Whether later frames say the texts again. */
function repeats({ name }: Speaker, { reasoning }: Expected): boolean {
  return name === 'responses' || (name === 'chat' && reasoning !== '')
}

/** Numbers that do not rise by one. */
function isWrong(number: number, at: number, all: readonly number[]): boolean {
  return at > 0 && number !== (all[at - 1] as number) + 1
}

function framesOf(bytes: Buffer): readonly string[] {
  return bytes.toString('latin1').split(/(?<=\r?\n\r?\n)/)
}

/** What people see of an answer, and what programs act on. */
function contentOf({ candidates, usage }: Message): unknown {
  return {
    usage: { input: usage?.input, output: usage?.output },
    candidates: candidates.flatMap(({ index, parts, finish }) => {
      const seen = joined(parts.filter(part => seenOf(part) !== undefined)).map(seenOf)
      return seen.length === 0 && finish === undefined ? [] : [{ index, parts: seen, finish: finish?.reason }]
    }),
  }
}

/** Two texts in a row are one for clients of some dialects. */
function joined(parts: readonly Part[]): readonly Part[] {
  const all: Part[] = []
  for (const part of parts) {
    const last = all.at(-1)
    if (last?.kind !== 'text' || part.kind !== 'text') all.push(part)
    else all[all.length - 1] = { ...last, text: last.text + part.text }
  }
  return all
}

function seenOf(part: Part): unknown {
  switch (part.kind) {
    case 'text':
    case 'refusal':
      return part.text === '' ? undefined : { kind: part.kind, text: part.text }
    case 'reasoning':
      return part.texts.join('') === ''
        ? undefined
        : { kind: part.kind, text: part.texts.join('|'), seals: part.seals?.length }
    case 'tool-call':
      return { kind: part.kind, name: part.name, payload: part.payload, seals: part.seals?.length }
    default:
      return { kind: part.kind }
  }
}
