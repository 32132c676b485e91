import { type Asked, lastText, type OfferedTool, textsOf, tool } from '../asked.ts'
import { type Block, type BlockOf, CREATED_AT, deltasOf, type Script } from '../script.ts'
import type { Frame, Stage, Voice } from '../voice.ts'
import { type JsonObject, listOf, objectOf, textOf } from '../wire-json.ts'
import { openaiFailure, openaiHeaders, openaiModels, SERVER_ERROR } from './openai.ts'

/** OpenAI Responses. Reasoning always comes with its encrypted form, as if the request had included it. */
export const responses: Voice = {
  eol: 'lf',
  read,
  frames,
  whole: script => ended(script),
  headers: openaiHeaders,
  failure: openaiFailure,
  streamFailure,
  models: openaiModels,
}

type Status = 'in_progress' | 'completed' | 'incomplete' | 'failed'

/** One event, but for its sequence number. */
type Event = readonly [type: string, members: object]

function read(body: JsonObject): Omit<Asked, 'dialect'> {
  const items = listOf(body.input).map(objectOf)
  // Some tools are offered later than others, by an item of the input.
  const tools = [body, ...items.filter(({ type }) => type === 'additional_tools')].flatMap(one => listOf(one.tools))
  const users = items.filter(({ role }) => role === 'user')
  const results = items.filter(isResult)
  const text = textOf(body.input)
  return {
    model: textOf(body.model),
    stream: body.stream === true,
    userText: text ?? lastText(users.at(-1)?.content),
    userTexts: text === undefined ? users.flatMap(({ content }) => textsOf(content)) : [text],
    toolResults: results.map(({ output }) => textsOf(output).join('\n')),
    tools: tools.flatMap(one => toolsOf(objectOf(one))),
    endsWithToolResult: isResult(items.at(-1) ?? {}),
    includeUsage: true,
    prompt: JSON.stringify([body.instructions, body.input, tools]),
  }
}

function isResult({ type }: JsonObject): boolean {
  return textOf(type)?.endsWith('_output') ?? false
}

/** Of what the request offers, the tools that the client runs. */
function toolsOf({ type, name, parameters, tools }: JsonObject): readonly OfferedTool[] {
  switch (type) {
    case 'function':
      return tool(name, parameters)
    case 'custom':
      return tool(name, {}).map(one => ({ ...one, isFreeText: true }))
    case 'namespace':
      return listOf(tools).flatMap(one => toolsOf(objectOf(one)).map(tool => ({ ...tool, namespace: `${name}` })))
    default:
      return []
  }
}

function* frames(script: Script): Generator<Frame> {
  let sequence = 0
  let stage: Stage = 'handshake'
  for (const [type, members] of events(script)) {
    if (type.endsWith('.delta')) stage = 'content'
    if (type === `response.${endStatus(script)}`) stage = 'finish'
    yield frame(stage, type, members, sequence++)
  }
}

function frame(stage: Stage, type: string, members: object, sequence_number: number): Frame {
  return { stage, event: type, data: JSON.stringify({ type, ...members, sequence_number }) }
}

function* events(script: Script): Generator<Event> {
  const started = { response: responseOf(script, 'in_progress', []) }
  yield ['response.created', started]
  yield ['response.in_progress', started]
  for (const [output_index, block] of script.blocks.entries()) {
    const item = itemOf(script, output_index, endStatus(script))
    yield ['response.output_item.added', { output_index, item: itemOf(script, output_index, 'in_progress') }]
    for (const [type, members] of block.kind === 'tool-call' ? callEvents(block) : partEvents(block)) {
      yield [`response.${type}`, { item_id: item.id, output_index, ...members }]
    }
    yield ['response.output_item.done', { output_index, item }]
  }
  yield [`response.${endStatus(script)}`, { response: ended(script) }]
}

function* callEvents(block: BlockOf<'tool-call'>): Generator<Event> {
  const event = block.isFreeText ? 'custom_tool_call_input' : 'function_call_arguments'
  for (const delta of deltasOf(block)) yield [`${event}.delta`, { delta }]
  yield [`${event}.done`, block.isFreeText ? { input: block.input } : { name: block.name, arguments: block.input }]
}

type PartBlock = Exclude<Block, BlockOf<'tool-call'>>

