/** OpenRouter's reasoning with details, and DeepSeek's member that has to come back. */
import { ANSWER, PLACE, resultIn, SECOND_THOUGHT, THOUGHT, WORDS } from './conversation.ts'
import { plainEvents, type Said, type Upstream } from './upstream.ts'

const DETAILS = [
  { type: 'reasoning.text', text: THOUGHT, signature: 'EqQBCgIYAhIM+/==', format: 'anthropic-claude-v1', index: 0 },
  { type: 'reasoning.encrypted', data: 'gAAAAB+/==', id: 'rs_1', format: 'openai-responses-v1', index: 1 },
] as const

interface Turn {
  readonly role: string
  readonly content?: unknown
  readonly reasoning_details?: unknown
  readonly reasoning_content?: unknown
  readonly tool_call_id?: string
  readonly tool_calls?: readonly {
    readonly id: string
    readonly function: { readonly name: string; readonly arguments: string }
  }[]
}

export const chat: Upstream = {
  dialect: 'chat',
  answers: [
    answer(
      { reasoning: 'I need ', reasoning_details: [{ ...DETAILS[0], text: 'I need ', signature: undefined }] },
      { reasoning: 'both.', reasoning_details: [{ ...DETAILS[0], text: 'both.' }] },
      { reasoning_details: [DETAILS[1]] },
      { content: WORDS },
      call(0, 'call_1', 'get_weather', JSON.stringify(PLACE)),
      call(1, 'call_2', 'get_time', '{}'),
    ),
    answer({ reasoning_content: SECOND_THOUGHT }, call(0, 'call_3', 'get_time', '{}')),
    answer({ content: ANSWER }),
  ],
  turns: [
    [
      ['details', DETAILS],
      ['text', WORDS],
      ['call', 'call_1', 'get_weather', PLACE],
      ['call', 'call_2', 'get_time', {}],
      ['result', 'call_1', 'get_weather'],
      ['result', 'call_2', 'get_time'],
    ],
    [
      ['reasoning', SECOND_THOUGHT],
      ['call', 'call_3', 'get_time', {}],
      ['result', 'call_3', 'get_time'],
    ],
  ],
  read: body => (body as { messages: readonly Turn[] }).messages.flatMap(saidIn),
}

function saidIn({ role, content, reasoning_details, reasoning_content, tool_call_id, tool_calls = [] }: Turn): Said[] {
  if (role === 'tool') return [['result', tool_call_id, resultIn(content)]]
  const said: Said[] = tool_calls.map(({ id, function: { name, arguments: args } }) => [
    'call',
    id,
    name,
    JSON.parse(args),
  ])
  if (content) said.unshift(['text', content])
  if (reasoning_details !== undefined) said.unshift(['details', reasoning_details])
  else if (reasoning_content !== undefined) said.unshift(['reasoning', reasoning_content])
  return said
}

function answer(...deltas: readonly object[]): string {
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
  return `${plainEvents(chunks)}data: [DONE]\n\n`
}

function call(index: number, id: string, name: string, args: string): object {
  return { tool_calls: [{ index, id, type: 'function', function: { name, arguments: args } }] }
}
