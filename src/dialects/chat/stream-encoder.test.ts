import assert from 'node:assert/strict'
import { test } from 'node:test'
import {
  checkGrammar,
  EventWriter,
  foldEvents,
  Losses,
  type Message,
  type Request,
  type Seal,
  type StreamEvent,
  subtract,
} from '../../model/index.ts'
import { SseDecoder } from '../../sse/index.ts'
import type { EncodeAnswerContext } from '../codec.ts'
import type { Wire } from '../value.ts'
import { decodeMessage, encodeMessage } from './message.ts'
import { createStreamDecoder } from './stream-decoder.ts'
import { createStreamEncoder } from './stream-encoder.ts'

const FOREIGN = 'https://other.example'

type Script = (writer: EventWriter) => void

/** The events of an answer with an id, a model and a date. */
function eventsOf(script: Script): StreamEvent[] {
  const events: StreamEvent[] = []
  const writer = new EventWriter(event => events.push(event))
  writer.start({ id: 'msg_1', model: 'm', createdAt: 7 })
  script(writer)
  writer.end()
  assert.equal(checkGrammar(events), undefined)
  return events
}

function contextOf(request?: Request): EncodeAnswerContext {
  let made = 0
  return { request, model: undefined, losses: new Losses(), createId: prefix => `${prefix}${made++}`, now: () => 0 }
}

function encode(events: readonly StreamEvent[], context = contextOf()): string {
  let text = ''
  const encoder = createStreamEncoder(context, piece => {
    text += piece
  })
  for (const event of events) encoder.push(event)
  return text
}

function chunksOf(text: string): readonly unknown[] {
  return text
    .split('\n\n')
    .filter(frame => frame.startsWith('data: {'))
    .map(frame => JSON.parse(frame.slice(6)))
}

function deltasOf(script: Script): readonly unknown[] {
  const chunks = chunksOf(encode(eventsOf(script))) as { choices: { delta: unknown }[] }[]
  return chunks.flatMap(({ choices }) => choices.map(({ delta }) => delta))
}

function decode(text: string): Message {
  const events: StreamEvent[] = []
  const decoder = createStreamDecoder({ issuer: 'chat' }, event => events.push(event))
  const sse = new SseDecoder()
  sse.push(new TextEncoder().encode(text), event => decoder.push(event))
  decoder.end()
  assert.equal(checkGrammar(events), undefined)
  return foldEvents(events)
}

function plain(message: Message): unknown {
  const candidates = message.candidates.map(({ finish: _, ...candidate }) => ({
    ...candidate,
    parts: candidate.parts.map(({ seals, ...part }) => {
      const kept = seals?.filter(({ value }) => !value.startsWith('slot:')) ?? []
      return kept.length === 0 ? part : { ...part, seals: kept }
    }),
  }))
  return JSON.parse(JSON.stringify({ ...message, candidates }))
}

const SEAL = { dialect: 'messages', issuer: FOREIGN, kind: 'signature', value: 'sig' } as const
const TOKEN = { dialect: 'messages', issuer: FOREIGN, kind: 'encrypted', value: 'enc', id: 'rs_1' } as const

function write(
  writer: EventWriter,
  block: Parameters<EventWriter['open']>[0],
  text = '',
  ...seals: (typeof SEAL | typeof TOKEN)[]
): void {
  const index = writer.open(block)
  if (block.kind === 'tool-call' || block.kind === 'tool-result') writer.payload(index, text)
  else if (block.kind === 'media') writer.data(index, text)
  else writer.text(index, text)
  for (const seal of seals) writer.seal(index, seal)
  writer.close(index)
}

const REASONING = { choice: 0, kind: 'reasoning', form: 'full' } as const
const SUMMARY = { choice: 0, kind: 'reasoning', form: 'summary' } as const
const TEXT = { choice: 0, kind: 'text' } as const
const CALL = { choice: 0, kind: 'tool-call', callId: 'c1', name: 'f', runBy: 'client', input: 'json' } as const
const SEARCH = { ...CALL, callId: 's1', name: 'web_search', runBy: 'provider' } as const
const FOUND = { choice: 0, kind: 'tool-result', callId: 's1', failed: false } as const
const NATIVE = { dialect: 'messages', members: { caller: 'x' } } as const

