/** What an upstream sealed comes back to it byte for byte, after a client of another dialect has echoed the turn. */
import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import fc from 'fast-check'
import type { DialectName, Wire } from '../../src/dialects/index.ts'
import {
  foldEvents,
  Losses,
  type Message,
  type Part,
  type Request,
  type StreamEvent,
  subtract,
} from '../../src/model/index.ts'
import {
  answerContext,
  asSent,
  decode,
  decodeRequest,
  encode,
  encodeRequest,
  ISSUER,
  PAIRS,
  type Speaker,
} from './codecs.ts'
import { anyStream } from './generated.ts'

/** A client's next request: the answer as its assistant turn, as its SDK would send it back. */
interface Echo {
  readonly path: string
  readonly next: (answer: Wire) => Wire
}

const ECHOES: Readonly<Record<DialectName, Echo>> = {
  chat: {
    path: '/chat/completions',
    next: ({ choices }) => {
      const [{ message }] = choices as readonly [{ readonly message: Wire }]
      return { model: 'mill', messages: [QUESTION, message, ...chatResults(message), QUESTION] }
    },
  },
  messages: {
    path: '/messages',
    next: ({ content }) => {
      const results = messagesResults(content as readonly Wire[])
      const turns = [QUESTION, { role: 'assistant', content }, { role: 'user', content: [...results, HELLO] }]
      return { model: 'mill', max_tokens: 9000, messages: turns }
    },
  },
  responses: {
    path: '/responses',
    next: ({ output }) => {
      const items = output as readonly Wire[]
      return { model: 'mill', input: [QUESTION, ...items, ...responsesResults(items), QUESTION], store: false }
    },
  },
  gemini: {
    path: '/models/mill:generateContent',
    next: ({ candidates }) => {
      const [{ content }] = candidates as readonly [{ readonly content: { readonly parts: readonly Wire[] } }]
      const results = geminiResults(content.parts)
      return { contents: [ASKED, content, { role: 'user', parts: [...results, ...ASKED.parts] }] }
    },
  },
}

const ASKED = { role: 'user', parts: [{ text: 'Hello' }] } as const

const HELLO = { type: 'text', text: 'Hello' }
const QUESTION = { role: 'user', content: 'Hello' }

function chatResults({ tool_calls = [] }: Wire): readonly Wire[] {
  const calls = (tool_calls ?? []) as readonly { readonly id: string }[]
  return calls.map(({ id }) => ({ role: 'tool', tool_call_id: id, content: 'done' }))
}

function messagesResults(content: readonly Wire[]): readonly Wire[] {
  const calls = content.filter(({ type }) => type === 'tool_use')
  return calls.map(({ id }) => ({ type: 'tool_result', tool_use_id: id, content: 'done' }))
}

function responsesResults(items: readonly Wire[]): readonly Wire[] {
  return items.flatMap(({ type, call_id }) => {
    if (type !== 'function_call' && type !== 'custom_tool_call') return []
    return [{ type: `${type}_output`, call_id, output: 'done' }]
  })
}

function geminiResults(parts: readonly Wire[]): readonly Wire[] {
  return parts.flatMap(({ functionCall }) => {
    if (functionCall === undefined) return []
    const { id, name } = functionCall as Wire
    return [{ functionResponse: { id, name, response: { output: 'done' } } }]
  })
}

for (const [upstream, client] of PAIRS) {
  const echo = ECHOES[client.name]
  suite(`${upstream.name} sealed, ${client.name} echoed`, () => {
    for (const { id, bytes } of upstream.streams) {
      const events = decode(upstream, bytes)
      const message = foldEvents(events)
      if (message.failure !== undefined || sealedOf(message).length === 0) continue
      test(`${id}, as a stream`, () => checkReplay(upstream, client, echo, message, streamed(client, events)))
      test(`${id}, as a whole body`, () => checkReplay(upstream, client, echo, message, whole(client, message)))
    }

    test('generated streams', () => {
      const generated = anyStream({ seals: { dialect: upstream.name, issuer: ISSUER } })
      fc.assert(
        fc.property(generated, stream => {
          const events = decode(upstream, encode(upstream, stream, true).bytes)
          const message = foldEvents(events)
          // A turn that ends in reasoning is refused by some, who get it without.
          fc.pre(message.candidates[0]?.parts.at(-1)?.kind === 'text')
          checkReplay(upstream, client, echo, message, whole(client, message))
          checkReplay(upstream, client, echo, message, streamed(client, events))
        }),
        { numRuns: 200 },
      )
    })
  })
}

interface Shown {
  readonly answer: Wire
  readonly losses: Losses
}

function whole({ codec }: Speaker, message: Message, isOwn = false): Shown {
  const losses = new Losses()
  return { answer: asSent(codec.encodeMessage(message, { ...answerContext(losses), isOwn })), losses }
}

/** The stream as a client accumulates it: what its own decoder folds is what its own encoder makes whole. */
function streamed(client: Speaker, events: readonly StreamEvent[]): Shown {
  const { bytes, losses } = encode(client, events)
  const seen = foldEvents(decode(client, bytes))
  return { answer: whole(client, seen, true).answer, losses }
}

function checkReplay(
  upstream: Speaker,
  client: Speaker,
  echo: Echo,
  message: Message,
  { answer, losses }: Shown,
): void {
  const request = decodeRequest(client, echo.next(answer), echo.path)
  const { written } = encodeRequest(upstream, request, { issuer: ISSUER, model: 'claude-opus-4-6' })
  const told = losses.all.filter(({ reason }) => reason !== 'unit')
  const expected = sealedOf(subtract(message, told))
  const text = JSON.stringify(written.body)
  for (const token of expected.flatMap(tokensOf))
    assert.ok(text.includes(JSON.stringify(token).slice(1, -1)), `${token} is missing in ${text}`)
  const again = decodeRequest(upstream, written.body, written.path)
  assert.deepEqual(turnOf(again).flatMap(tokensOf), expected.flatMap(tokensOf))
  // Items of one chat provider that stand side by side come back as one list.
  if (upstream.name !== 'chat') assert.deepEqual(turnOf(again).map(sealed), expected.map(sealed))
}

function sealedOf({ candidates }: Message): readonly Part[] {
  return (candidates[0]?.parts ?? []).filter(isSealed)
}

/** The parts with seals in the assistant's turn. */
function turnOf({ turns }: Request): readonly Part[] {
  return turns.filter(({ role }) => role === 'assistant').flatMap(({ parts }) => parts.filter(isSealed))
}

/** The mark of a member of chat is not a token: it names the place of the text. */
function isSealed({ seals = [] }: Part): boolean {
  return seals.length > 0
}

function sealed(part: Part): unknown {
  // Parts of one text stand a blank line apart where a dialect has no parts.
  const texts = part.kind === 'reasoning' ? part.texts.join('').replaceAll('\n', '') : part.kind
  return { texts, seals: part.seals?.map(({ kind, value }) => ({ kind, value })) }
}

/** The texts that the provider wrote: of what a chat provider wants back, the strings of its echo. */
function tokensOf({ seals = [] }: Part): readonly string[] {
  return seals.flatMap(({ value }) => {
    if (value.startsWith('slot:')) return [value.slice('slot:'.length)]
    return value.startsWith('echo:') ? stringsOf(JSON.parse(value.slice('echo:'.length)).members) : [value]
  })
}

function stringsOf(value: unknown): readonly string[] {
  if (typeof value === 'string') return [value]
  return typeof value === 'object' && value !== null ? Object.values(value).flatMap(stringsOf) : []
}
