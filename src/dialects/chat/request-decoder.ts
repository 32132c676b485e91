import type {
  CustomTool,
  Effort,
  FunctionTool,
  OutputWish,
  ReasoningWish,
  Request,
  Sampling,
  Tool,
  ToolChoice,
} from '../../model/index.ts'
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
import { defined, objectOf, restOf, textOf, type Unread, type Wire } from '../value.ts'
import { readCacheMark } from './content.ts'
import { EFFORTS, nativeOf } from './tables.ts'
import { readConversation } from './turns.ts'
import type { ChatRequest, ChatResponseFormat, ChatTool } from './wire.ts'

const REQUEST_MEMBERS: ReadonlySet<string> = new Set([
  'model',
  'messages',
  'stream',
  'stream_options',
  'tools',
  'functions',
  'tool_choice',
  'function_call',
  'parallel_tool_calls',
  'max_tokens',
  'max_completion_tokens',
  'temperature',
  'top_p',
  'top_k',
  'seed',
  'presence_penalty',
  'frequency_penalty',
  'stop',
  'n',
  'logprobs',
  'top_logprobs',
  'reasoning_effort',
  'reasoning',
  'response_format',
  'verbosity',
  'modalities',
  'metadata',
  'user',
  'prompt_cache_key',
  'service_tier',
  'store',
])

/** @throws {MillraceError} `bad-request` naming the member that cannot be read */
export function decodeRequest(body: Wire): Request {
  const said: Unread<ChatRequest> = body
  const { instructions, turns } = readConversation(said.messages)
  const natives: Record<string, unknown> = { ...restOf(body, REQUEST_MEMBERS) }
  const options = objectMember(said.stream_options, 'stream_options')
  const otherOptions = options && restOf(options, new Set(['include_usage']))
  if (otherOptions !== undefined) natives.stream_options = otherOptions
  const request = {
    model: textMember(said.model, 'model'),
    stream: flagMember(said.stream, 'stream') ?? false,
    instructions,
    turns,
    tools: readTools(said),
    toolChoice: readToolChoice(said, natives),
    parallelToolCalls: flagMember(said.parallel_tool_calls, 'parallel_tool_calls'),
    maxOutputTokens:
      countMember(said.max_completion_tokens, 'max_completion_tokens') ?? countMember(said.max_tokens, 'max_tokens'),
    sampling: readSampling(said),
    stop: readStop(said.stop),
    choices: countMember(said.n, 'n'),
    reasoning: readReasoning(said, natives),
    output: readOutput(said, natives),
    logprobs: readLogprobsWish(said),
    metadata: readMetadata(said.metadata),
    user: textMember(said.user, 'user'),
    cacheKey: textMember(said.prompt_cache_key, 'prompt_cache_key'),
    serviceTier: textMember(said.service_tier, 'service_tier'),
    store: flagMember(said.store, 'store'),
    includeUsage: flagMember(options?.include_usage, 'stream_options.include_usage'),
    native: Object.keys(natives).length === 0 ? undefined : nativeOf(natives),
  }
  return { ...defined<Request>(request), model: request.model }
}

function readTools(said: Unread<ChatRequest>): Tool[] {
  const tools = (listMember(said.tools, 'tools') ?? []).map((item, n) => readTool(item, `tools[${n}]`))
  const functions = listMember(said.functions, 'functions') ?? []
  const legacy = functions.map((item, n) => {
    const { native, ...tool } = readFunction(requiredObject(item, `functions[${n}]`), `functions[${n}]`)
    return { ...tool, native: nativeOf({ ...native?.members, functions: true }) }
  })
  return [...tools, ...legacy]
}

const TOOL_MEMBERS: ReadonlySet<string> = new Set(['type', 'function', 'custom', 'cache_control'])
const FUNCTION_MEMBERS: ReadonlySet<string> = new Set(['name', 'description', 'parameters', 'strict'])
const CUSTOM_MEMBERS: ReadonlySet<string> = new Set(['name', 'description'])
const GRAMMAR_MEMBERS: ReadonlySet<string> = new Set([...CUSTOM_MEMBERS, 'format'])