/** What comes back from a client, minus what was told as lost. */
const ECHOES: Readonly<Record<string, Script>> = {
  'reasoning, text and a call': w => {
    write(w, REASONING, 'Hm', SEAL)
    write(w, TEXT, 'Hi')
    write(w, CALL, '{"a":1}')
    w.finish(0, { reason: 'tool-calls', raw: 'tool_use' })
  },
  'two blocks of reasoning, both sealed': w => {
    write(w, REASONING, 'One', SEAL)
    write(w, REASONING, 'Two', { ...SEAL, value: 'sig2' } as never)
  },
  'reasoning without a seal before sealed reasoning': w => {
    write(w, REASONING, 'One')
    write(w, REASONING, 'Two', SEAL)
  },
  'redacted reasoning between reasoning': w => {
    write(w, REASONING, 'One', SEAL)
    write(w, REASONING, '', TOKEN)
    write(w, REASONING, 'Two', SEAL)
    write(w, TEXT, 'Hi')
  },
  'redacted reasoning after reasoning without a seal': w => {
    write(w, REASONING, 'One')
    write(w, REASONING, '', TOKEN)
  },
  'two seals on one block': w => write(w, REASONING, 'One', SEAL, TOKEN),
  'summaries in parts': w => {
    const index = w.open(SUMMARY)
    w.text(index, 'First')
    w.breakPart(index)
    w.text(index, 'Sec')
    w.text(index, 'ond')
    w.seal(index, TOKEN)
    w.close(index)
    write(w, TEXT, 'Hi')
  },
  'a summary in one part without a seal': w => {
    write(w, SUMMARY, 'First')
    write(w, TEXT, 'Hi')
  },
  'a sealed summary without text': w => {
    write(w, SUMMARY, '', TOKEN)
    write(w, TEXT, 'Hi')
  },
  'a tool of the provider with its result': w => {
    write(w, { ...SEARCH, native: NATIVE }, '{"query":"x"}')
    write(w, FOUND, '[{"url":"u"}]')
    write(w, TEXT, 'Found')
  },
  'two tools of the provider at once': w => {
    write(w, SEARCH, '{"query":"x"}')
    write(w, { ...SEARCH, callId: 's2' }, '{"query":"y"}')
    write(w, FOUND, '[1]')
    write(w, { ...FOUND, callId: 's2' }, '[2]')
    write(w, TEXT, 'Found')
  },
  'a tool of the provider that has no result yet': w => {
    write(w, TEXT, 'Let me see')
    write(w, SEARCH, '{"query":"x"}')
    w.finish(0, { reason: 'paused', raw: 'pause_turn' })
  },
  'text in two blocks': w => {
    write(w, TEXT, 'One')
    write(w, TEXT, 'Two')
  },
  'text after a call': w => {
    write(w, TEXT, 'One')
    write(w, CALL, '{}')
    write(w, TEXT, 'Two')
  },
  'sealed text and a sealed call': w => {
    write(w, TEXT, 'One', SEAL)
    write(w, CALL, '{}', SEAL)
    write(w, { ...CALL, callId: 'c2' }, '{"b":[]}', TOKEN)
  },
  'a custom tool': w => write(w, { ...CALL, input: 'text' }, 'free text'),
  'a refusal': w => {
    write(w, { choice: 0, kind: 'refusal' }, 'No')
    w.finish(0, { reason: 'refusal', raw: 'refusal' })
  },
  'empty blocks': w => {
    write(w, TEXT)
    write(w, REASONING)
    write(w, TEXT, 'Hi')
  },
  'pictures and sound': w => {
    write(w, { choice: 0, kind: 'media', mediaType: 'image/png' }, 'AAAA')
    write(w, { choice: 0, kind: 'media', mediaType: 'audio/wav', item: 'a1' }, 'AAAABBBB')
    write(w, TEXT, 'Look')
  },
  'what only others know': w => {
    write(w, { ...TEXT, native: NATIVE, item: 'msg_2' }, 'Hi')
    write(w, { choice: 0, kind: 'native', native: NATIVE })
    w.finish(0, { reason: 'stop', raw: 'end_turn', stopSequence: 'X', native: NATIVE })
    w.usage({ input: 3, output: 2, cacheWrite: 1, cacheWrite1h: 1, serverTools: { web_search: 1 }, native: NATIVE })
  },
  'two candidates': w => {
    const first = w.open(TEXT)
    const second = w.open({ choice: 1, kind: 'text' })
    w.text(first, 'a')
    w.text(second, 'b')
    w.text(first, 'c', [{ token: 'c', logprob: -1, bytes: [99], top: [{ token: 'd', logprob: -2 }] }])
    w.finish(0, { reason: 'length', raw: 'length' })
    w.finish(1, { reason: 'filtered', raw: 'content_filter' })
  },
}

