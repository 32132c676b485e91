import {
  Fold,
  type FunctionTool,
  type OutputWish,
  type Part,
  type ReasoningWish,
  type Request,
  type Tool,
  type ToolCallPart,
  type ToolChoice,
  type ToolResultPart,
  type Turn,
} from '../../model/index.ts'
import type { Match } from '../dialect.ts'
import {
  countMember,
  flagMember,
  listMember,
  numberMember,
  objectMember,
  requiredObject,
  requiredText,
  textMember,
  wrongMember,
} from '../member.ts'
import { refusal } from '../sayings.ts'
import { defined, itemsOf, objectOf, restOf, textOf, type Unread, type Wire } from '../value.ts'
import { pocket } from './answer-desk.ts'
import { decodeContent } from './content.ts'
import { flatName, namespaceOf } from './namespace.ts'
import { ResponsesDecoder } from './stream-decoder.ts'
import { EFFORTS, FORMATS } from './tables.ts'
import type { ResponsesFormat, ResponsesItem, ResponsesRequest, ResponsesTool, ResponsesToolChoice } from './wire.ts'

/** Members with a home; all others are kept for this dialect. */
const REQUEST_MEMBERS: ReadonlySet<string> = new Set([
  'model',
  'stream',
  'instructions',
  'input',
  'tools',
  'tool_choice',
  'parallel_tool_calls',
  'max_output_tokens',
  'temperature',
  'top_p',
  'top_logprobs',
  'reasoning',
  'text',
  'metadata',
  'user',
  'prompt_cache_key',
  'service_tier',
  'store',
  'background',
])

/** @throws {MillraceError} `bad-request` naming the member that cannot be read */
export function decodeRequest(body: Wire, _match?: Match): Request {
  const wire: Unread<ResponsesRequest> = body
  if (flagMember(wire.background, 'background') === true)
    throw refusal('background', 'an answer that is fetched later can only be relayed')
  const tools = decodeTools(wire)
  const { instructions, turns } = decodeInput(wire, tools)
  const choice = decodeChoice(wire.tool_choice, tools)
  const include = listMember(wire.include, 'include') ?? []
  const topLogprobs = countMember(wire.top_logprobs, 'top_logprobs')
  const hasLogprobs = topLogprobs !== undefined || include.includes(LOGPROBS)
  return defined<Request>({
    model: textMember(wire.model, 'model'),
    stream: flagMember(wire.stream, 'stream') ?? false,
    instructions,
    turns,
    tools,
    toolChoice: choice.choice,
    parallelToolCalls: flagMember(wire.parallel_tool_calls, 'parallel_tool_calls'),
    maxOutputTokens: countMember(wire.max_output_tokens, 'max_output_tokens'),
    sampling: defined<Request['sampling']>({
      temperature: numberMember(wire.temperature, 'temperature'),
      topP: numberMember(wire.top_p, 'top_p'),
    }),
    reasoning: decodeReasoning(wire.reasoning),
    output: decodeOutput(wire.text),
    logprobs: hasLogprobs ? defined({ top: topLogprobs }) : undefined,
    metadata: objectMember(wire.metadata, 'metadata') as Request['metadata'],
    user: textMember(wire.safety_identifier, 'safety_identifier') ?? textMember(wire.user, 'user'),
    cacheKey: textMember(wire.prompt_cache_key, 'prompt_cache_key'),
    serviceTier: textMember(wire.service_tier, 'service_tier'),
    store: flagMember(wire.store, 'store'),
    native: pocket({ ...withoutNulls(restOf(body, REQUEST_MEMBERS)), ...choice.native, ...strangers(wire) }),
  })
}

/** Asks for log probabilities. */
export const LOGPROBS = 'message.output_text.logprobs'

/** Null is the same as absent. */
function withoutNulls(members: Wire | undefined): Wire {
  return Object.fromEntries(Object.entries(members ?? {}).filter(([, value]) => value !== null))
}

/** What the objects with homes hold beside what has one. */
function strangers(wire: Unread<ResponsesRequest>): Wire {
  const reasoning = objectOf(wire.reasoning)
  const text = objectOf(wire.text)
  const { effort } = reasoning ?? {}
  const isStrange = typeof effort === 'string' && !EFFORTS.has(effort)
  return defined<Wire>({
    reasoning: reasoning && restOf(reasoning, isStrange ? new Set(['summary']) : new Set(['effort', 'summary'])),
    text: text && restOf(text, new Set(['format', 'verbosity'])),
    user: wire.safety_identifier != null && wire.user != null ? wire.user : undefined,
  })
}

