import type { RawHeaders } from '../../http/index.ts'
import type { Losses, OutputWish, Part, Request, Tool } from '../../model/index.ts'
import type { EncodedRequest, EncodeRequestContext } from '../codec.ts'
import { functionDescription, loseGrammar, TEXT_INPUT } from '../custom-tools.ts'
import { type RequestHome, refusal, unsaid } from '../sayings.ts'
import { defined, objectOf, type Wire } from '../value.ts'
import { BlockWriter } from './request-blocks.ts'
import { SAYINGS } from './sayings.ts'
import { CHOICES, DEFAULT_VERSION, isAdaptive, MAX_CACHE_MARKS } from './tables.ts'
import { encodeThinking, type Thinking } from './thinking.ts'
import { arrange, type Draft, isOpaque } from './turns.ts'

/** Writes a request for an upstream. */
export function encodeRequest(request: Request, context: EncodeRequestContext): EncodedRequest {
  const { losses, model, apiVersion = DEFAULT_VERSION } = context
  loseUnsaid(request, losses)
  const writer = new BlockWriter(context.issuer, cacheMarks(request), losses)
  const system = writer.write(request.instructions, '/instructions', 'system').map(({ block }) => block)
  const drafts = arrange(draftTurns(request, writer, context), losses)
  const thinking = encodeThinking(request, { model, isUnsigned: isUnsigned(drafts), losses })
  const tools = encodeTools(request.tools, writer, losses)
  const { native, stop } = request
  const members = native?.dialect === 'messages' ? native.members : {}
  if (native !== undefined && native.dialect !== 'messages') losses.addNative('/native/members', native.members)
  const body = defined<Record<string, unknown>>({
    ...members,
    model: model ?? '',
    max_tokens: thinking.maxTokens,
    system: system.length === 0 ? undefined : system,
    messages: drafts.map(({ role, pieces, members }) => ({
      role,
      content: pieces.map(({ block }) => block),
      ...members,
    })),
    tools: tools.length === 0 ? undefined : tools,
    tool_choice: encodeChoice(request, tools.length > 0, losses),
    ...encodeSampling(request, thinking, apiVersion, losses),
    stop_sequences: stop && encodeStop(stop, losses),
    thinking: thinking.config,
    output_config: encodeOutput(request.output, thinking, objectOf(members.output_config), losses),
    metadata: encodeMetadata(request.user, objectOf(members.metadata)),
    service_tier: encodeTier(request.serviceTier, losses),
    stream: context.stream,
  })
  return { path: '/messages', query: '', headers: headersFor(apiVersion, members, writer.hasFile), body }
}

/** Wishes that the table answers, by their place in the request. */
const WISHES: readonly (readonly [RequestHome, string, (request: Request) => unknown])[] = [
  ['seed', '/sampling/seed', ({ sampling }) => sampling.seed],
  ['presence penalty', '/sampling/presencePenalty', ({ sampling }) => sampling.presencePenalty],
  ['frequency penalty', '/sampling/frequencyPenalty', ({ sampling }) => sampling.frequencyPenalty],
  ['logprobs', '/logprobs', ({ logprobs }) => logprobs],
  ['metadata', '/metadata', ({ metadata }) => metadata],
  ['cache key', '/cacheKey', ({ cacheKey }) => cacheKey],
  ['store', '/store', ({ store }) => store],
  ['verbosity', '/output/verbosity', ({ output }) => output?.verbosity],
  ['several candidates', '/choices', ({ choices = 1 }) => (choices > 1 ? choices : undefined)],
  ['output modalities', '/output/modalities', ({ output }) => output?.modalities?.find(kind => kind !== 'text')],
  ['json output', '/output/format', ({ output }) => (output?.format === 'json' ? output.format : undefined)],
]

function loseUnsaid(request: Request, losses: Losses): void {
  for (const [home, path, wish] of WISHES) if (wish(request) !== undefined) unsaid(SAYINGS.request[home], path, losses)
  // Text is what this API answers with.
  if (request.output?.modalities !== undefined) losses.add('/output/modalities', 'cosmetic')
}