for (const [name, script] of Object.entries(ECHOES)) {
  test(`${name}: a client has in a stream what was not told as lost`, () => {
    const context = contextOf()
    const events = eventsOf(script)
    const heard = decode(encode(events, context))
    assert.deepEqual(plain(heard), plain(subtract(foldEvents(events), context.losses.all)))
  })

  test(`${name}: a client has in a whole body what was not told as lost`, () => {
    const context = contextOf()
    const message = foldEvents(eventsOf(script))
    const body = JSON.parse(JSON.stringify(encodeMessage(message, context)))
    const heard = decodeMessage(body, { issuer: 'chat' })
    assert.deepEqual(plain(heard), plain(subtract(message, context.losses.all)))
  })
}

test('plain text is a role, its deltas, a finish, the usage and the end', () => {
  const text = encode(
    eventsOf(w => {
      write(w, TEXT, 'Hi')
      w.usage({ input: 3, output: 1 })
      w.finish(0, { reason: 'stop', raw: 'end_turn' })
    }),
  )
  const envelope = { id: 'msg_1', object: 'chat.completion.chunk', created: 7, model: 'm' }
  const choice = { index: 0, logprobs: null }
  assert.deepEqual(chunksOf(text), [
    {
      ...envelope,
      choices: [{ ...choice, delta: { role: 'assistant', content: '', refusal: null }, finish_reason: null }],
    },
    { ...envelope, choices: [{ ...choice, delta: { content: 'Hi' }, finish_reason: null }] },
    { ...envelope, choices: [{ ...choice, delta: {}, finish_reason: 'stop' }] },
    { ...envelope, choices: [], usage: { prompt_tokens: 3, completion_tokens: 1, total_tokens: 4 } },
  ])
  assert.ok(text.endsWith('data: [DONE]\n\n'))
})

for (const [wish, expected] of [
  [undefined, 0],
  [false, 0],
  [true, 1],
] as const)
  test(`a client whose wish for usage is ${wish} gets ${expected} chunks of usage`, () => {
    const request = { tools: [], includeUsage: wish } as unknown as Request
    const events = eventsOf(w => {
      write(w, TEXT, 'Hi')
      w.usage({ input: 3, output: 1 })
    })
    const chunks = chunksOf(encode(events, contextOf(request))) as { usage?: unknown }[]
    assert.equal(chunks.filter(({ usage }) => usage !== undefined).length, expected)
  })

test('an error is neither a finish nor an end, and the usage goes before it', () => {
  const events: StreamEvent[] = []
  const writer = new EventWriter(event => events.push(event))
  writer.start({ id: 'c', model: 'm' })
  writer.open(TEXT)
  writer.usage({ input: 1, output: 1 })
  writer.finish(0, { reason: 'stop', raw: 'stop' })
  writer.fail({ code: 'upstream', status: 502, message: 'Broken' })
  const text = encode(events)
  assert.ok(!text.includes('[DONE]'))
  assert.ok(!text.includes('"finish_reason":"'))
  const chunks = chunksOf(text) as { usage?: unknown; error?: { message: string } }[]
  assert.deepEqual(chunks.at(-2)?.usage, { prompt_tokens: 1, completion_tokens: 1, total_tokens: 2 })
  assert.equal(chunks.at(-1)?.error?.message, 'Broken')
})

test('a ping is a comment', () => {
  assert.equal(encode([{ type: 'ping' }]), ': ping\n\n')
})

test('calls are numbered, get ids where they have none, and arguments follow', () => {
  const deltas = deltasOf(w => {
    const first = w.open(CALL)
    const second = w.open({ ...CALL, callId: '' })
    w.payload(second, '{}')
    w.payload(first, '{"a":')
    w.payload(first, '1}')
  })
  assert.deepEqual(deltas.slice(1, -1), [
    { tool_calls: [{ index: 0, id: 'c1', type: 'function', function: { name: 'f', arguments: '' } }] },
    { tool_calls: [{ index: 1, id: 'call_0', type: 'function', function: { name: 'f', arguments: '' } }] },
    { tool_calls: [{ index: 1, function: { arguments: '{}' } }] },
    { tool_calls: [{ index: 0, function: { arguments: '{"a":' } }] },
    { tool_calls: [{ index: 0, function: { arguments: '1}' } }] },
  ])
})

