/** OpenAI's reasoning models without storage: encrypted reasoning in items of their own, each with its id. */
import { ANSWER, PLACE, resultIn, THOUGHT, WORDS } from './conversation.ts'
import { namedEvents, type Said, type Upstream } from './upstream.ts'

/** The provider shows one token when an item begins, and another one when it is done: only that one counts. */
const EARLY = 'gAAAAABearly=='
const TOKENS = ['gAAAAABone+/==', 'gAAAAABtwo+/=='] as const

type Item =
  | {
      readonly type: 'reasoning'
      readonly id: string
      readonly summary: readonly { readonly type: 'summary_text'; readonly text: string }[]
      readonly encrypted_content: string
    }
  | { readonly type: 'message'; readonly id?: string; readonly role: string; readonly content: unknown }
  | {
      readonly type: 'function_call'
      readonly id: string
      readonly call_id: string
      readonly name: string
      readonly arguments: string
    }

interface Result {
  readonly type: 'function_call_output'
  readonly call_id: string
  readonly output: unknown
}

export const responses: Upstream = {
  dialect: 'responses',
  answers: [
    answer(
      reasoning('rs_1', THOUGHT, TOKENS[0]),
      { type: 'message', id: 'msg_1', role: 'assistant', content: [said(WORDS)] },
      call('fc_1', 'call_1', 'get_weather', JSON.stringify(PLACE)),
      call('fc_2', 'call_2', 'get_time', '{}'),
    ),
    answer(reasoning('rs_2', '', TOKENS[1]), call('fc_3', 'call_3', 'get_time', '{}')),
    answer({ type: 'message', id: 'msg_2', role: 'assistant', content: [said(ANSWER)] }),
  ],
  turns: [
    [
      ['reasoning', 'rs_1', TOKENS[0]],
      ['text', WORDS],
      ['call', 'call_1', 'get_weather', PLACE],
      ['call', 'call_2', 'get_time', {}],
      ['result', 'call_1', 'get_weather'],
      ['result', 'call_2', 'get_time'],
    ],
    [
      ['reasoning', 'rs_2', TOKENS[1]],
      ['call', 'call_3', 'get_time', {}],
      ['result', 'call_3', 'get_time'],
    ],
  ],
  read: body => (body as { input: readonly (Item | Result)[] }).input.map(saidIn),
}

/** A summary need not come back: the token holds what it is a summary of. */
function saidIn(item: Item | Result): Said {
  switch (item.type) {
    case 'reasoning':
      return ['reasoning', item.id, item.encrypted_content]
    case 'function_call':
      return ['call', item.call_id, item.name, JSON.parse(item.arguments)]
    case 'function_call_output':
      return ['result', item.call_id, resultIn(item.output)]
    default:
      return ['text', textOf(item.content)]
  }
}

function textOf(content: unknown): unknown {
  return Array.isArray(content) ? content.map(({ text }) => text).join('') : content
}

function reasoning(id: string, text: string, encrypted_content: string): Item {
  const summary = text === '' ? [] : [{ type: 'summary_text', text } as const]
  return { type: 'reasoning', id, summary, encrypted_content }
}

function said(text: string) {
  return { type: 'output_text', text, annotations: [] }
}

function call(id: string, call_id: string, name: string, args: string): Item {
  return { type: 'function_call', id, call_id, name, arguments: args }
}

function answer(...output: readonly Item[]): string {
  const response = (status: string, done: readonly Item[]) => ({
    id: 'resp_1',
    object: 'response',
    created_at: 1_780_000_000,
    status,
    model: 'gpt-mill',
    output: done,
    usage: status === 'completed' ? { input_tokens: 9, output_tokens: 7, total_tokens: 16 } : null,
  })
  const events = [
    { type: 'response.created', response: response('in_progress', []) },
    ...output.flatMap((item, output_index) => [
      { type: 'response.output_item.added', output_index, item: emptied(item) },
      ...deltasOf(item).map(event => ({ item_id: item.id, output_index, ...event })),
      { type: 'response.output_item.done', output_index, item },
    ]),
    { type: 'response.completed', response: response('completed', output) },
  ]
  return namedEvents(events.map((event, sequence_number) => ({ ...event, sequence_number })))
}

function emptied(item: Item): object {
  switch (item.type) {
    case 'reasoning':
      return { ...item, summary: [], encrypted_content: EARLY }
    case 'message':
      return { ...item, content: [] }
    case 'function_call':
      return { ...item, arguments: '' }
  }
}

function deltasOf(item: Item): readonly { readonly type: string }[] {
  switch (item.type) {
    case 'reasoning':
      return item.summary.flatMap((part, summary_index) => [
        { type: 'response.reasoning_summary_part.added', summary_index, part: { ...part, text: '' } },
        { type: 'response.reasoning_summary_text.delta', summary_index, delta: part.text },
        { type: 'response.reasoning_summary_text.done', summary_index, text: part.text },
        { type: 'response.reasoning_summary_part.done', summary_index, part },
      ])
    case 'message': {
      const text = `${textOf(item.content)}`
      return [
        { type: 'response.content_part.added', ...{ content_index: 0, part: said('') } },
        ...[...text].map(delta => ({ type: 'response.output_text.delta', content_index: 0, delta })),
        { type: 'response.output_text.done', ...{ content_index: 0, text } },
        { type: 'response.content_part.done', ...{ content_index: 0, part: said(text) } },
      ]
    }
    case 'function_call':
      return [
        { type: 'response.function_call_arguments.delta', ...{ delta: item.arguments } },
        { type: 'response.function_call_arguments.done', ...{ arguments: item.arguments } },
      ]
  }
}
