/** When two answers say the same. */
import assert from 'node:assert/strict'
import { parseExact } from '../../src/json/index.ts'
import {
  type Annotation,
  type Candidate,
  type DialectName,
  type Loss,
  type Message,
  type Part,
  subtract,
} from '../../src/model/index.ts'
import { marked, plain, put, settled } from './marks.ts'

/**
 * Asserts that what came is what there was, minus exactly what was said to be lost.
 * @param reader the dialect that it came in
 */
export function assertEcho(came: Message, there: Message, losses: readonly Loss[], reader: DialectName): void {
  const [actual, expected] = prepared(came, there, losses, reader)
  assert.deepEqual(actual, expected, `Losses: ${JSON.stringify(losses, null, 1)}`)
}

/** What came and what must have come, fit to be compared. */
export function prepared(
  came: Message,
  there: Message,
  losses: readonly Loss[],
  reader: DialectName,
): readonly [actual: unknown, expected: unknown] {
  const isByBlock = reader === 'messages'
  // A text that was a refusal is part of the text that ranges count in.
  const visible = subtract(there, losses.filter(isKind))
  const rest = losses.filter(loss => !isKind(loss) && !isReworded(loss) && (isByBlock || !isRange(loss)))
  const said = reworded(isByBlock ? visible : withRanges(visible), losses)
  const kept = subtract(said, rest)
  const expected = isByBlock ? kept : ofCandidates(kept)
  const actual = withoutMadeUp(isByBlock ? came : ofCandidates(withRanges(came)), expected, reader)
  const mine = plain(asRead(withoutEmpty(actual), reader))
  return [mine, plain(settled(plain(asRead(withoutEmpty(expected), reader)), mine))]
}

/** A loss of what a part is: it is text then. */
function isKind({ path }: Loss): boolean {
  return path.endsWith('/kind')
}

/** The other side has a word of its own there: in another unit, of a finish, `{}` for no arguments. */
export function isReworded({ path, reason }: Loss): boolean {
  return (reason === 'unit' && !/\/\d+$/.test(path)) || /\/(?:finish\/(?:raw|reason)|form|failed|mediaType)$/.test(path)
}

/** The whole with what the other side says in the place of what it cannot say exactly. */
export function reworded<T>(whole: T, losses: readonly Loss[]): T {
  return losses.filter(isReworded).reduce((said, { path }) => {
    const tokens = path.split('/').slice(1)
    // Of two words it is the other one.
    if (path.endsWith('/form')) return put(said, tokens, otherForm(said, tokens)) as T
    if (path.endsWith('/failed')) return put(said, tokens, false) as T
    return marked(said, [path])
  }, whole)
}

function otherForm(whole: unknown, tokens: readonly string[]): string {
  const form = tokens.reduce<unknown>((at, name) => {
    if (!Array.isArray(at)) return (at as Readonly<Record<string, unknown>> | undefined)?.[name]
    return at.find((item, place) => (item?.index ?? place) === Number(name))
  }, whole)
  return form === 'full' ? 'summary' : 'full'
}

/** A dialect that knows annotations of ranges says those of blocks so: that is another unit, and no loss. */
function isRange({ path, reason }: Loss): boolean {
  return reason === 'unit' && /\/annotations\/\d+$/.test(path)
}

/** Annotations of a whole block or candidate with its range in the candidate's text: both say the same. */
function withRanges(message: Message): Message {
  const candidates = message.candidates.map(candidate => {
    let end = 0
    const parts = candidate.parts.map((part): Part => {
      if (part.kind !== 'text') return part
      const start = end
      end += part.text.length
      const annotations = part.annotations?.map(annotation => ({ start, end, ...annotation }))
      return { ...part, annotations }
    })
    const annotations = candidate.annotations?.map(annotation => ({ start: 0, end, ...annotation }))
    return { ...candidate, parts, annotations }
  })
  return { ...message, candidates }
}