test('the seal of a call comes in a piece of the call, which has a function like any other', () => {
  const deltas = deltasOf(writer => {
    const index = writer.open({
      kind: 'tool-call',
      choice: 0,
      callId: 'call_1',
      name: 'f',
      runBy: 'client',
      input: 'json',
    })
    writer.payload(index, '{}')
    writer.seal(index, { dialect: 'gemini', issuer: FOREIGN, kind: 'signature', value: 'abc' })
    writer.close(index)
  }) as { tool_calls?: { index: number; function: unknown; extra_content?: unknown }[] }[]
  const [sealed] = deltas.flatMap(({ tool_calls = [] }) => tool_calls).filter(call => call.extra_content !== undefined)
  assert.equal(sealed?.index, 0)
  assert.deepEqual(sealed?.function, { arguments: '' })
})

test('the only reasoning of an own answer comes in its own members, of others it is carried', () => {
  const items = [{ type: 'reasoning.text', text: 'Hm', signature: 'c2ln', format: 'anthropic-claude-v1', index: 0 }]
  const seal: Seal = {
    dialect: 'chat',
    issuer: 'chat',
    kind: 'signature',
    value: `echo:${JSON.stringify({ members: { reasoning_details: items } })}`,
  }
  const think = (writer: EventWriter) => {
    const index = writer.open({ choice: 0, kind: 'reasoning', form: 'full' })
    writer.text(index, 'Hm')
    writer.seal(index, seal)
    writer.close(index)
  }
  const say = (writer: EventWriter) => {
    const index = writer.open({ choice: 0, kind: 'text' })
    writer.text(index, 'Hi')
    writer.close(index)
    writer.finish(0, { reason: 'stop', raw: 'stop' })
  }
  const detailsOf = (isOwn: boolean, ...scripts: readonly Script[]) => {
    const events = eventsOf(writer => {
      for (const script of scripts) script(writer)
    })
    const chunks = chunksOf(encode(events, { ...contextOf(), isOwn })) as { choices: { delta: Wire }[] }[]
    return chunks.flatMap(({ choices }) => choices.flatMap(({ delta }) => delta.reasoning_details ?? []))
  }
  assert.deepEqual(detailsOf(true, think, say), items)
  const own = eventsOf(writer => {
    think(writer)
    say(writer)
  })
  const deltas = chunksOf(encode(own, { ...contextOf(), isOwn: true })) as { choices: { delta: Wire }[] }[]
  assert.deepEqual(deltas[1]?.choices[0]?.delta, { reasoning: 'Hm', reasoning_details: items })
  assert.deepEqual(decode(encode(own, { ...contextOf(), isOwn: true })).candidates, foldEvents(own).candidates)
  for (const details of [detailsOf(false, think, say), detailsOf(true, think, think, say)])
    assert.match(JSON.stringify(details), /"signature":"mr1s\./)
})

test('a client of the time before tools gets a function call', () => {
  const native = { dialect: 'chat', members: { functions: true } } as const
  const request = { tools: [{ kind: 'function', name: 'f', native }] } as unknown as Request
  const text = encode(
    eventsOf(w => write(w, CALL, '{}')),
    contextOf(request),
  )
  assert.ok(text.includes('"delta":{"function_call":{"name":"f","arguments":""}}'))
  assert.ok(text.includes('"delta":{"function_call":{"arguments":"{}"}}'))
})

test('an annotation of a block becomes the range of its text', () => {
  const deltas = deltasOf(w => {
    write(w, TEXT, 'One ')
    const index = w.open(TEXT)
    w.annotate(0, { kind: 'url', url: 'https://a.example', title: 'A' }, index)
    w.text(index, 'two')
    w.close(index)
  })
  const url_citation = { start_index: 4, end_index: 7, title: 'A', url: 'https://a.example' }
  assert.deepEqual(deltas.at(-2), { annotations: [{ type: 'url_citation', url_citation }] })
})

test('lone surrogates, NUL and line separators arrive as they were', () => {
  const pieces = ['a\ud83d', '\ude00', '\0\u2028\u0085"\\\n']
  const heard = decode(
    encode(
      eventsOf(w => {
        const index = w.open(TEXT)
        for (const piece of pieces) w.text(index, piece)
      }),
    ),
  )
  const [part] = heard.candidates[0]?.parts ?? []
  assert.equal(part?.kind === 'text' && part.text, pieces.join(''))
})
