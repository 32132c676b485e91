import { fromUtf8 } from '../bytes.ts'
import { MillraceError } from '../errors.ts'
import type { Answer } from './answer.ts'
import type { Piece } from './framing.ts'
import type { Point } from './points.ts'
import type { Reply } from './reply.ts'
import type { Sender } from './sender.ts'
import type { Settings } from './settings.ts'
import type { Frame } from './voice.ts'

/** What a fault has in its hands when it strikes. */
export interface Line {
  readonly answer: Answer
  readonly sender: Sender
  readonly reply: Reply
  readonly settings: Settings
  /** What is still to be sent. What a fault leaves of it is sent when the answer is not over. */
  readonly rest: IterableIterator<Piece>
}

export interface Fault {
  /** Where it strikes in a stream unless `at` says otherwise; in a whole body that is the head. */
  readonly at: Point
  readonly strike: (line: Line) => Promise<void>
}

/** Every fault of a stream, once. `docs/simulator.md` tells what they are good for. */
export const FAULTS = {
  /** Accepts, and never answers. */
  nohead: { at: 'accept', strike: stall },
  /** Stops sending and keeps the connection open. */
  stall: { at: 'middle', strike: stall },
  /** RST. */
  reset: { at: 'middle', strike: async ({ answer }) => answer.reset() },
  /** FIN: the connection ends, the body does not. */
  fin: { at: 'middle', strike: async ({ answer }) => answer.hangUp() },
  /** The body ends as bodies do, without its terminal event. */
  close: { at: 'middle', strike: ({ sender }) => sender.end() },
  /** Half an event, then the end. */
  torn: { at: 'middle', strike: tear },
  /** A chunk whose size is not a number. */
  badchunk: { at: 'middle', strike: breakFraming },
  /** The provider's own error event, then the end. */
  error: { at: 'middle', strike: line => fail(line, line.reply.failure(line.sender.sent)) },
  /** An error event that is nobody's own, then the end. */
  texterror: { at: 'middle', strike: line => fail(line, [{ data: '{"error":"The mill is closed"}' }]) },
  /** A line that never ends, `size` bytes of it. */
  endless: { at: 'handshake', strike: writeEndlessLine },
  /** `events` events of ten bytes that say nothing, then the rest. */
  tiny: { at: 'handshake', strike: writeTinyEvents },
  /** Pings, one `every` so often, and nothing else ever. */
  pings: { at: 'head', strike: pingForEver },
  /** The rest byte by byte, one `every` so often. */
  drip: { at: 'head', strike: drip },
  /** A second response that nobody asked for. */
  unsolicited: { at: 'end', strike: answerTwice },
} as const satisfies Record<string, Fault>

export type FaultName = keyof typeof FAULTS

export const FAULT_NAMES = Object.keys(FAULTS) as readonly FaultName[]

/** Faults that need no head before them. */
const BEFORE_HEAD: readonly FaultName[] = ['nohead', 'stall', 'reset', 'fin']

/**
 * Where the fault strikes; undefined without a fault.
 *
 * @throws {MillraceError} bad-request, when the fault would write before the head.
 */
export function pointOf({ fault, at }: Settings, isWhole: boolean): Point | undefined {
  if (fault === undefined) return undefined
  const usual = FAULTS[fault].at
  const point = at ?? (isWhole && usual !== 'accept' ? 'head' : usual)
  if (point !== 'accept' || BEFORE_HEAD.includes(fault)) return point
  throw new MillraceError('bad-request', `Cannot use "at=accept" with "fault=${fault}": it writes, and needs a head`)
}

const BLOCK_BYTES = 64 * 1024
const ENDLESS_BYTES = 100 * 1024 * 1024
const TINY_EVENTS = 1_000_000
const TINY_EVENT = 'data: {}\n\n'
const PING_MS = 1000
const DRIP_MS = 60_000

function stall({ answer }: Line): Promise<void> {
  return answer.stall()
}

async function tear({ sender, rest }: Line): Promise<void> {
  const { bytes } = (rest.next().value as Piece | undefined) ?? { bytes: new Uint8Array(0) }
  await sender.write(bytes.subarray(0, bytes.length >> 1))
  await sender.end()
}

async function breakFraming({ answer }: Line): Promise<void> {
  await answer.writeRaw('mill\r\nthis is not a chunk\r\n')
  answer.hangUp()
}

async function fail(
  { sender, reply: { framing }, settings }: Line,
  frames: readonly Omit<Frame, 'stage'>[],
): Promise<void> {
  for (const frame of frames) {
    if (settings.nodone && frame.data === '[DONE]') continue
    await sender.write(fromUtf8(framing.encode(frame, sender.sent)))
  }
  await sender.write(fromUtf8(framing.tail))
  await sender.end()
}

async function writeEndlessLine({ answer, sender, settings: { size = ENDLESS_BYTES } }: Line): Promise<void> {
  const block = new Uint8Array(BLOCK_BYTES).fill(120)
  await sender.write(fromUtf8('data: '))
  for (let left = size; left > 0 && !answer.isOver; left -= BLOCK_BYTES) {
    await sender.write(block.subarray(0, left))
  }
  await sender.end()
}

async function writeTinyEvents({ answer, sender, settings: { events = TINY_EVENTS } }: Line): Promise<void> {
  const perBlock = Math.floor(BLOCK_BYTES / TINY_EVENT.length)
  const block = fromUtf8(TINY_EVENT.repeat(perBlock))
  for (let left = events; left > 0 && !answer.isOver; left -= perBlock) {
    await sender.write(block.subarray(0, left * TINY_EVENT.length))
  }
}

async function pingForEver({ answer, sender, reply, settings: { every = PING_MS } }: Line): Promise<void> {
  while (!answer.isOver) {
    await sender.write(fromUtf8(reply.framing.ping))
    await sender.flush()
    await answer.sleep(every)
  }
}

async function drip({ answer, sender, rest, settings: { every = DRIP_MS } }: Line): Promise<void> {
  for (const { bytes } of rest) {
    for (let at = 0; at < bytes.length && !answer.isOver; at++) {
      await answer.sleep(every)
      await sender.write(bytes.subarray(at, at + 1))
      await sender.flush()
    }
  }
}

async function answerTwice({ answer, sender }: Line): Promise<void> {
  await sender.end()
  await answer.writeRaw('HTTP/1.1 200 OK\r\ncontent-length: 4\r\n\r\nmill')
}