/** What may keep its cache mark: the last of them, in the order in which the API reads the request. */
function cacheMarks({ tools, instructions, turns, native }: Request): ReadonlySet<string> {
  const marked: string[] = []
  const look = (parts: readonly Part[], path: string): void => {
    for (const [at, part] of parts.entries()) {
      if (part.kind === 'tool-result') look(part.content, `${path}/${at}/content`)
      if (part.cache !== undefined && part.kind !== 'reasoning') marked.push(`${path}/${at}`)
    }
  }
  for (const [at, { cache }] of tools.entries()) if (cache !== undefined) marked.push(`/tools/${at}`)
  look(instructions, '/instructions')
  for (const [at, { parts }] of turns.entries()) look(parts, `/turns/${at}/parts`)
  const isWholeMarked = native?.dialect === 'messages' && objectOf(native.members.cache_control) !== undefined
  return new Set(marked.slice(-(isWholeMarked ? MAX_CACHE_MARKS - 1 : MAX_CACHE_MARKS)))
}

/** Instructions in mid-conversation are new with Claude 4.6; earlier models read them as the user's words. */
function draftTurns({ turns }: Request, writer: BlockWriter, { model, losses }: EncodeRequestContext): Draft[] {
  return turns.map(({ role, parts, name, native }, at) => {
    const isOwn = native?.dialect === 'messages'
    if (name !== undefined) losses.add(`/turns/${at}/name`, 'no-slot')
    if (native !== undefined && !isOwn) losses.addNative(`/turns/${at}/native/members`, native.members)
    const isMoved = role === 'system' && !isAdaptive(model)
    if (isMoved) losses.add(`/turns/${at}/role`, 'unit')
    const pieces = writer.write(parts, `/turns/${at}/parts`, role)
    return { role: isMoved ? 'user' : role, pieces, members: isOwn ? native.members : {} }
  })
}

/** Whether the model is to go on after calls whose reasoning is not there. */
function isUnsigned(drafts: readonly Draft[]): boolean {
  const [calling, results] = drafts.slice(-2)
  const first = calling?.pieces[0]?.block
  const isGoingOn = results?.pieces.some(({ block }) => block.type === 'tool_result') ?? false
  return isGoingOn && first !== undefined && !isOpaque(first)
}

function encodeTools(tools: readonly Tool[], writer: BlockWriter, losses: Losses): Wire[] {
  return tools.flatMap((tool, at) => {
    const path = `/tools/${at}`
    const isOwn = tool.native?.dialect === 'messages'
    if (tool.kind === 'provider' && !isOwn) {
      losses.add(path, 'no-slot')
      return []
    }
    if (tool.native !== undefined && !isOwn) losses.addNative(`${path}/native/members`, tool.native.members)
    const rest = { ...(isOwn ? tool.native?.members : {}), ...writer.cache(tool.cache, path) }
    if (tool.kind === 'provider') return [rest]
    const { name } = tool
    const description = tool.kind === 'custom' ? functionDescription(tool) : tool.description
    if (tool.kind === 'custom') loseGrammar(tool, path, losses)
    const schema = tool.kind === 'custom' ? TEXT_INPUT : schemaOf(tool.schema)
    const strict = tool.kind === 'function' ? tool.strict : undefined
    return [defined<Record<string, unknown>>({ name, description, input_schema: schema, strict, ...rest })]
  })
}

/** The API wants the type to be said. */
function schemaOf(schema: Wire | undefined): Wire {
  if (schema === undefined) return { type: 'object', properties: {} }
  return schema.type === undefined ? { type: 'object', ...schema } : schema
}

function encodeChoice({ toolChoice, parallelToolCalls, tools }: Request, hasTools: boolean, losses: Losses) {
  if (toolChoice?.type === 'tool' && !tools.some(tool => toolName(tool) === toolChoice.name))
    throw refusal('tool_choice', `there is no tool \`${toolChoice.name}\``)
  if (!hasTools) {
    if (toolChoice?.type === 'required') throw refusal('tool_choice', 'there is no tool that this API could call')
    if (toolChoice !== undefined) losses.add('/toolChoice', 'cosmetic')
    if (parallelToolCalls !== undefined) losses.add('/parallelToolCalls', 'cosmetic')
    return undefined
  }
  // Several calls are the default: saying so is worth no choice of its own.
  const isSaid = parallelToolCalls !== undefined && (toolChoice !== undefined || !parallelToolCalls)
  const isSilent = toolChoice?.type === 'none' || (parallelToolCalls !== undefined && !isSaid)
  if (isSilent && parallelToolCalls !== undefined) losses.add('/parallelToolCalls', 'cosmetic')
  const parallel = isSaid && !isSilent ? { disable_parallel_tool_use: !parallelToolCalls } : {}
  if (toolChoice === undefined) return isSaid ? { type: 'auto', ...parallel } : undefined
  if (toolChoice.type === 'tool') return { type: 'tool', name: toolChoice.name, ...parallel }
  return { type: CHOICES[toolChoice.type], ...parallel }
}