function* partEvents(block: PartBlock): Generator<Event> {
  const { part, text, at, also } = PARTS[block.kind]
  yield [`${part}.added`, { ...at, part: partOf(block.kind, '') }]
  for (const delta of deltasOf(block)) yield [`${text}.delta`, { ...at, ...also, delta }]
  yield [`${text}.done`, { ...at, ...also, [block.kind === 'refusal' ? 'refusal' : 'text']: block.text }]
  yield [`${part}.done`, { ...at, part: partOf(block.kind, block.text) }]
}

/** What the events of a part are called, and which members they share. */
const PARTS = {
  text: { part: 'content_part', text: 'output_text', at: { content_index: 0 }, also: { logprobs: [] } },
  refusal: { part: 'content_part', text: 'refusal', at: { content_index: 0 }, also: {} },
  reasoning: { part: 'reasoning_summary_part', text: 'reasoning_summary_text', at: { summary_index: 0 }, also: {} },
} as const satisfies Record<PartBlock['kind'], object>

function partOf(kind: PartBlock['kind'], text: string): object {
  switch (kind) {
    case 'text':
      return { type: 'output_text', annotations: [], logprobs: [], text }
    case 'refusal':
      return { type: 'refusal', refusal: text }
    case 'reasoning':
      return { type: 'summary_text', text }
  }
}

interface Item {
  readonly id: string
}

function itemOf({ id, blocks }: Script, index: number, status: Status): Item {
  const block = blocks[index] as Block
  const isOpen = status === 'in_progress'
  switch (block.kind) {
    case 'text':
    case 'refusal': {
      const content = isOpen ? [] : [partOf(block.kind, block.text)]
      return { id: `msg_${id}${index}`, ...{ type: 'message', status, role: 'assistant', content } }
    }
    case 'reasoning': {
      const summary = isOpen ? [] : [partOf(block.kind, block.text)]
      return {
        id: `rs_${id}${index}`,
        ...{ type: 'reasoning', summary, encrypted_content: isOpen ? null : block.seal },
      }
    }
    case 'tool-call': {
      const { name, namespace, isFreeText } = block
      const input = isOpen ? '' : block.input
      const call = { call_id: `call_${id}${block.call}`, name, ...(namespace !== undefined && { namespace }) }
      return isFreeText
        ? { id: `ctc_${id}${index}`, ...{ type: 'custom_tool_call', status, ...call, input } }
        : { id: `fc_${id}${index}`, ...{ type: 'function_call', status, ...call, arguments: input } }
    }
  }
}

function endStatus({ finish }: Script): Status {
  return finish === 'length' ? 'incomplete' : 'completed'
}

function ended(script: Script): object {
  const status = endStatus(script)
  const output = script.blocks.map((_, index) => itemOf(script, index, status))
  return { ...responseOf(script, status, output), usage: usageOf(script) }
}

function responseOf({ id, model }: Script, status: Status, output: readonly Item[]): object {
  return {
    id: `resp_${id}`,
    object: 'response',
    created_at: CREATED_AT,
    status,
    background: false,
    completed_at: status === 'completed' ? CREATED_AT + 1 : null,
    error: status === 'failed' ? SERVER_ERROR : null,
    incomplete_details: status === 'incomplete' ? { reason: 'max_output_tokens' } : null,
    instructions: null,
    max_output_tokens: null,
    model,
    output,
    parallel_tool_calls: true,
    previous_response_id: null,
    reasoning: { effort: null, summary: null },
    service_tier: 'default',
    store: false,
    temperature: 1,
    text: { format: { type: 'text' }, verbosity: 'medium' },
    tool_choice: 'auto',
    tools: [],
    top_p: 1,
    truncation: 'disabled',
    usage: null,
    user: null,
    metadata: {},
  }
}

function usageOf({ usage }: Script): object {
  return {
    input_tokens: usage.input,
    input_tokens_details: { cached_tokens: usage.cacheRead },
    output_tokens: usage.output,
    output_tokens_details: { reasoning_tokens: usage.reasoning },
    total_tokens: usage.input + usage.output,
  }
}

/** Before `response.created` there is no response that could have failed. */
function streamFailure(script: Script | undefined, sent: number): readonly Frame[] {
  return script === undefined || sent === 0
    ? [frame('content', 'error', { ...SERVER_ERROR, param: null }, sent)]
    : [frame('content', 'response.failed', { response: responseOf(script, 'failed', []) }, sent)]
}
