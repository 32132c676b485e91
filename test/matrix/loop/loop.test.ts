/** Conversations with tools and thinking over three turns: what the upstream sealed comes back byte for byte. */
import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { text } from 'node:stream/consumers'
import { test } from 'node:test'
import Anthropic from '@anthropic-ai/sdk'
import OpenAI from 'openai'
import type { DialectName } from '../../src/dialects/index.ts'
import { startTestGateway, type TestGateway } from '../gateway.ts'

const QUESTION = 'Is it dry enough to harvest in Brig, and what is the time there?'
const RESULTS = { call_1: '{"rain":0}', call_2: '16:05', call_3: 'gone' } as const
type CallId = keyof typeof RESULTS

const SIGNATURES = ['EqQBCgIYAhIM+/9zig1==', 'EqQBCgIYAhIM/two+=='] as const
const REDACTED = 'EmwKAhgBEgy3va3pzix/LafPsn4a+=='

const WEATHER = {
  name: 'get_weather',
  description: 'Rain',
  schema: { type: 'object', properties: { place: { type: 'string' } } },
} as const
const TIME = { name: 'get_time', description: 'Time', schema: { type: 'object', properties: {} } } as const
const TOOLS = [WEATHER, TIME] as const

test('a chat client loops over two tools with a messages upstream, and its signatures return', async () => {
  await using house = await startHouse('messages', [
    messagesAnswer(
      { type: 'thinking', thinking: 'I need both.', signature: SIGNATURES[0] },
      { type: 'redacted_thinking', data: REDACTED },
      { type: 'text', text: 'Let me see. 🌾' },
      { type: 'tool_use', id: 'call_1', name: 'get_weather', input: { place: 'Brig', big: '\u0000' } },
      { type: 'tool_use', id: 'call_2', name: 'get_time', input: {} },
    ),
    messagesAnswer(
      { type: 'thinking', thinking: '', signature: SIGNATURES[1] },
      { type: 'tool_use', id: 'call_3', name: 'get_time', input: {} },
    ),
    messagesAnswer({ type: 'text', text: 'Harvest.' }),
  ])
  const answer = await loopAsChat(house.gateway)
  assert.equal(answer, 'Harvest.')

  const [, second, third] = house.requests
  const turnOne = {
    role: 'assistant',
    content: [
      { type: 'thinking', thinking: 'I need both.', signature: SIGNATURES[0] },
      { type: 'redacted_thinking', data: REDACTED },
      { type: 'text', text: 'Let me see. 🌾' },
      { type: 'tool_use', id: 'call_1', name: 'get_weather', input: { place: 'Brig', big: '\u0000' } },
      { type: 'tool_use', id: 'call_2', name: 'get_time', input: {} },
    ],
  }
  const turnTwo = {
    role: 'assistant',
    content: [
      { type: 'thinking', thinking: '', signature: SIGNATURES[1] },
      { type: 'tool_use', id: 'call_3', name: 'get_time', input: {} },
    ],
  }
  assert.deepEqual(second?.messages, [messagesQuestion, turnOne, messagesResults('call_1', 'call_2')])
  assert.deepEqual(third?.messages, [
    messagesQuestion,
    turnOne,
    messagesResults('call_1', 'call_2'),
    turnTwo,
    messagesResults('call_3'),
  ])
})

const DETAILS = [
  { type: 'reasoning.text', text: 'I need both.', signature: SIGNATURES[0], format: 'anthropic-claude-v1', index: 0 },
  { type: 'reasoning.encrypted', data: REDACTED, id: 'rs_1', format: 'openai-responses-v1', index: 1 },
] as const

