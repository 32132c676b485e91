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
import {
  flagMember,
  listMember,
  numberMember,
  objectMember,
  requiredObject,
  requiredText,
  textMember,
  wrongMember,
} from '../member.ts'
import { defined, restOf, type Wire } from '../value.ts'
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
  const messages = listMember(body.messages, 'messages')
  if (messages === undefined) throw wrongMember('messages', 'an array', body.messages)
  const choice = objectMember(body.tool_choice, 'tool_choice')
  const members = nativeMembers(body)
  return defined<Request>({
    model: textMember(body.model, 'model'),
    stream: flagMember(body.stream, 'stream') ?? false,
    instructions: body.system === undefined || body.system === null ? [] : decodeContent(body.system, 'system'),
    turns: messages.map((message, at) => decodeTurn(message, `messages[${at}]`)),
    tools: (listMember(body.tools, 'tools') ?? []).map((tool, at) =>
      decodeTool(requiredObject(tool, `tools[${at}]`), `tools[${at}].`),
    ),
    toolChoice: choice && decodeChoice(choice),
    parallelToolCalls: choice && decodeParallel(choice),
    maxOutputTokens: numberMember(body.max_tokens, 'max_tokens'),
    sampling: defined<Sampling>({
      temperature: numberMember(body.temperature, 'temperature'),
      topP: numberMember(body.top_p, 'top_p'),
      topK: numberMember(body.top_k, 'top_k'),
    }),
    stop: listMember(body.stop_sequences, 'stop_sequences')?.map(decodeStop),
    reasoning: decodeReasoning(
      objectMember(body.thinking, 'thinking'),
      objectMember(body.output_config, 'output_config'),
    ),
    output: decodeOutput(body),
    user: textMember(objectMember(body.metadata, 'metadata')?.user_id, 'metadata.user_id'),
    serviceTier: textMember(body.service_tier, 'service_tier'),
    native: Object.keys(members).length === 0 ? undefined : { dialect: 'messages', members },
  })
}

/** What this dialect alone has, also within members that others have. */
function nativeMembers(body: Wire): Record<string, unknown> {
  const thinking = objectMember(body.thinking, 'thinking')
  const isKnown = thinking === undefined || Object.hasOwn(SWITCH, String(thinking.type))
  return defined<Record<string, unknown>>({
    ...restOf(body, KNOWN),
    thinking: isKnown ? restOf(thinking ?? {}, THINKING_MEMBERS) : thinking,
    output_config: restOf(objectMember(body.output_config, 'output_config') ?? {}, OUTPUT_MEMBERS),
    metadata: restOf(objectMember(body.metadata, 'metadata') ?? {}, USER_MEMBERS),
  })
}

function decodeStop(value: unknown, at: number): string {
  if (typeof value === 'string') return value
  throw wrongMember(`stop_sequences[${at}]`, 'a string', value)
}

const ROLES: readonly unknown[] = ['user', 'assistant', 'system'] satisfies Turn['role'][]

function decodeTurn(value: unknown, member: string): Turn {
  const message = requiredObject(value, member)
  if (!ROLES.includes(message.role))
    throw wrongMember(`${member}.role`, '`user`, `assistant` or `system`', message.role)
  const members = restOf(message, MESSAGE_MEMBERS)
  return {
    role: message.role as Turn['role'],
    parts: decodeContent(message.content, `${member}.content`),
    ...(members === undefined ? {} : { native: { dialect: 'messages', members } as const }),
  }
}

/** A tool without a type, or of type `custom`, is called with JSON; all others the API itself defines. */
function decodeTool(tool: Wire, at: string): Tool {
  const type = textMember(tool.type, `${at}type`)
  const name = textMember(tool.name, `${at}name`)
  if (type !== undefined && type !== 'custom') {
    const { cache, native = { dialect: 'messages', members: {} } as const } = decodeAttributes(
      tool,
      PROVIDER_TOOL_MEMBERS,
    )
    return { kind: 'provider', name: type, ...(cache === undefined ? {} : { cache }), native }
  }
  if (name === undefined) throw wrongMember(`${at}name`, 'a string', tool.name)
  return {
    ...defined<FunctionTool>({
      kind: 'function',
      name,
      description: textMember(tool.description, `${at}description`),
      schema: objectMember(tool.input_schema, `${at}input_schema`),
      strict: flagMember(tool.strict, `${at}strict`),
    }),
    ...decodeAttributes(tool, TOOL_MEMBERS),
  }
}

function decodeChoice(choice: Wire): ToolChoice {
  const type = textMember(choice.type, 'tool_choice.type')
  if (type === 'tool') {
    return { type, name: requiredText(choice.name, 'tool_choice.name') }
  }
  const known = Object.entries(CHOICES).find(([, word]) => word === type)
  if (known === undefined) throw wrongMember('tool_choice.type', '`auto`, `any`, `tool` or `none`', choice.type)
  return { type: known[0] as keyof typeof CHOICES }
}

function decodeParallel(choice: Wire): boolean | undefined {
  const disabled = flagMember(choice.disable_parallel_tool_use, 'tool_choice.disable_parallel_tool_use')
  return disabled === undefined ? undefined : !disabled
}

const SWITCH: Readonly<Record<string, boolean | 'adaptive'>> = { enabled: true, disabled: false, adaptive: 'adaptive' }

function decodeReasoning(thinking: Wire = {}, output: Wire = {}): ReasoningWish | undefined {
  const type = textMember(thinking.type, 'thinking.type') ?? ''
  const isKnown = Object.hasOwn(SWITCH, type)
  const effort = textMember(output.effort, 'output_config.effort')
  if (effort !== undefined && !EFFORTS.has(effort as Effort))
    throw wrongMember('output_config.effort', '`low`, `medium`, `high`, `xhigh` or `max`', effort)
  const wish = defined<ReasoningWish>({
    enabled: isKnown ? SWITCH[type] : undefined,
    effort: effort as Effort | undefined,
    budgetTokens: isKnown ? numberMember(thinking.budget_tokens, 'thinking.budget_tokens') : undefined,
    summary: isKnown ? textMember(thinking.display, 'thinking.display') : undefined,
  })
  return Object.keys(wish).length === 0 ? undefined : wish
}

/** `output_format` is the older name of `output_config.format`. */
function decodeOutput(body: Wire): OutputWish | undefined {
  const format =
    objectMember(objectMember(body.output_config, 'output_config')?.format, 'output_config.format') ??
    objectMember(body.output_format, 'output_format')
  if (format === undefined) return undefined
  if (format.type !== 'json_schema') throw wrongMember('output_config.format.type', '`json_schema`', format.type)
  return defined<OutputWish>({ format: 'schema', schema: objectMember(format.schema, 'output_config.format.schema') })
}
