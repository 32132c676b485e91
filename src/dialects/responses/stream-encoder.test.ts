import assert from 'node:assert/strict'
import { test } from 'node:test'
import OpenAI from 'openai'
import { failure } from '../../errors.ts'
import { EventWriter, foldEvents, Losses, type Request, type Seal, type StreamEvent } from '../../model/index.ts'
import { SseDecoder } from '../../sse/index.ts'
import type { EncodeAnswerContext } from '../codec.ts'
import { bridgeCustomTools } from '../custom-tools.ts'
import { itemsOf, objectOf, type Wire } from '../value.ts'
import { decodeRequest } from './request.ts'
import { createStreamDecoder } from './stream-decoder.ts'
import { createStreamEncoder } from './stream-encoder.ts'

interface Written {
  readonly text: string
  readonly events: readonly Wire[]
  readonly losses: readonly string[]
}

/** Plays a stream and writes it. */
function encode(play: (writer: EventWriter) => void, more: Partial<EncodeAnswerContext> = {}): Written {
  let n = 0
  let text = ''
  const losses = new Losses()
  const createId = (prefix: string) => `${prefix}${n++}`
  const context = { request: undefined, model: undefined, losses, createId, now: () => 7, ...more }
  const encoder = createStreamEncoder(context, written => {
    text += written
  })
  play(new EventWriter(bridgeCustomTools(more.request, event => encoder.push(event))))
  const events: Wire[] = []
  new SseDecoder().push(Buffer.from(text), ({ data }) => events.push(JSON.parse(data)))
  return { text, events, losses: losses.all.map(({ path, reason }) => `${path} ${reason}`) }
}

function outputOf({ events }: Written): readonly unknown[] {
  return itemsOf(objectOf(events.at(-1)?.response)?.output)
}

function decode(text: string): StreamEvent[] {
  const events: StreamEvent[] = []
  const decoder = createStreamDecoder({ issuer: 'me' }, event => events.push(event))
  new SseDecoder().push(Buffer.from(text), event => decoder.push(event))
  return events
}

function text(writer: EventWriter, words: string): void {
  const index = writer.open({ kind: 'text', choice: 0 })
  writer.text(index, words)
  writer.close(index)
}

function call(writer: EventWriter, name: string, payload: string, seal?: Seal): void {
  const index = writer.open({
    kind: 'tool-call',
    choice: 0,
    callId: `call_${name}`,
    name,
    runBy: 'client',
    input: 'json',
  })
  writer.payload(index, payload)
  if (seal !== undefined) writer.seal(index, seal)
  writer.close(index)
}

function finish(writer: EventWriter): void {
  writer.finish(0, { reason: 'stop', raw: 'stop' })
  writer.end()
}

async function readBySdk(text: string) {
  const fetch = async () => new Response(text, { headers: { 'content-type': 'text/event-stream' } })
  const client = new OpenAI({ apiKey: 'none', baseURL: 'http://localhost', fetch, maxRetries: 0 })
  return await client.responses.stream({ model: 'm', input: 'x' }).finalResponse()
}

test('an answer of another provider is a whole legal stream', async () => {
  const written = encode(writer => {
    writer.start({ id: 'msg_up', model: 'claude', createdAt: undefined })
    const reasoning = writer.open({ kind: 'reasoning', choice: 0, form: 'full' })
    writer.text(reasoning, 'Hm')
    writer.close(reasoning)
    text(writer, 'Two sacks')
    call(writer, 'f', '{"n":1}')
    call(writer, 'g', '{}')
    writer.usage({ input: 3, cacheRead: 1, output: 2 })
    finish(writer)
  })
  const final = await readBySdk(written.text)
  assert.equal(final.id, 'msg_up')
  assert.equal(final.output_text, 'Two sacks')
  assert.deepEqual(
    final.output.map(({ type, id }) => [type, id]),
    [
      ['reasoning', 'rs_0'],
      ['message', 'msg_1'],
      ['function_call', 'fc_2'],
      ['function_call', 'fc_3'],
    ],
  )
  const expected = { input_tokens: 3, input_tokens_details: { cached_tokens: 1 }, output_tokens: 2, total_tokens: 5 }
  assert.deepEqual(final.usage, expected)
  assert.deepEqual(
    written.events.slice(0, 2).map(({ type }) => type),
    ['response.created', 'response.in_progress'],
  )
  assert.deepEqual(written.losses, ['/candidates/0/parts/0/form cosmetic', '/candidates/0/finish/raw cosmetic'])
})

