/** When two answers, or two requests, say the same. */
import assert from 'node:assert/strict'
import type { Failure } from '../../src/errors.ts'
import { parseExact } from '../../src/json/index.ts'
import { type Loss, type Message, subtract } from '../../src/model/index.ts'

/** Asserts that what came is what there was, minus exactly what was said to be lost. */
export function assertEcho(came: Message, there: Message, losses: readonly Loss[]): void {
  const expected = subtract(there, losses)
  assert.deepEqual(plain(withoutMadeUp(came, expected)), plain(expected), `Losses: ${JSON.stringify(losses, null, 1)}`)
}

/** What somebody must say, and was made up because nobody had said it. */
function withoutMadeUp(came: Message, expected: Message): Message {
  const made = (['id', 'model', 'createdAt'] as const).filter(name => expected[name] === undefined)
  return { ...came, ...Object.fromEntries(made.map(name => [name, expected[name]])) }
}

/** Payloads as values: for answers of which one was read as a whole body, where JSON has no layout. */
export function withParsedPayloads(message: Message): Message {
  const candidates = message.candidates.map(candidate => ({
    ...candidate,
    parts: candidate.parts.map(part => ('payload' in part ? { ...part, payload: relaid(part.payload) } : part)),
  }))
  return { ...message, candidates } as Message
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