/** Annotations that have a range, told of the candidate. */
function ofCandidates(message: Message): Message {
  const candidates = message.candidates.map(candidate => {
    const ofBlocks = candidate.parts.flatMap(part => (part.kind === 'text' ? (part.annotations ?? []) : []))
    const parts = candidate.parts.map(part => (part.kind === 'text' ? { ...part, annotations: undefined } : part))
    const annotations = [...ofBlocks, ...(candidate.annotations ?? [])].map(plain).toSorted(byPlace) as Annotation[]
    return { ...candidate, parts, annotations: annotations.length === 0 ? undefined : annotations }
  })
  return { ...message, candidates }
}

function byPlace(one: unknown, other: unknown): number {
  const [a, b] = [one, other].map(annotation => JSON.stringify(annotation, Object.keys(annotation as object).sort()))
  return (a as string) < (b as string) ? -1 : 1
}

/** What somebody must say, and was made up because nobody had said it. */
function withoutMadeUp(came: Message, expected: Message, reader: DialectName): Message {
  // A failure before anything else is told alone: it may yet become a status.
  if (expected.failure !== undefined && came.candidates.length === 0 && came.id === undefined)
    return { ...expected, ...came, id: expected.id, model: expected.model }
  const made = (['id', 'model', 'createdAt'] as const).filter(name => expected[name] === undefined)
  return {
    ...came,
    ...Object.fromEntries(made.map(name => [name, undefined])),
    usage: withoutMadeCount(came, expected, reader),
    candidates: came.candidates.map(candidate => {
      const said = expected.candidates.find(({ index }) => index === candidate.index)
      return withoutMadeOf(candidate, said)
    }),
  }
}

/** A stream of messages begins with a count of its output: none so far. */
function withoutMadeCount({ usage }: Message, expected: Message, reader: DialectName): Message['usage'] {
  const isMade = reader === 'messages' && usage?.output === 0 && expected.usage?.output === undefined
  if (usage === undefined || !isMade) return usage
  const { output: _, ...rest } = usage
  return rest
}

function withoutMadeOf(candidate: Candidate, said: Candidate | undefined): Candidate {
  const { finish, parts } = candidate
  return {
    ...candidate,
    parts: parts.map((part, place) => withoutMadeItem(part, said?.parts[place])),
    ...(finish && { finish: said?.finish?.raw === undefined ? { ...finish, raw: undefined } : finish }),
  }
}

/** What the context of these tests makes up where a dialect has ids for everything. */
const MADE_ID = /^[a-z]+_0{10}\d{10}$/

function withoutMadeItem(part: Part, said: Part | undefined): Part {
  const isMade = said?.item === undefined && part.item !== undefined && MADE_ID.test(part.item)
  return isMade ? { ...part, item: undefined } : part
}

/** A failed answer says nothing of a candidate that has nothing. */
function withoutEmpty(message: Message): Message {
  const candidates = message.candidates.filter(
    ({ parts, annotations, finish }) => parts.length > 0 || annotations !== undefined || finish !== undefined,
  )
  return { ...message, candidates }
}

/** A chat reader marks reasoning with the member that it found it in: that is the reader's word, not the answer's. */
function asRead(message: Message, reader: DialectName): Message {
  return reader === 'chat' ? withParts(message, withoutMark) : message
}

function withoutMark(part: Part): Part {
  const seals = part.seals?.filter(({ dialect, value }) => dialect !== 'chat' || !value.startsWith('slot:'))
  return { ...part, seals: seals?.length === 0 ? undefined : seals }
}

function withParts(message: Message, change: (part: Part) => Part): Message {
  return {
    ...message,
    candidates: message.candidates.map(candidate => ({ ...candidate, parts: candidate.parts.map(change) })),
  }
}

/** Payloads as values: for answers of which one was read as a whole body, where JSON has no layout. */
export function withParsedPayloads(message: Message): Message {
  return withParts(message, withPlainPayload)
}

export function withPlainPayload(part: Part): Part {
  return part.kind === 'tool-call' || part.kind === 'tool-result'
    ? ({ ...part, payload: relaid(part.payload) } as Part)
    : part
}

/** The same JSON in one layout; what is none as it is. */
export function relaid(payload: string | undefined): string | undefined {
  try {
    return JSON.stringify(parseExact(payload ?? ''))
  } catch {
    return payload
  }
}