function decodeReasoning(value: unknown): ReasoningWish | undefined {
  const wire = objectMember<ResponsesRequest['reasoning']>(value, 'reasoning')
  if (wire === undefined) return undefined
  const effort = textMember(wire.effort, 'reasoning.effort')
  const wish = defined<ReasoningWish>({
    enabled: effort === 'none' ? false : undefined,
    effort: effort !== undefined && EFFORTS.has(effort) ? (effort as ReasoningWish['effort']) : undefined,
    summary: textMember(wire.summary, 'reasoning.summary'),
  })
  return Object.keys(wish).length === 0 ? undefined : wish
}

function decodeOutput(value: unknown): OutputWish | undefined {
  const wire = objectMember<ResponsesRequest['text']>(value, 'text')
  if (wire === undefined) return undefined
  const format = objectMember<ResponsesFormat>(wire.format, 'text.format')
  const type = textOf(format?.type)
  if (type !== undefined && !Object.hasOwn(FORMATS, type))
    throw wrongMember('text.format.type', '`text`, `json_object` or `json_schema`', type)
  const wish = defined<OutputWish>({
    format: FORMATS[type as keyof typeof FORMATS],
    name: textMember(format?.name, 'text.format.name'),
    description: textMember(format?.description, 'text.format.description'),
    schema: objectMember(format?.schema, 'text.format.schema') as OutputWish['schema'],
    strict: flagMember(format?.strict, 'text.format.strict'),
    verbosity: textMember(wire.verbosity, 'text.verbosity') as OutputWish['verbosity'],
  })
  return Object.keys(wish).length === 0 ? undefined : wish
}

/** An item of the input by which a client offers tools; Codex offers all of its own so. */
const MORE_TOOLS = 'additional_tools'

/** Tools in a namespace stand among the others, by one name each, and so do those that an item offers. */
function decodeTools({ tools, input }: Unread<ResponsesRequest>): readonly Tool[] {
  const offers = itemsOf(input).map((item, n) => [objectOf(item), `input[${n}].tools`] as const)
  const more = offers
    .filter(([item]) => item?.type === MORE_TOOLS)
    .map(([item, member]) => [item?.tools, member] as const)
  const wires = [[tools, 'tools'] as const, ...more].flatMap(([list, member]) =>
    (listMember(list, member) ?? []).map((tool, n) => {
      const place = `${member}[${n}]`
      return { wire: requiredObject<ResponsesTool>(tool, place), member: place }
    }),
  )
  const taken = new Set(wires.flatMap(({ wire }) => textOf(wire.name) ?? []))
  return wires.flatMap(({ wire, member }) => {
    if (wire.type !== 'namespace') return [decodeTool(wire, member)]
    const namespace = requiredText(wire.name, `${member}.name`)
    const { tools: _, ...group } = wire
    return (listMember(wire.tools, `${member}.tools`) ?? []).map((inner, m) => {
      const tool = decodeTool(requiredObject<ResponsesTool>(inner, `${member}.tools[${m}]`), `${member}.tools[${m}]`)
      return inNamespace(tool, namespace, group, taken)
    })
  })
}

function inNamespace(tool: Tool, namespace: string, group: Wire, taken: Set<string>): Tool {
  if (tool.kind === 'provider') return tool
  const members = { ...tool.native?.members, namespace: group, name: tool.name }
  return { ...tool, name: flatName(namespace, tool.name, taken), native: { dialect: 'responses', members } }
}

const FUNCTION_MEMBERS: ReadonlySet<string> = new Set(['type', 'name', 'description', 'parameters', 'strict'])
const CUSTOM_MEMBERS: ReadonlySet<string> = new Set(['type', 'name', 'description', 'format'])

