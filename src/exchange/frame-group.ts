import { fromLatin1, fromUtf8, toLatin1, toUtf8 } from '../bytes.ts'
import type { FrameTraits } from '../dialects/index.ts'
import { replaceSpan } from '../json/index.ts'
import type { MappedEvent, StreamEvent } from '../model/index.ts'
import { editData, spansAt } from './frame-data.ts'

type Delta = Extract<StreamEvent, { readonly type: 'text-delta' | 'payload-delta' }>

/** Frames of an upstream that belong together, and the events they brought with what those became. */
export class FrameGroup {
  /** One character a byte. */
  readonly frames: string[] = []
  readonly events: MappedEvent[] = []
  bytes = 0
  /** Some frame brought no event: it belongs to what comes. */
  hasSilent = false
  /** A frame that brought no event came while a text was other than the upstream says: it may repeat it. */
  mayRepeat = false
  /** How many of the events have been encoded, and what they are in frames: as they came, and as they became. */
  encoded = 0
  before = ''
  after = ''

  add(frame: string): void {
    this.frames.push(frame)
    this.bytes += frame.length
  }

  /** Frames that say nothing of the answer, and are not wanted. */
  get isLeftOut(): boolean {
    const { events } = this
    return events.length > 0 && events.every(({ event, results }) => results.length === 0 && isAside(event))
  }

  get isUnchanged(): boolean {
    return this.events.every(isUnchanged)
  }
}

/** A ping, or what only the dialect understands. */
export function isAside({ type }: StreamEvent): boolean {
  return type === 'ping' || type === 'native'
}

/** Whether a delta says something else than it did, wherever its block stands now. */
export function isOtherDelta({ event, results }: MappedEvent): boolean {
  if (!isDelta(event)) return false
  const [only] = results
  return (
    results.length !== 1 ||
    only === undefined ||
    JSON.stringify(only) !== JSON.stringify({ ...event, ...indexOf(only) })
  )
}

function indexOf(event: StreamEvent): { readonly index?: number | undefined } {
  return 'index' in event ? { index: event.index } : {}
}

export function isUnchanged({ event, results }: MappedEvent): boolean {
  return results.length === 1 && results[0] === event
}

/**
 * The event that says what a delta became, if that is nothing but another text of the same block: of
 * several pieces the whole, of none an empty one. Undefined for what has become something else.
 */
export function editedDelta({ event, results }: MappedEvent): Delta | undefined {
  if (event.type !== 'text-delta' && event.type !== 'payload-delta') return undefined
  const [first, ...more] = results
  if (first === undefined) return event.type === 'text-delta' && event.logprobs ? undefined : { ...event, text: '' }
  if (!isDelta(first) || !isLike(first, event)) return undefined
  if (more.length === 0) return first
  const isPlain = event.type === 'payload-delta' || event.logprobs === undefined
  if (!isPlain || !more.every(one => isDelta(one) && isLike(one, event) && one.index === first.index)) return undefined
  return { ...first, text: [first, ...more].map(one => (one as Delta).text).join('') }
}

export function isDelta(event: StreamEvent): event is Delta {
  return event.type === 'text-delta' || event.type === 'payload-delta'
}

/** Whether two deltas differ in their text and number at most. */
function isLike(delta: Delta, event: Delta): boolean {
  if (delta.type !== event.type) return false
  return delta.type !== 'text-delta' || event.type !== 'text-delta' || delta.logprobs === event.logprobs
}

/** Texts by those that stand in their place, where deltas have changed and nothing else has. */
export type NewTexts = ReadonlyMap<string, string>

/** @returns undefined where more than texts has changed, or where one text would become two */
export function newTexts(events: readonly MappedEvent[]): NewTexts | undefined {
  const texts = new Map<string, string>()
  for (const mapped of events) {
    const { event } = mapped
    if (!isDelta(event)) {
      if (!isUnchanged(mapped)) return undefined
      continue
    }
    const edited = editedDelta(mapped)
    if (edited === undefined || (texts.has(event.text) && texts.get(event.text) !== edited.text)) return undefined
    texts.set(event.text, edited.text)
  }
  return texts
}