test('reasoning in full of another provider is a summary, which is what clients show and send back', async () => {
  const seal: Seal = { dialect: 'messages', issuer: 'a', kind: 'signature', value: 'EqQB' }
  const written = encode(writer => {
    const reasoning = writer.open({ kind: 'reasoning', choice: 0, form: 'full' })
    writer.text(reasoning, 'Rain, ')
    writer.text(reasoning, 'then sun')
    writer.seal(reasoning, seal)
    writer.close(reasoning)
    finish(writer)
  })
  const [item] = (await readBySdk(written.text)).output
  assert.deepEqual(item?.type === 'reasoning' && [item.summary, item.content], [
    [{ type: 'summary_text', text: 'Rain, then sun' }],
    undefined,
  ])
  assert.ok(written.losses.includes('/candidates/0/parts/0/form cosmetic'))
  const [part] = foldEvents(decode(written.text)).candidates[0]?.parts ?? []
  assert.deepEqual(part?.seals, [seal])
})

test('reasoning in full of this dialect stays what it was', () => {
  const written = encode(
    writer => {
      const reasoning = writer.open({ kind: 'reasoning', choice: 0, form: 'full', item: 'rs_1' })
      writer.text(reasoning, 'Hm')
      writer.close(reasoning)
      finish(writer)
    },
    { isOwn: true },
  )
  assert.deepEqual(outputOf(written), [
    { id: 'rs_1', type: 'reasoning', summary: [], content: [{ type: 'reasoning_text', text: 'Hm' }] },
  ])
})

test('parallel calls are open at once, each in its place', async () => {
  const written = encode(writer => {
    const open = (name: string) =>
      writer.open({ kind: 'tool-call', choice: 0, callId: name, name, runBy: 'client', input: 'json' })
    const [one, two] = [open('one'), open('two')]
    writer.payload(one, '{"a"')
    writer.payload(two, '{"b"')
    writer.payload(one, ':1}')
    writer.payload(two, ':2}')
    writer.close(two)
    writer.close(one)
    finish(writer)
  })
  const { output } = await readBySdk(written.text)
  assert.deepEqual(
    output.map(item => item.type === 'function_call' && item.arguments),
    ['{"a":1}', '{"b":2}'],
  )
})

test('a seal on a call rides right behind it, and comes back to it', () => {
  const seal: Seal = { dialect: 'gemini', issuer: 'g', kind: 'signature', value: 'c2ln' }
  const written = encode(writer => {
    call(writer, 'f', '{}', seal)
    call(writer, 'g', '{}')
    finish(writer)
  })
  assert.deepEqual(
    outputOf(written).map(item => objectOf(item)?.type),
    ['function_call', 'reasoning', 'function_call'],
  )
  const parts = foldEvents(decode(written.text)).candidates[0]?.parts ?? []
  assert.deepEqual(
    parts.map(({ kind, seals }) => [kind, seals]),
    [
      ['tool-call', [seal]],
      ['tool-call', undefined],
    ],
  )
})

test('tools of another provider ride whole in a reasoning item; a call without its result is lost', () => {
  const open = (writer: EventWriter, callId: string) => {
    const index = writer.open({ kind: 'tool-call', choice: 0, callId, name: 'web', runBy: 'provider', input: 'json' })
    writer.payload(index, '{"q":1}')
    writer.close(index)
  }
  const written = encode(writer => {
    open(writer, 'srv_1')
    const result = writer.open({ kind: 'tool-result', choice: 0, callId: 'srv_1', failed: false })
    writer.payload(result, '[]')
    writer.close(result)
    text(writer, 'So')
    open(writer, 'srv_2')
    finish(writer)
  })
  const parts = foldEvents(decode(written.text)).candidates[0]?.parts ?? []
  assert.deepEqual(
    parts.map(part => [part.kind, 'payload' in part && part.payload]),
    [
      ['tool-call', '{"q":1}'],
      ['tool-result', '[]'],
      ['text', false],
    ],
  )
  assert.deepEqual(written.losses, ['/candidates/0/parts/3 no-slot', '/candidates/0/finish/raw cosmetic'])
})