function decodeTool(wire: Unread<ResponsesTool>, member: string): Tool {
  const type = requiredText(wire.type, `${member}.type`)
  const description = textMember(wire.description, `${member}.description`)
  if (type === 'function')
    return defined<FunctionTool>({
      kind: 'function',
      name: requiredText(wire.name, `${member}.name`),
      description,
      schema: objectMember(wire.parameters, `${member}.parameters`) as FunctionTool['schema'],
      strict: flagMember(wire.strict, `${member}.strict`),
      native: pocket(restOf(wire as Wire, FUNCTION_MEMBERS)),
    })
  if (type === 'custom') return decodeCustomTool(wire, description, member)
  return { kind: 'provider', name: type, native: { dialect: 'responses', members: { ...wire } } }
}

function decodeCustomTool(wire: Unread<ResponsesTool>, description: string | undefined, member: string): Tool {
  const format = objectMember((wire as Wire).format, `${member}.format`)
  const syntax = textOf(format?.syntax)
  const definition = textOf(format?.definition)
  const grammar = syntax === undefined || definition === undefined ? undefined : { syntax, definition }
  const isPlain = format === undefined || grammar !== undefined || format.type === 'text'
  return defined<Tool>({
    kind: 'custom',
    name: requiredText(wire.name, `${member}.name`),
    description,
    grammar,
    native: pocket(restOf(wire as Wire, isPlain ? CUSTOM_MEMBERS : FUNCTION_MEMBERS)),
  } as Tool)
}

interface Choice {
  readonly choice?: ToolChoice | undefined
  readonly native?: Wire | undefined
}

/** A choice that only this dialect can make in full is kept beside its nearest meaning. */
function decodeChoice(value: unknown, tools: readonly Tool[]): Choice {
  if (value === undefined || value === null) return {}
  if (value === 'auto' || value === 'none' || value === 'required') return { choice: { type: value } }
  const wire = objectOf<ResponsesToolChoice>(value)
  if (wire === undefined) throw wrongMember('tool_choice', '`auto`, `none`, `required` or an object', value)
  const type = requiredText(wire.type, 'tool_choice.type')
  if (type === 'function' || type === 'custom') {
    const name = requiredText(wire.name, 'tool_choice.name')
    return { choice: { type: 'tool', name: neutralName(tools, textOf(wire.namespace), name) } }
  }
  if (type === 'allowed_tools')
    return { choice: { type: wire.mode === 'required' ? 'required' : 'auto' }, native: { tool_choice: value } }
  return { choice: { type: 'tool', name: type }, native: { tool_choice: value } }
}

/** The neutral name of a tool that has two on the wire. */
function neutralName(tools: readonly Tool[], namespace: string | undefined, name: string): string {
  if (namespace === undefined) return name
  const tool = tools.find(tool => {
    const place = namespaceOf(tool)
    return place?.name === name && place.namespace.name === namespace
  })
  return tool?.name ?? name
}

interface Conversation {
  readonly instructions: readonly Part[]
  readonly turns: readonly Turn[]
}

function decodeInput({ instructions, input }: Unread<ResponsesRequest>, tools: readonly Tool[]): Conversation {
  const reader = new InputReader(tools)
  if (typeof instructions === 'string' && instructions !== '') reader.instruct(instructions)
  else if (Array.isArray(instructions)) reader.readItems(instructions, 'instructions')
  if (typeof input === 'string') reader.readItems([{ role: 'user', content: input }], 'input')
  else reader.readItems(listMember(input, 'input') ?? [], 'input')
  return reader.finish()
}

const OUTPUTS: ReadonlySet<unknown> = new Set(['function_call_output', 'custom_tool_call_output'])
const MESSAGE_MEMBERS: ReadonlySet<string> = new Set(['type', 'id', 'status', 'role', 'content'])

/**
 * Sorts the items of the input into instructions and turns: what is said by the system before anybody
 * else is an instruction, what the model said runs together, and so do the results of tools.
 */
class InputReader {
  readonly #tools: readonly Tool[]
  readonly #instructions: Part[] = []
  readonly #turns: Turn[] = []
  /** Items that the model made, or that only this dialect knows, not read yet. */
  #answer: Wire[] = []
  /** Results of tools that follow one another. */
  #results: ToolResultPart[] = []

  constructor(tools: readonly Tool[]) {
    this.#tools = tools
  }

  instruct(text: string): void {
    this.#instructions.push({ kind: 'text', text })
  }

  readItems(items: readonly unknown[], member: string): void {
    for (const [n, value] of items.entries())
      this.#readItem(requiredObject(value, `${member}[${n}]`), `${member}[${n}]`)
  }