/** A tool of the provider's has a name beside its type. */
function toolName(tool: Tool): unknown {
  return tool.kind === 'provider' ? tool.native.members.name : tool.name
}

/** The least `top_p` that goes with thinking. */
const MIN_THINKING_TOP_P = 0.95

function encodeSampling({ sampling }: Request, { isOn }: Thinking, version: string, losses: Losses): Wire {
  const { temperature, topP, topK } = sampling
  const isWithout = version !== DEFAULT_VERSION
  const lost = {
    temperature: isWithout || (isOn && temperature !== 1),
    topP: isWithout || (isOn && (topP ?? 1) < MIN_THINKING_TOP_P),
    topK: isWithout || isOn,
  }
  const isHot = temperature !== undefined && temperature > 1
  // Models since Claude 4.1 refuse both.
  if (temperature !== undefined && !lost.temperature) lost.topP = true
  for (const name of ['temperature', 'topP', 'topK'] as const)
    if (sampling[name] !== undefined && lost[name]) losses.add(`/sampling/${name}`, 'no-slot')
  if (isHot && !lost.temperature) losses.add('/sampling/temperature', 'unit')
  return {
    temperature: lost.temperature ? undefined : isHot ? 1 : temperature,
    top_p: lost.topP ? undefined : topP,
    top_k: lost.topK ? undefined : topK,
  }
}

function encodeStop(stop: readonly string[], losses: Losses): readonly string[] | undefined {
  const kept = stop.filter((sequence, at) => {
    const isBlank = sequence.trim() === ''
    if (isBlank) losses.add(`/stop/${at}`, 'no-slot')
    return !isBlank
  })
  return kept.length === 0 ? undefined : kept
}

function encodeOutput(output: OutputWish = {}, { effort }: Thinking, members: Wire | undefined, losses: Losses) {
  const isSchema = output.format === 'schema' && output.schema !== undefined
  for (const name of ['name', 'description', 'strict'] as const)
    if (output[name] !== undefined) losses.add(`/output/${name}`, 'cosmetic')
  if (output.format === 'schema' && !isSchema) losses.add('/output/format', 'no-slot')
  const format = isSchema ? { type: 'json_schema', schema: output.schema } : undefined
  const config = defined<Record<string, unknown>>({ ...members, effort, format })
  return Object.keys(config).length === 0 ? undefined : config
}

function encodeMetadata(user: string | undefined, members: Wire | undefined): Wire | undefined {
  if (user === undefined && members === undefined) return undefined
  return defined<Record<string, unknown>>({ ...members, user_id: user })
}

/** Words for how urgent a request is. */
const TIERS: Readonly<Record<string, string>> = {
  auto: 'auto',
  standard_only: 'standard_only',
  default: 'standard_only',
}

function encodeTier(tier: string | undefined, losses: Losses): string | undefined {
  const word = tier !== undefined && Object.hasOwn(TIERS, tier) ? TIERS[tier] : undefined
  if (word !== tier) losses.add('/serviceTier', word === undefined ? 'no-slot' : 'unit')
  return word
}

/** What is taken only with a word in `anthropic-beta`, by the member of the request. */
const BETAS: Readonly<Record<string, string>> = {
  context_management: 'context-management-2025-06-27',
  mcp_servers: 'mcp-client-2025-11-20',
}

/** Stored files are out of beta in the later version. */
const FILES_BETA = 'files-api-2025-04-14'

function headersFor(version: string, members: Wire, hasFile: boolean): RawHeaders {
  const betas = Object.keys(BETAS).flatMap(name => (members[name] == null ? [] : (BETAS[name] ?? [])))
  if (hasFile && version === DEFAULT_VERSION) betas.push(FILES_BETA)
  return betas.length === 0
    ? ['anthropic-version', version]
    : ['anthropic-version', version, 'anthropic-beta', betas.join(',')]
}
