/** When two answers, or two requests, say the same. */
import assert from 'node:assert/strict'
import type { Failure } from '../../src/errors.ts'
import { parseExact } from '../../src/json/index.ts'
import {
  type Annotation,
  type DialectName,
  type Loss,
  type Message,
  type Part,
  type Request,
  subtract,
} from '../../src/model/index.ts'

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
  if (reader === 'messages') return compared(came, subtract(there, losses), losses, reader)
  const expected = subtract(withRanges(there), losses.filter(isNoRange))
  return compared(ofCandidates(withRanges(came)), ofCandidates(expected), losses, reader)
}

function compared(came: Message, expected: Message, losses: readonly Loss[], reader: DialectName) {
  const actual = subtract(withoutMadeUp(came, expected), otherWords(losses))
  return [plain(asRead(withoutEmpty(actual), reader)), plain(asRead(withoutEmpty(expected), reader))] as const
}

/**
 * The places where the other side has a word of its own for what it cannot say exactly, as they are
 * counted there: the words of a finish, the form of reasoning, whether a result failed, `{}` for no arguments.
 */
function otherWords(losses: readonly Loss[]): readonly Loss[] {
  return losses
    .filter(
      ({ path, reason }) =>
        (reason === 'unit' && !/\/\d+$/.test(path)) || /\/(?:finish\/(?:raw|reason)|form|failed)$/.test(path),
    )
    .map(loss => ({ path: movedPath(loss.path, losses), reason: 'cosmetic' }))
}

/** A dialect that knows annotations of ranges says those of blocks so: that is another unit, and no loss. */
function isNoRange({ path, reason }: Loss): boolean {
  return reason !== 'unit' || !/\/annotations\/\d+$/.test(path)
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

/** Where a path leads when the items before it are gone. Candidates keep their indices. */
function movedPath(path: string, losses: readonly Loss[]): string {
  const tokens = path.split('/')
  const moved = tokens.map((token, at) => {
    if (!/^\d+$/.test(token) || tokens[at - 1] === 'candidates') return token
    const list = tokens.slice(0, at).join('/')
    const before = Array.from({ length: Number(token) }, (_, position) => `${list}/${position}`)
    return String(Number(token) - before.filter(item => losses.some(loss => loss.path === item)).length)
  })
  return moved.join('/')
}

/** What somebody must say, and was made up because nobody had said it. */
function withoutMadeUp(came: Message, expected: Message): Message {
  // A failure before anything else is told alone: it may yet become a status.
  if (expected.failure !== undefined && came.candidates.length === 0 && came.id === undefined)
    return { ...expected, ...came, id: expected.id, model: expected.model }
  const made = (['id', 'model', 'createdAt'] as const).filter(name => expected[name] === undefined)
  return {
    ...came,
    ...Object.fromEntries(made.map(name => [name, undefined])),
    candidates: came.candidates.map((candidate, at) => {
      const isSaid = expected.candidates[at]?.finish?.raw !== undefined
      return isSaid || candidate.finish === undefined
        ? candidate
        : { ...candidate, finish: { ...candidate.finish, raw: undefined } }
    }),
  }
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

/**
 * Asserts that a request that was read is the one that was written, minus exactly what was said to be
 * lost. The model is the upstream's affair, and what an API insists on may be made up.
 */
export function assertRequestEcho(came: Request, there: Request, losses: readonly Loss[]): void {
  const [actual, expected] = preparedRequest(came, there, losses)
  assert.deepEqual(actual, expected, `Losses: ${JSON.stringify(losses, null, 1)}`)
}

/** The request that came and the one that must have come, fit to be compared. */
export function preparedRequest(came: Request, there: Request, losses: readonly Loss[]) {
  const expected = subtract(there, losses)
  const actual = subtract(came, otherWords(losses))
  const isReworded = losses.some(({ path }) => path.startsWith('/reasoning/'))
  return [actual, expected].map(request => {
    const { reasoning, ...rest } = withoutDefaults(request, expected)
    return plain(isReworded ? rest : { ...rest, reasoning })
  }) as unknown as readonly [actual: unknown, expected: unknown]
}

/** A reader of a request cannot know who made the seals of its own dialect. */
function withoutIssuers(part: Part): Part {
  return { ...part, seals: part.seals?.map(seal => ({ ...seal, issuer: '' })) }
}

/** Without the words that say no more than silence, and those that an API insists on where nobody said anything. */
function withoutDefaults(request: Request, expected: Request): Request {
  const { choices, output = {}, toolChoice, turns, maxOutputTokens } = request
  const { format, name, ...wishes } = output
  const isText = format === undefined || format === 'text'
  const said = { ...wishes, ...(isText ? {} : { format }), ...(expected.output?.name === undefined ? {} : { name }) }
  return {
    ...request,
    // The upstream's affair, and a member of one dialect's streams.
    model: undefined,
    includeUsage: undefined,
    maxOutputTokens: expected.maxOutputTokens === undefined ? undefined : maxOutputTokens,
    choices: choices === 1 ? undefined : choices,
    output: Object.keys(said).length === 0 ? undefined : said,
    toolChoice: toolChoice?.type === 'auto' ? undefined : toolChoice,
    turns: (expected.turns.length === 0 ? [] : turns).map(turn => ({
      ...turn,
      parts: turn.parts.map(withPlainPayload).map(withoutIssuers),
    })),
  }
}

/** Payloads as values: for answers of which one was read as a whole body, where JSON has no layout. */
export function withParsedPayloads(message: Message): Message {
  return withParts(message, withPlainPayload)
}

function withPlainPayload(part: Part): Part {
  return part.kind === 'tool-call' || part.kind === 'tool-result'
    ? ({ ...part, payload: relaid(part.payload) } as Part)
    : part
}

function relaid(payload: string | undefined): string | undefined {
  try {
    return JSON.stringify(parseExact(payload ?? ''))
  } catch {
    return payload
  }
}

/** Without members that are undefined, and with what every dialect can say of a failure. */
export function plain(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(plain)
  if (typeof value !== 'object' || value === null) return value
  const members = Object.entries(value).filter(([, member]) => member !== undefined)
  return Object.fromEntries(
    members.map(([name, member]) => [
      name,
      name === 'failure' ? { message: (member as Failure).message } : plain(member),
    ]),
  )
}
