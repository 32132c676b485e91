import type {
  Effort,
  FunctionTool,
  OutputWish,
  ReasoningWish,
  Request,
  Sampling,
  Tool,
  ToolChoice,
  Turn,
} from '../../model/index.ts'
import type { Match } from '../dialect.ts'
import { defined, restOf, type Wire } from '../value.ts'
import { asObject, booleanIn, listIn, numberIn, objectIn, stringIn, wrongType } from './member.ts'
import { decodeAttributes, decodeContent } from './request-content.ts'
import { CHOICES, EFFORTS } from './tables.ts'

const KNOWN: ReadonlySet<string> = new Set([
  'model',
  'stream',
  'system',
  'messages',
  'tools',
  'tool_choice',
  'max_tokens',
  'temperature',
  'top_p',
  'top_k',
  'stop_sequences',
  'thinking',
  'output_config',
  'output_format',
  'metadata',
  'service_tier',
])
const MESSAGE_MEMBERS: ReadonlySet<string> = new Set(['role', 'content'])
const TOOL_MEMBERS: ReadonlySet<string> = new Set([
  'type',
  'name',
  'description',
  'input_schema',
  'strict',
  'cache_control',
])
const PROVIDER_TOOL_MEMBERS: ReadonlySet<string> = new Set(['cache_control'])
const THINKING_MEMBERS: ReadonlySet<string> = new Set(['type', 'budget_tokens', 'display'])
const OUTPUT_MEMBERS: ReadonlySet<string> = new Set(['effort', 'format'])
const USER_MEMBERS: ReadonlySet<string> = new Set(['user_id'])

/** Reads a client's request. */
export function decodeRequest(body: Wire, _match?: Match): Request {
  const messages = listIn(body, 'messages')
  if (messages === undefined) throw wrongType('messages', 'an array', body.messages)
  const choice = objectIn(body, 'tool_choice')
  const members = nativeMembers(body)
  return defined<Request>({
    model: stringIn(body, 'model'),
    stream: booleanIn(body, 'stream') ?? false,
    instructions: body.system === undefined || body.system === null ? [] : decodeContent(body.system, 'system'),
    turns: messages.map((message, at) => decodeTurn(message, `messages[${at}]`)),
    tools: (listIn(body, 'tools') ?? []).map((tool, at) => decodeTool(asObject(tool, `tools[${at}]`), `tools[${at}].`)),
    toolChoice: choice && decodeChoice(choice),
    parallelToolCalls: choice && decodeParallel(choice),
    maxOutputTokens: numberIn(body, 'max_tokens'),
    sampling: defined<Sampling>({
      temperature: numberIn(body, 'temperature'),
      topP: numberIn(body, 'top_p'),
      topK: numberIn(body, 'top_k'),
    }),
    stop: listIn(body, 'stop_sequences')?.map(decodeStop),
    reasoning: decodeReasoning(objectIn(body, 'thinking'), objectIn(body, 'output_config')),
    output: decodeOutput(body),
    user: stringIn(objectIn(body, 'metadata') ?? {}, 'user_id', 'metadata.'),
    serviceTier: stringIn(body, 'service_tier'),
    native: Object.keys(members).length === 0 ? undefined : { dialect: 'messages', members },
  })
}

/** What this dialect alone has, also within members that others have. */
function nativeMembers(body: Wire): Record<string, unknown> {
  const thinking = objectIn(body, 'thinking')
  const isKnown = thinking === undefined || Object.hasOwn(SWITCH, String(thinking.type))
  return defined<Record<string, unknown>>({
    ...restOf(body, KNOWN),
    thinking: isKnown ? restOf(thinking ?? {}, THINKING_MEMBERS) : thinking,
    output_config: restOf(objectIn(body, 'output_config') ?? {}, OUTPUT_MEMBERS),
    metadata: restOf(objectIn(body, 'metadata') ?? {}, USER_MEMBERS),
  })
}

function decodeStop(value: unknown, at: number): string {
  if (typeof value === 'string') return value
  throw wrongType(`stop_sequences[${at}]`, 'a string', value)
}

