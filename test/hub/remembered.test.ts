/** What an upstream sealed is put back in its place, after a client has echoed the turn without anything of it. */
import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import fc from 'fast-check'
import { SealMemory } from '../../src/convert/index.ts'
import type { DialectName, Wire } from '../../src/dialects/index.ts'
import { foldEvents, Losses, type Message, type Part, type StreamEvent } from '../../src/model/index.ts'
import { answerContext, asSent, decode, decodeRequest, encode, ISSUER, PAIRS, type Speaker, unfold } from './codecs.ts'
import { anyStream } from './generated.ts'

/** A client's requests: the question, and the next one with the answer as a client has it that drops what is ours. */
interface Forgetful {
  readonly path: string
  readonly ask: Wire
  readonly next: (answer: Wire) => Wire
}

const QUESTION = { role: 'user', content: 'Hello' }
const LIMITS = { model: 'mill', max_tokens: 9000 }

const CLIENTS: Readonly<Partial<Record<DialectName, Forgetful>>> = {
  chat: {
    path: '/chat/completions',
    ask: { ...LIMITS, messages: [QUESTION] },
    next: ({ choices }) => {
      const [{ message }] = choices as readonly [{ readonly message: Wire }]
      const { role, content, refusal, tool_calls } = message
      const calls = (tool_calls as readonly Wire[] | undefined)?.map(({ extra_content, ...call }) => call)
      return { ...LIMITS, messages: [QUESTION, { role, content, refusal, tool_calls: calls }, QUESTION] }
    },
  },
  messages: {
    path: '/messages',
    ask: { ...LIMITS, messages: [QUESTION] },
    next: ({ content }) => {
      const kept = (content as readonly Wire[]).filter(({ type }) => type === 'text' || type === 'tool_use')
      return { ...LIMITS, messages: [QUESTION, { role: 'assistant', content: kept }, QUESTION] }
    },
  },
}

for (const [upstream, client] of PAIRS) {
  const forgetful = CLIENTS[client.name]
  if (forgetful === undefined) continue
  suite(`${upstream.name} sealed, ${client.name} forgot`, () => {
    for (const { id, bytes } of upstream.streams) {
      const events = decode(upstream, bytes)
      if (!isTold(foldEvents(events))) continue
      test(id, () => checkMemory(upstream, client, forgetful, events))
    }

    test('generated streams', () => {
      fc.assert(
        fc.property(anyStream({ seals: { dialect: upstream.name, issuer: ISSUER } }), stream => {
          const events = decode(upstream, encode(upstream, stream, true).bytes)
          fc.pre(isTold(foldEvents(events)) && !hasTextsAtOnce(events))
          checkMemory(upstream, client, forgetful, events)
        }),
        { numRuns: 200 },
      )
    })
  })
}

/** No provider writes two texts at once, and a client may have them in another order than they came. */
function hasTextsAtOnce(events: readonly StreamEvent[]): boolean {
  const open = new Set<number>()
  return events.some(event => {
    if (event.type === 'block-end') open.delete(event.index)
    if (event.type === 'block-start' && event.kind === 'text') open.add(event.index)
    return open.size > 1
  })
}

/** The client has something to send back, by which it is known. */
function isTold({ candidates, failure }: Message): boolean {
  const parts = candidates[0]?.parts ?? []
  const calls = parts.filter(part => part.kind === 'tool-call' && part.runBy === 'client')
  const isNamed = calls.every(part => part.kind === 'tool-call' && part.callId !== '')
  const isSaid = parts.some(part => part.kind === 'text' && [...part.text].some(character => character > ' '))
  const isRefused = parts.some(({ kind }) => kind === 'refusal')
  return failure === undefined && !isRefused && isNamed && (isSaid || calls.length > 0)
}

function checkMemory(
  upstream: Speaker,
  client: Speaker,
  { path, ask, next }: Forgetful,
  events: readonly StreamEvent[],
) {
  const message = foldEvents(events)
  const answer = asSent(client.codec.encodeMessage(message, answerContext(new Losses())))
  const origin = { dialect: upstream.name, issuer: ISSUER }
  const asked = decodeRequest(client, ask, path)
  const request = decodeRequest(client, asSent(next(answer)), path)
  for (const told of [events, unfold(message)]) {
    const seals = new SealMemory({ maxAnswers: 1 }).of('a client')
    const recording = seals.record(asked, origin)
    for (const event of told) recording?.note(event)
    const restored = seals.restore(request, origin).turns.find(({ role }) => role === 'assistant')
    assert.deepEqual(restored?.parts.flatMap(keptOf), message.candidates[0]?.parts.flatMap(keptOf))
    assert.equal(
      textOf(restored?.parts ?? []),
      textOf(request.turns.flatMap(({ role, parts }) => (role === 'assistant' ? parts : []))),
    )
    assert.deepEqual(seals.restore(request, { ...origin, issuer: 'https://other.test' }), request)
  }
}

/** What a client of another dialect loses, and where among its calls it stands. */
function keptOf(part: Part): readonly unknown[] {
  const { seals } = part
  switch (part.kind) {
    case 'reasoning':
      return seals === undefined ? [] : [{ kind: part.kind, form: part.form, texts: part.texts, seals }]
    case 'tool-call':
      return part.runBy === 'provider' ? [part] : [{ callId: part.callId, seals }]
    case 'tool-result':
      return [part]
    default:
      return []
  }
}

function textOf(parts: readonly Part[]): string {
  return parts.flatMap(part => (part.kind === 'text' ? [part.text] : [])).join('')
}