test('calls of tools that were bridged are said as the client knows them', () => {
  const request: Request = decodeRequest({
    model: 'm',
    input: 'x',
    tools: [
      { type: 'custom', name: 'apply_patch', format: { type: 'grammar', syntax: 'lark', definition: 'start: "x"' } },
      { type: 'namespace', name: 'agents', description: '', tools: [{ type: 'function', name: 'wait' }] },
    ],
  })
  const written = encode(
    writer => {
      call(writer, 'apply_patch', '{"input":"*** Begin Patch\\n"}')
      call(writer, 'agents__wait', '{"s":1}')
      finish(writer)
    },
    { request },
  )
  assert.deepEqual(outputOf(written), [
    {
      id: 'ctc_1',
      type: 'custom_tool_call',
      status: 'completed',
      input: '*** Begin Patch\n',
      call_id: 'call_apply_patch',
      name: 'apply_patch',
    },
    {
      id: 'fc_2',
      type: 'function_call',
      status: 'completed',
      arguments: '{"s":1}',
      call_id: 'call_agents__wait',
      name: 'wait',
      namespace: 'agents',
    },
  ])
  assert.deepEqual(
    written.events
      .filter(({ type }) => String(type).startsWith('response.custom_tool_call_input'))
      .map(({ type }) => type),
    ['response.custom_tool_call_input.delta', 'response.custom_tool_call_input.done'],
  )
})

test('the ways to end', () => {
  const end = (reason: 'length' | 'filtered' | 'refusal' | 'paused', raw: string) => {
    const { events, losses } = encode(writer => {
      text(writer, 'a')
      writer.finish(0, { reason, raw })
      writer.end()
    })
    const response = objectOf(events.at(-1)?.response)
    return [
      events.at(-1)?.type,
      objectOf(response?.incomplete_details)?.reason,
      losses.filter(loss => loss.includes('reason')),
    ]
  }
  assert.deepEqual(end('length', 'max_output_tokens'), ['response.incomplete', 'max_output_tokens', []])
  assert.deepEqual(end('filtered', 'SAFETY'), ['response.incomplete', 'content_filter', []])
  assert.deepEqual(end('refusal', 'refusal'), [
    'response.incomplete',
    'content_filter',
    ['/candidates/0/finish/reason no-slot'],
  ])
  assert.deepEqual(end('paused', 'pause_turn'), [
    'response.completed',
    undefined,
    ['/candidates/0/finish/reason no-slot'],
  ])
})

test('a failure is told twice, with the same id and the next numbers, and nothing follows', async () => {
  const written = encode(writer => {
    writer.start({ id: 'resp_up', model: 'm' })
    text(writer, 'Half')
    writer.usage({ input: 3 })
    writer.fail(failure('overloaded', 'No capacity'))
  })
  const [error, failed] = written.events.slice(-2)
  assert.deepEqual(
    written.events.map(({ sequence_number }) => sequence_number),
    written.events.map((_, n) => n),
  )
  assert.equal(error?.type, 'error')
  assert.equal(failed?.type, 'response.failed')
  const response = objectOf(failed?.response)
  assert.equal(response?.id, 'resp_up')
  assert.deepEqual(response?.usage, { input_tokens: 3, output_tokens: 0, total_tokens: 3 })
  assert.equal(itemsOf(response?.output).length, 1)
  await assert.rejects(readBySdk(written.text), /No capacity/)
})

test('what is open when an answer fails is incomplete, and told to be done by no event', async () => {
  const open = (writer: EventWriter, input: 'json' | 'text') =>
    writer.open({ kind: 'tool-call', choice: 0, callId: `call_${input}`, name: 'f', runBy: 'client', input })
  const written = encode(writer => {
    writer.start({ id: 'resp_up', model: 'm' })
    text(writer, 'Whole')
    call(writer, 'g', '{}')
    writer.text(writer.open({ kind: 'reasoning', choice: 0, form: 'summary' }), 'Hm')
    writer.text(writer.open({ kind: 'text', choice: 0 }), 'Half')
    writer.payload(open(writer, 'text'), 'rm -r /tmp')
    open(writer, 'json')
    writer.fail(failure('truncated', 'Cut'))
  })
  const output = itemsOf(objectOf(written.events.at(-1)?.response)?.output) as readonly Wire[]
  assert.deepEqual(
    output.map(({ type, status }) => [type, status]),
    [
      ['message', 'completed'],
      ['function_call', 'completed'],
      ['reasoning', 'incomplete'],
      ['message', 'incomplete'],
      ['custom_tool_call', 'incomplete'],
      ['function_call', 'incomplete'],
    ],
  )
  assert.deepEqual([output[4]?.input, output[5]?.arguments], ['rm -r /tmp', ''])
  const done = written.events.filter(({ type }) => String(type).endsWith('.done'))
  assert.deepEqual(new Set(done.map(({ output_index }) => output_index)), new Set([0, 1]))
  await assert.rejects(readBySdk(written.text), /Cut/)
})