test('a messages client loops over two tools with a chat upstream, and its reasoning returns', async () => {
  await using house = await startHouse('chat', [
    chatAnswer(
      { reasoning: 'I need ', reasoning_details: [{ ...DETAILS[0], text: 'I need ', signature: undefined }] },
      { reasoning: 'both.', reasoning_details: [{ ...DETAILS[0], text: 'both.' }] },
      { reasoning_details: [DETAILS[1]] },
      { content: 'Let me see. 🌾' },
      chatCall(0, 'call_1', 'get_weather', '{"place": "Brig"}'),
      chatCall(1, 'call_2', 'get_time', '{}'),
    ),
    chatAnswer({ reasoning_content: 'Once more.' }, chatCall(0, 'call_3', 'get_time', '{}')),
    chatAnswer({ content: 'Harvest.' }),
  ])
  const answer = await loopAsMessages(house.gateway)
  assert.equal(answer, 'Harvest.')

  const [, second, third] = house.requests
  const [one, two] = [second?.messages[1], third?.messages[4]] as [ChatTurn, ChatTurn]
  assert.deepEqual(one.reasoning_details, DETAILS)
  assert.equal(one.content, 'Let me see. 🌾')
  assert.deepEqual(callsOf(one), [
    ['call_1', 'get_weather', { place: 'Brig' }],
    ['call_2', 'get_time', {}],
  ])
  assert.equal(two.reasoning_content, 'Once more.')
  assert.deepEqual(callsOf(two), [['call_3', 'get_time', {}]])
  assert.deepEqual(third?.messages.slice(0, 4), second?.messages)
  assert.deepEqual(second?.messages.slice(2), [chatResult('call_1'), chatResult('call_2')])
  assert.deepEqual(third?.messages[5], chatResult('call_3'))
})

/** A client as the ones of OpenRouter do it: items of reasoning are kept in a list, and the turn goes back whole. */
async function loopAsChat({ url }: TestGateway): Promise<string> {
  const client = new OpenAI({ baseURL: `${url}/v1`, apiKey: 'sk-client', maxRetries: 0 })
  const messages: OpenAI.ChatCompletionMessageParam[] = [{ role: 'user', content: QUESTION }]
  const tools = TOOLS.map(({ name, description, schema }) => ({
    type: 'function' as const,
    function: { name, description, parameters: { ...schema } },
  }))
  for (;;) {
    const stream = client.chat.completions.stream({ model: 'mill', messages, tools, reasoning_effort: 'high' })
    const details: unknown[] = []
    for await (const chunk of stream) {
      const delta = chunk.choices[0]?.delta as { readonly reasoning_details?: readonly unknown[] } | undefined
      details.push(...(delta?.reasoning_details ?? []))
    }
    const message = await stream.finalMessage()
    if (message.tool_calls === undefined || message.tool_calls.length === 0) return message.content ?? ''
    messages.push({ ...message, reasoning_details: details } as OpenAI.ChatCompletionMessageParam)
    for (const { id } of message.tool_calls)
      messages.push({ role: 'tool', tool_call_id: id, content: RESULTS[id as CallId] })
  }
}

async function loopAsMessages({ url }: TestGateway): Promise<string> {
  const client = new Anthropic({ baseURL: url, apiKey: 'sk-ant-client', maxRetries: 0 })
  const messages: Anthropic.MessageParam[] = [{ role: 'user', content: QUESTION }]
  const tools = TOOLS.map(({ name, description, schema }) => ({ name, description, input_schema: { ...schema } }))
  for (;;) {
    const { content } = await client.messages
      .stream({ model: 'mill', max_tokens: 9000, messages, tools })
      .finalMessage()
    const calls = content.filter(block => block.type === 'tool_use')
    if (calls.length === 0) return content.map(block => (block.type === 'text' ? block.text : '')).join('')
    messages.push({ role: 'assistant', content })
    messages.push({
      role: 'user',
      content: calls.map(({ id }) => ({ type: 'tool_result', tool_use_id: id, content: RESULTS[id as CallId] })),
    })
  }
}

interface House extends AsyncDisposable {
  readonly gateway: TestGateway
  /** The bodies that the upstream has got. */
  readonly requests: readonly { readonly messages: readonly unknown[] }[]
}