  finish(): Conversation {
    this.#settle()
    return { instructions: this.#instructions, turns: this.#turns }
  }

  #readItem(item: Unread<ResponsesItem>, member: string): void {
    const isReference = item.role === undefined && item.content === undefined && item.id !== undefined
    const type = item.type ?? (isReference ? 'item_reference' : 'message')
    if (type === MORE_TOOLS) return
    if (OUTPUTS.has(type)) this.#readResult(item, member)
    else if (type !== 'message' || item.role === 'assistant') this.#readAnswer({ ...item, type })
    else this.#readMessage(item, member)
  }

  #readAnswer(item: Wire): void {
    if (this.#results.length > 0) this.#settle()
    this.#answer.push(item)
  }

  #readResult(item: Unread<ResponsesItem>, member: string): void {
    if (this.#answer.length > 0) this.#settle()
    const rest = restOf(item as Wire, RESULT_MEMBERS)
    const type = item.type === 'function_call_output' ? {} : { type: item.type }
    this.#results.push(
      defined<ToolResultPart>({
        kind: 'tool-result',
        callId: requiredText(item.call_id, `${member}.call_id`),
        failed: false,
        content: decodeContent(item.output, `${member}.output`),
        item: textOf(item.id),
        native: pocket(rest && { item: rest, ...type }),
      }),
    )
  }

  #readMessage(item: Unread<ResponsesItem>, member: string): void {
    this.#settle()
    const role = requiredText(item.role, `${member}.role`)
    const id = textOf(item.id)
    const parts = decodeContent(item.content, `${member}.content`).map(part =>
      id === undefined ? part : { ...part, item: id },
    )
    const rest = restOf(item as Wire, MESSAGE_MEMBERS)
    if (role === 'user') this.#push('user', parts, rest && { item: rest })
    else if (role !== 'system' && role !== 'developer')
      throw wrongMember(`${member}.role`, '`user`, `assistant`, `system` or `developer`', role)
    else if (this.#turns.length === 0) this.#instructions.push(...asItem(parts, role))
    else this.#push('system', parts, { role, ...(rest && { item: rest }) })
  }

  #push(role: Turn['role'], parts: readonly Part[], members?: Wire): void {
    const native = pocket(members)
    this.#turns.push(native === undefined ? { role, parts } : { role, parts, native })
  }

  #settle(): void {
    if (this.#answer.length > 0)
      this.#push(
        'assistant',
        decodeItems(this.#answer).map(part => this.#named(part)),
      )
    if (this.#results.length > 0) this.#push('user', this.#results)
    this.#answer = []
    this.#results = []
  }

  /** A call in a namespace, by the one name that its tool has. */
  #named(part: Part): Part {
    const item = part.kind === 'tool-call' ? objectOf(part.native?.members.item) : undefined
    const namespace = textOf(item?.namespace)
    if (part.kind !== 'tool-call' || namespace === undefined) return part
    const isKnown = this.#tools.some(tool => namespaceOf(tool)?.namespace.name === namespace)
    if (!isKnown) return part
    const { namespace: _, ...rest } = item ?? {}
    const { native: __, ...call } = part
    const native = Object.keys(rest).length === 0 ? undefined : pocket({ item: rest })
    return defined<ToolCallPart>({ ...call, name: neutralName(this.#tools, namespace, part.name), native })
  }
}

const RESULT_MEMBERS: ReadonlySet<string> = new Set(['type', 'id', 'status', 'call_id', 'output'])

/** Parts of an instruction that stands in the input as an item: the first one says the role. */
function asItem(parts: readonly Part[], role: string): readonly Part[] {
  return parts.map((part, n) => {
    const members = { ...part.native?.members, ...(n === 0 ? { role } : { continues: true }) }
    return { ...part, native: { dialect: 'responses', members } }
  })
}

/** What the model made is read as the answer that it was. Tokens that are not wrapped are of an unknown issuer. */
function decodeItems(items: readonly Wire[]): readonly Part[] {
  const fold = new Fold()
  const decoder = new ResponsesDecoder({ issuer: '' }, event => fold.push(event))
  decoder.read(undefined, { type: 'response.completed', response: { output: items } })
  return fold.message.candidates[0]?.parts ?? []
}