test('the last item of an answer that was cut short is incomplete', async () => {
  const end = (reason: 'length' | 'filtered' | 'stop') =>
    outputOf(
      encode(writer => {
        call(writer, 'f', '{"n":1}')
        const last = writer.open({ kind: 'text', choice: 0 })
        writer.text(last, 'Two sa')
        writer.usage({ input: 3, output: 2 })
        writer.close(last)
        writer.usage({ input: 3, output: 3 })
        writer.finish(0, { reason, raw: reason })
        writer.end()
      }),
    ).map(item => objectOf(item)?.status)
  assert.deepEqual(end('length'), ['completed', 'incomplete'])
  assert.deepEqual(end('filtered'), ['completed', 'incomplete'])
  assert.deepEqual(end('stop'), ['completed', 'completed'])
})

test('clients of strict types get arguments, counts and ranges that nobody said', () => {
  const written = encode(writer => {
    call(writer, 'f', '')
    const index = writer.open({ kind: 'text', choice: 0 })
    writer.text(index, 'See')
    writer.annotate(0, { kind: 'url', url: 'https://mill.test', title: 'Mill' }, index)
    writer.close(index)
    writer.usage({ input: 10, cacheWrite: 4 })
    writer.finish(0, { reason: 'stop', raw: 'stop' })
    writer.end()
  })
  const [called, message] = outputOf(written) as readonly Wire[]
  assert.equal(called?.arguments, '{}')
  const [said] = itemsOf(message?.content) as readonly Wire[]
  assert.deepEqual(said?.annotations, [
    { type: 'url_citation', url: 'https://mill.test', title: 'Mill', start_index: 0, end_index: 0 },
  ])
  assert.deepEqual(objectOf(written.events.at(-1)?.response)?.usage, {
    input_tokens: 10,
    input_tokens_details: { cached_tokens: 0, cache_write_tokens: 4 },
    output_tokens: 0,
    total_tokens: 10,
  })
  assert.deepEqual(written.losses, [
    '/candidates/0/parts/0/payload unit',
    '/candidates/0/finish/raw cosmetic',
    '/usage/output unit',
    '/usage/cacheRead unit',
  ])
})

test('a picture is an item; what has no place is told', () => {
  const written = encode(writer => {
    for (const mediaType of ['image/jpeg', 'audio/wav']) {
      const index = writer.open({ kind: 'media', choice: 0, mediaType })
      writer.data(index, 'AAAA')
      writer.close(index)
    }
    writer.annotate(0, { kind: 'url', url: 'https://mill.test' })
    finish(writer)
  })
  assert.deepEqual(outputOf(written), [
    { id: 'ig_1', type: 'image_generation_call', status: 'completed', output_format: 'jpeg', result: 'AAAA' },
  ])
  assert.deepEqual(written.losses, [
    '/candidates/0/parts/1 no-slot',
    '/candidates/0/annotations/0 no-slot',
    '/candidates/0/finish/raw cosmetic',
  ])
})

test('the answer can be remembered with the ids that the client has', () => {
  const remembered: Wire[] = []
  const written = encode(
    writer => {
      text(writer, 'a')
      finish(writer)
    },
    { remember: answer => remembered.push(answer) },
  )
  assert.deepEqual(remembered, [written.events.at(-1)?.response])
})

test('an answer that can be named later has an id of ours', () => {
  const idOf = (more: Partial<EncodeAnswerContext>) => {
    const { events, losses } = encode(
      writer => {
        writer.start({ id: 'chatcmpl-7', model: 'm' })
        finish(writer)
      },
      { remember: () => {}, ...more },
    )
    return [objectOf(events.at(-1)?.response)?.id, losses.includes('/id cosmetic')]
  }
  assert.deepEqual(idOf({}), ['resp_0', true])
  const theirs = ['chatcmpl-7', false]
  assert.deepEqual(idOf({ remember: undefined }), theirs)
  assert.deepEqual(idOf({ isOwn: true }), theirs)
  assert.deepEqual(idOf({ request: decodeRequest({ model: 'm', input: 'x', store: false }) }), theirs)
})

test('pings are comments', () => {
  const written = encode(writer => {
    writer.ping()
    finish(writer)
  })
  assert.match(written.text, /\n\n: keep-alive\n\n/)
})