function readTool(value: unknown, member: string): Tool {
  const item = requiredObject<ChatTool>(value, member)
  const type = textMember(item.type, `${member}.type`) ?? 'function'
  const cache = readCacheMark(item.cache_control)
  if (type !== 'function' && type !== 'custom')
    return defined<Tool>({ kind: 'provider', name: type, cache, native: nativeOf({ ...item }) } as Tool)
  const rest = restOf(item as Wire, TOOL_MEMBERS)
  const wrapped = requiredObject(item[type], `${member}.${type}`)
  const { native, ...tool } =
    type === 'function' ? readFunction(wrapped, `${member}.function`) : readCustom(wrapped, `${member}.custom`)
  const members = { ...rest, ...(native === undefined ? {} : { [type]: native.members }) }
  return defined<Tool>({
    ...tool,
    cache,
    native: Object.keys(members).length === 0 ? undefined : nativeOf(members),
  } as Tool)
}

function readFunction(said: Wire, member: string): FunctionTool {
  const rest = restOf(said, FUNCTION_MEMBERS)
  return defined<FunctionTool>({
    kind: 'function',
    name: requiredText(said.name, `${member}.name`),
    description: textMember(said.description, `${member}.description`),
    schema: objectMember(said.parameters, `${member}.parameters`) as FunctionTool['schema'],
    strict: flagMember(said.strict, `${member}.strict`),
    native: rest && nativeOf(rest),
  })
}

function readCustom(said: Wire, member: string): Tool {
  const grammar = readGrammar(objectMember(said.format, `${member}.format`))
  const rest = restOf(said, grammar === undefined ? CUSTOM_MEMBERS : GRAMMAR_MEMBERS)
  return defined<Tool>({
    kind: 'custom',
    name: requiredText(said.name, `${member}.name`),
    description: textMember(said.description, `${member}.description`),
    grammar,
    native: rest && nativeOf(rest),
  } as Tool)
}

function readGrammar(format: Wire | undefined): CustomTool['grammar'] {
  const grammar = format?.type === 'grammar' ? objectOf(format.grammar) : undefined
  const syntax = textOf(grammar?.syntax)
  const definition = textOf(grammar?.definition)
  return syntax === undefined || definition === undefined ? undefined : { syntax, definition }
}

const CHOICES: Readonly<Record<string, 'auto' | 'none' | 'required'>> = {
  auto: 'auto',
  none: 'none',
  required: 'required',
  // Mistral.
  any: 'required',
}

/** A choice among some of the tools is native: its mode is what other dialects can say of it. */
function readToolChoice(said: Unread<ChatRequest>, natives: Record<string, unknown>): ToolChoice | undefined {
  const member = said.tool_choice === undefined || said.tool_choice === null ? 'function_call' : 'tool_choice'
  const value = said[member]
  if (value === undefined || value === null) return undefined
  if (typeof value === 'string') return { type: readChoiceWord(value, member) }
  const choice = requiredObject(value, member)
  if (choice.type === 'allowed_tools') {
    natives.tool_choice = value
    const allowed = requiredObject(choice.allowed_tools, `${member}.allowed_tools`)
    return { type: readChoiceWord(requiredText(allowed.mode, `${member}.allowed_tools.mode`), `${member}.mode`) }
  }
  if (member === 'function_call') return { type: 'tool', name: requiredText(choice.name, `${member}.name`) }
  const type = choice.type === 'custom' ? 'custom' : 'function'
  const named = objectMember(choice[type], `${member}.${type}`)
  if (named !== undefined) return { type: 'tool', name: requiredText(named.name, `${member}.${type}.name`) }
  const word = textOf(choice.type)
  if (word === undefined || !Object.hasOwn(CHOICES, word)) throw wrongMember(member, 'a choice of tools', value)
  return { type: readChoiceWord(word, `${member}.type`) }
}

function readChoiceWord(word: string, member: string): 'auto' | 'none' | 'required' {
  const choice = Object.hasOwn(CHOICES, word) ? CHOICES[word] : undefined
  if (choice === undefined) throw wrongMember(member, 'none, auto or required', word)
  return choice
}