/**
 * The frames of a group with other texts, and every other byte as it came. A frame that brought one delta,
 * of which nothing is left, is left out: empty.
 *
 * @returns undefined where a text stands nowhere as it is
 */
export function withTexts(
  { frames, events }: FrameGroup,
  texts: NewTexts,
  { deltaAt }: FrameTraits,
): readonly string[] | undefined {
  const [only, ...others] = events
  const [frame] = frames
  const isAlone = only !== undefined && others.length === 0 && frame !== undefined && frames.length === 1
  const [[text, other] = []] = texts
  const quick = isAlone && text !== undefined ? withText(frame, text, other as string, deltaAt) : undefined
  const edited = quick === undefined ? withAllTexts(frames, texts, deltaAt) : [quick]
  return edited !== undefined && isAlone && isGone(only) && !BESIDE.test(frame) ? [''] : edited
}

/**
 * What nearly every edit is: a frame in which the text stands once, escaped as we would, as a value that
 * may be a delta. A quote inside of a string is escaped, so this is no part of another one.
 */
function withText(frame: string, text: string, other: string, paths: FrameTraits['deltaAt']): string | undefined {
  const json = quoted(text)
  const at = frame.indexOf(json)
  if (at === -1 || frame.indexOf(json, at + 1) !== -1) return undefined
  const [, key] = KEY_BEFORE.exec(frame.slice(Math.max(0, at - LONGEST_KEY), at)) ?? []
  if (!paths.some(path => path.at(-1) === key)) return undefined
  return frame.slice(0, at) + quoted(other) + frame.slice(at + json.length)
}

const KEY_BEFORE = /"(\w+)"[ \t]*:[ \t]*$/
const LONGEST_KEY = 64

/** A JSON string, one character a byte. */
function quoted(text: string): string {
  return toLatin1(fromUtf8(JSON.stringify(text)))
}

function withAllTexts(
  frames: readonly string[],
  texts: NewTexts,
  paths: FrameTraits['deltaAt'],
): readonly string[] | undefined {
  const found = new Set<string>()
  const edited = frames.map(frame => editTexts(frame, paths, texts, found))
  for (const [text, other] of texts) if (text !== other && !found.has(text)) return undefined
  return edited
}

function isGone(mapped: MappedEvent): boolean {
  return editedDelta(mapped)?.text === ''
}

/** What may stand beside a delta and is not told with it: a finish, a role, counts, a seal. */
const BESIDE =
  /"(?:finish_?reason|role|usage|usageMetadata|signature|thoughtSignature|reasoning_details)"\s*:\s*(?!null|"")/i

/** @param found gets the texts that stood there */
function editTexts(frame: string, paths: FrameTraits['deltaAt'], texts: NewTexts, found: Set<string>): string {
  return editData(frame, data => {
    const bytes = fromLatin1(data)
    const edits = paths
      .flatMap(path => spansAt(bytes, path))
      .flatMap(span => {
        const text = textAt(bytes, span.start, span.end)
        const other = text === undefined ? undefined : texts.get(text)
        if (text === undefined || other === undefined) return []
        found.add(text)
        return other === text ? [] : [{ span, json: JSON.stringify(other) }]
      })
      .sort((a, b) => b.span.start - a.span.start)
    return edits.reduce((edited, { span, json }) => replaceSpan(edited, span, json), bytes)
  })
}

const QUOTE = 0x22

/** What the JSON string there says; undefined where another value stands. */
function textAt(bytes: Uint8Array, start: number, end: number): string | undefined {
  return bytes[start] === QUOTE ? (JSON.parse(toUtf8(bytes, start, end)) as string) : undefined
}
