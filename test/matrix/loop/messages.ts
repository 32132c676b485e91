/** Claude with extended thinking: signed and redacted thinking stands before calls. */
import { ANSWER, PLACE, resultIn, THOUGHT, WORDS } from './conversation.ts'
import { namedEvents, type Said, type Upstream } from './upstream.ts'

const SIGNATURES = ['EqQBCgIYAhIM+/9zig1==', 'EqQBCgIYAhIM/two+=='] as const
const REDACTED = 'EmwKAhgBEgy3va3pzix/LafPsn4a+=='

/** What nobody but the upstream may read. */
export const SECRETS: readonly string[] = [...SIGNATURES, REDACTED]

/** An answer with a signed thought before it. */
export function answerOfThought(): string {
  return answer({ type: 'thinking', thinking: THOUGHT, signature: SIGNATURES[0] }, { type: 'text', text: ANSWER })
}

type Block =
  | { readonly type: 'thinking'; readonly thinking: string; readonly signature: string }
  | { readonly type: 'redacted_thinking'; readonly data: string }
  | { readonly type: 'text'; readonly text: string }
  | { readonly type: 'tool_use'; readonly id: string; readonly name: string; readonly input: object }

interface Result {
  readonly type: 'tool_result'
  readonly tool_use_id: string
  readonly content: unknown
}

interface Body {
  readonly messages: readonly { readonly role: string; readonly content: string | readonly (Block | Result)[] }[]
}

export const messages: Upstream = {
  dialect: 'messages',
  answers: [
    answer(
      { type: 'thinking', thinking: THOUGHT, signature: SIGNATURES[0] },
      { type: 'redacted_thinking', data: REDACTED },
      { type: 'text', text: WORDS },
      { type: 'tool_use', id: 'call_1', name: 'get_weather', input: PLACE },
      { type: 'tool_use', id: 'call_2', name: 'get_time', input: {} },
    ),
    answer(
      { type: 'thinking', thinking: '', signature: SIGNATURES[1] },
      { type: 'tool_use', id: 'call_3', name: 'get_time', input: {} },
    ),
    answer({ type: 'text', text: ANSWER }),
  ],
  turns: [
    [
      ['thinking', THOUGHT, SIGNATURES[0]],
      ['redacted', REDACTED],
      ['text', WORDS],
      ['call', 'call_1', 'get_weather', PLACE],
      ['call', 'call_2', 'get_time', {}],
      ['result', 'call_1', 'get_weather'],
      ['result', 'call_2', 'get_time'],
    ],
    [
      ['thinking', '', SIGNATURES[1]],
      ['call', 'call_3', 'get_time', {}],
      ['result', 'call_3', 'get_time'],
    ],
  ],
  read: body =>
    (body as Body).messages.flatMap(({ content }) =>
      typeof content === 'string' ? [['text', content]] : content.map(saidIn),
    ),
}

function saidIn(block: Block | Result): Said {
  switch (block.type) {
    case 'thinking':
      return ['thinking', block.thinking, block.signature]
    case 'redacted_thinking':
      return ['redacted', block.data]
    case 'text':
      return ['text', block.text]
    case 'tool_use':
      return ['call', block.id, block.name, block.input]
    case 'tool_result':
      return ['result', block.tool_use_id, resultIn(block.content)]
  }
}

function answer(...blocks: readonly Block[]): string {
  const isCalling = blocks.some(({ type }) => type === 'tool_use')
  const message = {
    id: 'msg_1',
    type: 'message',
    role: 'assistant',
    model: 'claude-mill',
    content: [],
    usage: { input_tokens: 9, output_tokens: 1 },
  }
  return namedEvents([
    { type: 'message_start', ...{ message } },
    ...blocks.flatMap((block, index) => [
      { type: 'content_block_start', index, content_block: emptied(block) },
      ...deltasOf(block).map(delta => ({ type: 'content_block_delta', index, delta })),
      { type: 'content_block_stop', index },
    ]),
    {
      type: 'message_delta',
      ...{ delta: { stop_reason: isCalling ? 'tool_use' : 'end_turn' }, usage: { output_tokens: 7 } },
    },
    { type: 'message_stop' },
  ])
}

function emptied(block: Block): object {
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

function deltasOf(block: Block): readonly object[] {
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
