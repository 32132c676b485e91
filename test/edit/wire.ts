/** What the frames of a stream must keep to, whatever they say. */
import type { DialectName } from '../../src/dialects/index.ts'
import { SseDecoder } from '../../src/sse/index.ts'

interface Frame {
  readonly type?: string
  readonly index?: number
  readonly output_index?: number
  readonly content_index?: number
  readonly summary_index?: number
  readonly sequence_number?: number
  readonly item?: unknown
  readonly response?: { readonly output?: readonly unknown[] }
}

/** @returns the first thing that is against the rules of the dialect's wire; undefined for none */
export function illegalIn(dialect: DialectName, bytes: Uint8Array): string | undefined {
  const frames = framesIn(bytes)
  if (dialect === 'messages') return illegalBlocks(frames)
  return dialect === 'responses' ? illegalItems(frames) : undefined
}

/** The numbers that the events say they have. */
export function numbersIn(bytes: Uint8Array): readonly number[] {
  return framesIn(bytes).flatMap(({ sequence_number: number }) => (typeof number === 'number' ? [number] : []))
}

/** Blocks count up from 0, one is open at a time, and a delta belongs to the open one. */
function illegalBlocks(frames: readonly Frame[]): string | undefined {
  let next = 0
  let open: number | undefined
  for (const { type, index } of frames) {
    if (type === 'content_block_start') {
      if (open !== undefined || index !== next++) return `start of ${index} in the place of ${next - 1}, open: ${open}`
      open = index
    } else if (type === 'content_block_delta' || type === 'content_block_stop') {
      if (index !== open) return `${type} of ${index} while ${open} is open`
      if (type === 'content_block_stop') open = undefined
    }
  }
  return undefined
}

/** Items count up from 0; everything is added and done once; the final output repeats what was done. */
function illegalItems(frames: readonly Frame[]): string | undefined {
  const said = new Set<string>()
  const done = new Map<number, unknown>()
  let next = 0
  for (const { type = '', output_index: place, content_index, summary_index, item, response } of frames) {
    if (type === 'response.output_item.added' && place !== next++) return `item ${place} in the place of ${next - 1}`
    if (/\.(?:added|done)$/.test(type) && !type.includes('annotation')) {
      const key = [type, place, content_index, summary_index].join()
      if (said.has(key)) return `${key} twice`
      said.add(key)
    }
    if (type === 'response.output_item.done' && place !== undefined) done.set(place, item)
    if (type !== 'response.completed') continue
    const output = [...done].sort(([a], [b]) => a - b).map(([, item]) => item)
    if (JSON.stringify(sorted(response?.output)) !== JSON.stringify(sorted(output))) return 'another output at the end'
  }
  return undefined
}

/** How reasoning items of our own begin. */
const WRAPPED_PARTS = 'mr1'

/** With members in one order, whatever order they came in. */
function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted)
  if (typeof value !== 'object' || value === null) return value
  // What carries parts of ours has no id that anybody keeps.
  const isCarrier = 'encrypted_content' in value && String(value.encrypted_content).startsWith(WRAPPED_PARTS)
  return Object.fromEntries(
    Object.entries(value)
      .filter(([name]) => !isCarrier || name !== 'id')
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([name, member]) => [name, sorted(member)]),
  )
}

function framesIn(bytes: Uint8Array): readonly Frame[] {
  const frames: Frame[] = []
  const sse = new SseDecoder()
  const read = ({ data }: { readonly data: string }) => {
    try {
      frames.push(Object(JSON.parse(data)))
    } catch {
      // `[DONE]`, and what is torn.
    }
  }
  sse.push(bytes, read)
  sse.end(read)
  return frames
}