function readSampling(said: Unread<ChatRequest>): Sampling {
  return defined<Sampling>({
    temperature: numberMember(said.temperature, 'temperature'),
    topP: numberMember(said.top_p, 'top_p'),
    topK: numberMember(said.top_k, 'top_k'),
    seed: numberMember(said.seed, 'seed'),
    presencePenalty: numberMember(said.presence_penalty, 'presence_penalty'),
    frequencyPenalty: numberMember(said.frequency_penalty, 'frequency_penalty'),
  })
}

function readStop(value: unknown): readonly string[] | undefined {
  if (typeof value === 'string') return [value]
  return listMember(value, 'stop')?.map((item, n) => requiredText(item, `stop[${n}]`))
}

const REASONING_MEMBERS: ReadonlySet<string> = new Set(['effort', 'max_tokens', 'exclude', 'enabled'])

/** OpenAI's effort, and OpenRouter's object; an unknown word is native. */
function readReasoning(said: Unread<ChatRequest>, natives: Record<string, unknown>): ReasoningWish | undefined {
  const object = objectMember(said.reasoning, 'reasoning') ?? {}
  const rest = restOf(object, REASONING_MEMBERS)
  if (rest !== undefined) natives.reasoning = rest
  const word = textMember(said.reasoning_effort, 'reasoning_effort') ?? textMember(object.effort, 'reasoning.effort')
  const effort = EFFORTS.find(known => known === word)
  if (word !== undefined && effort === undefined) natives.reasoning_effort = word
  const wish = defined<ReasoningWish>({
    enabled: flagMember(object.enabled, 'reasoning.enabled'),
    effort: effort as Effort | undefined,
    budgetTokens: countMember(object.max_tokens, 'reasoning.max_tokens'),
    summary: flagMember(object.exclude, 'reasoning.exclude') === true ? 'omitted' : undefined,
  })
  return Object.keys(wish).length === 0 ? undefined : wish
}

const VERBOSITIES = ['low', 'medium', 'high'] as const

function readOutput(said: Unread<ChatRequest>, natives: Record<string, unknown>): OutputWish | undefined {
  const verbosity = textMember(said.verbosity, 'verbosity')
  const known = VERBOSITIES.find(word => word === verbosity)
  if (verbosity !== undefined && known === undefined) natives.verbosity = verbosity
  const modalities = listMember(said.modalities, 'modalities')
  const wish = defined<OutputWish>({
    ...readFormat(said.response_format, natives),
    verbosity: known,
    modalities: modalities?.map((item, n) => requiredText(item, `modalities[${n}]`)),
  })
  return Object.keys(wish).length === 0 ? undefined : wish
}

function readFormat(value: unknown, natives: Record<string, unknown>): OutputWish {
  const format = objectMember<ChatResponseFormat>(value, 'response_format')
  if (format === undefined) return {}
  switch (format.type) {
    case 'text':
      return { format: 'text' }
    case 'json_object':
      return { format: 'json' }
    case 'json_schema': {
      const member = 'response_format.json_schema'
      const said = requiredObject<ChatResponseFormat['json_schema']>(format.json_schema, member)
      return {
        format: 'schema',
        name: textMember(said.name, `${member}.name`),
        description: textMember(said.description, `${member}.description`),
        schema: objectMember(said.schema, `${member}.schema`) as OutputWish['schema'],
        strict: flagMember(said.strict, `${member}.strict`),
      }
    }
    default:
      natives.response_format = value
      return {}
  }
}

function readLogprobsWish(said: Unread<ChatRequest>): Request['logprobs'] {
  const top = countMember(said.top_logprobs, 'top_logprobs')
  if (flagMember(said.logprobs, 'logprobs') !== true) return undefined
  return top === undefined ? {} : { top }
}

function readMetadata(value: unknown): Readonly<Record<string, string>> | undefined {
  const metadata = objectMember(value, 'metadata')
  if (metadata === undefined) return undefined
  return Object.fromEntries(
    Object.entries(metadata).map(([name, text]) => [name, requiredText(text, `metadata.${name}`)]),
  )
}