/** A gateway on an upstream that speaks one dialect and gives these answers, one after the other. */
async function startHouse(dialect: DialectName, answers: readonly string[]): Promise<House> {
  const requests: House['requests'][number][] = []
  const server: Server = createServer(async (request, response) => {
    requests.push(JSON.parse(await text(request)))
    response.writeHead(200, { 'content-type': 'text/event-stream' })
    response.end(answers[requests.length - 1])
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  const gateway = await startTestGateway(origin, { upstream: { dialects: { [dialect]: `${origin}/v1` } } })
  return {
    gateway,
    requests,
    async [Symbol.asyncDispose]() {
      await gateway.close()
      server.closeAllConnections()
      server.close()
    },
  }
}

type MessagesBlock =
  | { readonly type: 'thinking'; readonly thinking: string; readonly signature: string }
  | { readonly type: 'redacted_thinking'; readonly data: string }
  | { readonly type: 'text'; readonly text: string }
  | { readonly type: 'tool_use'; readonly id: string; readonly name: string; readonly input: object }

function messagesAnswer(...blocks: readonly MessagesBlock[]): string {
  const isCalling = blocks.some(({ type }) => type === 'tool_use')
  const message = {
    id: 'msg_1',
    type: 'message',
    role: 'assistant',
    model: 'claude-mill',
    content: [],
    usage: { input_tokens: 9, output_tokens: 1 },
  }
  const events = [
    { type: 'message_start', message },
    ...blocks.flatMap((block, index) => [
      { type: 'content_block_start', index, content_block: emptied(block) },
      ...deltasOf(block).map(delta => ({ type: 'content_block_delta', index, delta })),
      { type: 'content_block_stop', index },
    ]),
    { type: 'message_delta', delta: { stop_reason: isCalling ? 'tool_use' : 'end_turn' }, usage: { output_tokens: 7 } },
    { type: 'message_stop' },
  ]
  return events.map(event => `event: ${event.type}\ndata: ${JSON.stringify(event)}\n\n`).join('')
}

function emptied(block: MessagesBlock): object {
  switch (block.type) {
    case 'thinking':
      return { ...block, thinking: '', signature: '' }
    case 'text':
      return { ...block, text: '' }
    case 'tool_use':
      return { ...block, input: {} }
    case 'redacted_thinking':
      return block
  }
}

function deltasOf(block: MessagesBlock): readonly object[] {
  switch (block.type) {
    case 'thinking': {
      const said = block.thinking === '' ? [] : [{ type: 'thinking_delta', thinking: block.thinking }]
      return [...said, { type: 'signature_delta', signature: block.signature }]
    }
    case 'text':
      return [...block.text].map(text => ({ type: 'text_delta', text }))
    case 'tool_use':
      return [{ type: 'input_json_delta', partial_json: JSON.stringify(block.input) }]
    case 'redacted_thinking':
      return []
  }
}

const messagesQuestion = { role: 'user', content: [{ type: 'text', text: QUESTION }] }

function messagesResults(...ids: readonly CallId[]): object {
  const content = ids.map(id => ({
    type: 'tool_result',
    tool_use_id: id,
    content: [{ type: 'text', text: RESULTS[id] }],
  }))
  return { role: 'user', content }
}

function chatAnswer(...deltas: readonly object[]): string {
  const isCalling = deltas.some(delta => 'tool_calls' in delta)
  const chunk = (delta: object, finish_reason: string | null) => ({
    id: 'gen-1',
    object: 'chat.completion.chunk',
    created: 1_780_000_000,
    model: 'vendor/mill',
    choices: [{ index: 0, delta, finish_reason }],
  })
  const chunks = [
    chunk({ role: 'assistant', content: '' }, null),
    ...deltas.map(delta => chunk(delta, null)),
    chunk({}, isCalling ? 'tool_calls' : 'stop'),
  ]
  return `${chunks.map(each => `data: ${JSON.stringify(each)}\n\n`).join('')}data: [DONE]\n\n`
}

function chatCall(index: number, id: CallId, name: string, args: string): object {
  return { tool_calls: [{ index, id, type: 'function', function: { name, arguments: args } }] }
}

function chatResult(id: CallId): object {
  return { role: 'tool', tool_call_id: id, content: RESULTS[id] }
}

interface ChatTurn {
  readonly content: unknown
  readonly reasoning_details?: unknown
  readonly reasoning_content?: unknown
  readonly tool_calls: readonly {
    readonly id: string
    readonly function: { readonly name: string; readonly arguments: string }
  }[]
}

function callsOf({ tool_calls }: ChatTurn): unknown {
  return tool_calls.map(({ id, function: { name, arguments: args } }) => [id, name, JSON.parse(args)])
}