const ROLES: readonly unknown[] = ['user', 'assistant', 'system'] satisfies Turn['role'][]

function decodeTurn(value: unknown, member: string): Turn {
  const message = asObject(value, member)
  if (!ROLES.includes(message.role)) throw wrongType(`${member}.role`, '`user`, `assistant` or `system`', message.role)
  const members = restOf(message, MESSAGE_MEMBERS)
  return {
    role: message.role as Turn['role'],
    parts: decodeContent(message.content, `${member}.content`),
    ...(members === undefined ? {} : { native: { dialect: 'messages', members } as const }),
  }
}

/** A tool without a type, or of type `custom`, is called with JSON; all others the API itself defines. */
function decodeTool(tool: Wire, at: string): Tool {
  const type = stringIn(tool, 'type', at)
  const name = stringIn(tool, 'name', at)
  if (type !== undefined && type !== 'custom') {
    const { cache, native = { dialect: 'messages', members: {} } as const } = decodeAttributes(
      tool,
      PROVIDER_TOOL_MEMBERS,
    )
    return { kind: 'provider', name: type, ...(cache === undefined ? {} : { cache }), native }
  }
  if (name === undefined) throw wrongType(`${at}name`, 'a string', tool.name)
  return {
    ...defined<FunctionTool>({
      kind: 'function',
      name,
      description: stringIn(tool, 'description', at),
      schema: objectIn(tool, 'input_schema', at),
      strict: booleanIn(tool, 'strict', at),
    }),
    ...decodeAttributes(tool, TOOL_MEMBERS),
  }
}

function decodeChoice(choice: Wire): ToolChoice {
  const type = stringIn(choice, 'type', 'tool_choice.')
  if (type === 'tool') {
    const name = stringIn(choice, 'name', 'tool_choice.')
    if (name === undefined) throw wrongType('tool_choice.name', 'a string', choice.name)
    return { type, name }
  }
  const known = Object.entries(CHOICES).find(([, word]) => word === type)
  if (known === undefined) throw wrongType('tool_choice.type', '`auto`, `any`, `tool` or `none`', choice.type)
  return { type: known[0] as keyof typeof CHOICES }
}

function decodeParallel(choice: Wire): boolean | undefined {
  const disabled = booleanIn(choice, 'disable_parallel_tool_use', 'tool_choice.')
  return disabled === undefined ? undefined : !disabled
}

const SWITCH: Readonly<Record<string, boolean | 'adaptive'>> = { enabled: true, disabled: false, adaptive: 'adaptive' }

function decodeReasoning(thinking: Wire = {}, output: Wire = {}): ReasoningWish | undefined {
  const type = stringIn(thinking, 'type', 'thinking.') ?? ''
  const isKnown = Object.hasOwn(SWITCH, type)
  const effort = stringIn(output, 'effort', 'output_config.')
  if (effort !== undefined && !EFFORTS.has(effort as Effort))
    throw wrongType('output_config.effort', '`low`, `medium`, `high`, `xhigh` or `max`', effort)
  const wish = defined<ReasoningWish>({
    enabled: isKnown ? SWITCH[type] : undefined,
    effort: effort as Effort | undefined,
    budgetTokens: isKnown ? numberIn(thinking, 'budget_tokens', 'thinking.') : undefined,
    summary: isKnown ? stringIn(thinking, 'display', 'thinking.') : undefined,
  })
  return Object.keys(wish).length === 0 ? undefined : wish
}

/** `output_format` is the older name of `output_config.format`. */
function decodeOutput(body: Wire): OutputWish | undefined {
  const format =
    objectIn(objectIn(body, 'output_config') ?? {}, 'format', 'output_config.') ?? objectIn(body, 'output_format')
  if (format === undefined) return undefined
  if (format.type !== 'json_schema') throw wrongType('output_config.format.type', '`json_schema`', format.type)
  return defined<OutputWish>({ format: 'schema', schema: objectIn(format, 'schema', 'output_config.format.') })
}
