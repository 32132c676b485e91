/** Ways in which the bytes of a stream come to harm, or only look different. */
import fc from 'fast-check'
import { framesOf } from '../sdk/frames.ts'

/** The same bytes in chunks that end at these places. */
export function cutAt(bytes: Uint8Array, ...places: readonly number[]): readonly Uint8Array[] {
  const ends = [...places, bytes.length]
  return ends.map((end, at) => bytes.subarray(ends[at - 1] ?? 0, end))
}

/** Chunks of so many bytes each. */
export function inChunksOf(size: number, bytes: Uint8Array): readonly Uint8Array[] {
  return Array.from({ length: Math.ceil(bytes.length / size) }, (_, at) => bytes.subarray(at * size, (at + 1) * size))
}

/** Line ends as Windows has them. */
export function withCrlf(bytes: Buffer): Buffer {
  return Buffer.from(bytes.toString('latin1').replace(/\r?\n/g, '\r\n'), 'latin1')
}

/** Line ends as old Macs had them. */
export function withCr(bytes: Buffer): Buffer {
  return Buffer.from(bytes.toString('latin1').replace(/\r?\n/g, '\r'), 'latin1')
}

export function withBom(bytes: Buffer): Buffer {
  return Buffer.concat([Buffer.of(0xef, 0xbb, 0xbf), bytes])
}

/** Comments and blank lines between all frames. */
export function withComments(bytes: Buffer): Buffer {
  return Buffer.concat(framesOf(bytes).flatMap(frame => [Buffer.from(': ping\n\n\n'), frame]))
}

/** What was done to a stream, and what came of it. */
export interface Damaged {
  readonly harm: string
  readonly bytes: Buffer
}

/** A stream with one to three harms. */
export function damaged(bytes: Buffer): fc.Arbitrary<Damaged> {
  const harms = fc.array(fc.tuple(fc.constantFrom(...HARMS), place, place), { minLength: 1, maxLength: 3 })
  return harms.map(harms => ({
    harm: harms.map(([[name], at, other]) => `${name} (${at}, ${other})`).join(', '),
    bytes: harms.reduce((rest, [[, harm], at, other]) => harm(rest, at, other), bytes),
  }))
}

/** Where in the stream, from 0 to 1. */
const place = fc.double({ min: 0, max: 0.999_999, noNaN: true })

type Harm = (bytes: Buffer, at: number, other: number) => Buffer

const HARMS: readonly (readonly [name: string, harm: Harm])[] = [
  ['cut short', (bytes, at) => bytes.subarray(0, Math.floor(at * bytes.length))],
  ['lost its beginning', (bytes, at) => bytes.subarray(Math.floor(at * bytes.length))],
  ['a byte changed', (bytes, at, other) => withByte(bytes, at, Math.floor(other * 256))],
  ['a bracket for a byte', (bytes, at, other) => withByte(bytes, at, '{}[]",:\n'.charCodeAt(Math.floor(other * 8)))],
  ['a frame lost', changeFrames((frames, at) => frames.toSpliced(at, 1))],
  ['a frame twice', changeFrames((frames, at) => frames.toSpliced(at, 0, ...frames.slice(at, at + 1)))],
  ['two frames in each other’s place', changeFrames(swap)],
  [
    'a frame moved',
    changeFrames((frames, at, other) => frames.toSpliced(at, 1).toSpliced(other, 0, ...frames.slice(at, at + 1))),
  ],
  ['all backwards', changeFrames(frames => frames.toReversed())],
  ['twice in a row', bytes => Buffer.concat([bytes, bytes])],
]

function withByte(bytes: Buffer, at: number, byte: number): Buffer {
  const changed = Buffer.from(bytes)
  if (changed.length > 0) changed[Math.floor(at * changed.length)] = byte
  return changed
}

type FrameChange = (frames: readonly Buffer[], at: number, other: number) => readonly Buffer[]

function changeFrames(change: FrameChange): Harm {
  return (bytes, at, other) => {
    const frames = framesOf(bytes)
    return Buffer.concat(change(frames, Math.floor(at * frames.length), Math.floor(other * frames.length)))
  }
}

function swap(frames: readonly Buffer[], at: number, other: number): readonly Buffer[] {
  const swapped = [...frames]
  const [one, two] = [swapped[at], swapped[other]]
  if (one === undefined || two === undefined) return frames
  swapped[at] = two
  swapped[other] = one
  return swapped
}
