import {
  type CustomTool,
  type FunctionTool,
  type Losses,
  membersFor,
  type OutputWish,
  type ReasoningWish,
  type Request,
  type Tool,
} from '../../model/index.ts'
import type { EncodedRequest, EncodeRequestContext } from '../codec.ts'
import { functionDescription, loseGrammar, TEXT_INPUT } from '../custom-tools.ts'
import { acceptedReasoning, effortOf, withoutRefused } from '../reasoning-models.ts'
import { refusal } from '../sayings.ts'
import { encodeTier, OPENAI_TIERS } from '../service-tier.ts'
import { defined, objectOf, type Wire } from '../value.ts'
import { illegalName, LEGAL_NAME, TurnsEncoder } from './turns-encoder.ts'
import { isOpenai, isStrict, limitMember, takesCacheMarks, takesCustomTools } from './upstream.ts'

const MAX_STOPS = 4

/** @throws {MillraceError} `bad-request` naming the member that cannot be honoured */
export function encodeRequest(asked: Request, context: EncodeRequestContext): EncodedRequest {
  const model = context.model ?? asked.model
  const reasoning = acceptedReasoning(asked.reasoning, model, context.losses)
  const request = withoutRefused(asked, model, reasoning?.effort, context.losses)
  const own = membersFor('chat', request.native) ?? {}
  const { native } = request
  if (native !== undefined && native.dialect !== 'chat') context.losses.addNative('/native/members', native.members)
  const tools = encodeTools(request.tools, context)
  const messages = new TurnsEncoder(context).encode(request)
  if (messages.length === 0) throw refusal('messages', 'Chat Completions wants at least one, and the request has none')
  const body = defined<Record<string, unknown>>({
    model,
    messages,
    ...encodeStreaming(request, own, context),
    ...(tools.length === 0
      ? refuseWithoutTools(request, context)
      : { tools, ...encodeToolUse(request, tools, context.issuer) }),
    ...encodeLimits(request, context),
    ...encodeReasoning(reasoning, context),
    ...encodeOutput(request.output, context),
    ...encodeLabels(request, context),
    ...withoutSaid(own, tools.length > 0),
  })
  return { path: '/chat/completions', query: '', headers: [], body }
}

/** The native members, without those that were written with something else. */
function withoutSaid(own: Wire, hasTools: boolean): Wire {
  const { stream_options: _, tool_choice, ...rest } = own
  return hasTools && tool_choice !== undefined ? { ...rest, tool_choice } : rest
}

function encodeStreaming({ includeUsage }: Request, own: Wire, context: EncodeRequestContext): Wire {
  const { stream, askUsage, losses } = context
  if (!stream) {
    if (includeUsage !== undefined) losses.add('/includeUsage', 'cosmetic')
    if (own.stream_options !== undefined) losses.add('/native/members/stream_options', 'cosmetic')
    return {}
  }
  const isAsked = askUsage || includeUsage
  const options = defined<Record<string, unknown>>({ include_usage: isAsked, ...objectOf(own.stream_options) })
  return { stream, stream_options: Object.keys(options).length === 0 ? undefined : options }
}

function encodeTools(tools: readonly Tool[], context: EncodeRequestContext): Wire[] {
  const encoded: Wire[] = []
  for (const [n, tool] of tools.entries()) {
    const path = `/tools/${n}`
    const isMarked = tool.cache !== undefined && takesCacheMarks(context.issuer)
    if (tool.cache !== undefined && !isMarked) context.losses.add(`${path}/cache`, 'no-slot')
    const said = encodeTool(tool, path, context)
    if (said !== undefined)
      encoded.push(isMarked ? { ...said, cache_control: { type: 'ephemeral', ...tool.cache } } : said)
  }
  return encoded
}

function encodeTool(tool: Tool, path: string, { losses, issuer }: EncodeRequestContext): Wire | undefined {
  const own = membersFor('chat', tool.native)
  if (tool.kind === 'provider') {
    if (own === undefined) losses.add(path, 'no-slot')
    return own
  }
  if (!LEGAL_NAME.test(tool.name)) throw refusal(`${path}/name`, illegalName(tool.name))
  if (own === undefined && tool.native !== undefined) losses.addNative(`${path}/native/members`, tool.native.members)
  const { functions, ...members } = own ?? {}
  if (functions !== undefined) losses.add(`${path}/native/members/functions`, 'cosmetic')
  const type = wireKind(tool, issuer)
  const said = { name: tool.name, ...saidOf(tool, type, path, losses), ...objectOf(members[type]) }
  return { type, ...members, [type]: defined<object>(said as object) }
}

/** What a tool is on the wire. */
function wireKind({ kind }: Tool, issuer: string): 'function' | 'custom' {
  return kind === 'custom' && takesCustomTools(issuer) ? 'custom' : 'function'
}

function saidOf(tool: FunctionTool | CustomTool, type: 'function' | 'custom', path: string, losses: Losses): object {
  const { description } = tool
  if (tool.kind === 'function') return { description, parameters: tool.schema, strict: tool.strict }
  if (type === 'custom') return { description, format: tool.grammar && { type: 'grammar', grammar: tool.grammar } }
  loseGrammar(tool, path, losses)
  return { description: functionDescription(tool), parameters: TEXT_INPUT }
}

function encodeToolUse(
  { toolChoice, parallelToolCalls, tools }: Request,
  encoded: readonly Wire[],
  issuer: string,
): Wire {
  const members = { parallel_tool_calls: parallelToolCalls }
  if (toolChoice === undefined) return members
  if (toolChoice.type !== 'tool') return { tool_choice: toolChoice.type, ...members }
  const { name } = toolChoice
  const tool = tools.find(known => known.name === name && known.kind !== 'provider')
  const type = tool && wireKind(tool, issuer)
  if (type === undefined || !encoded.some(({ [type]: said }) => objectOf(said)?.name === name))
    throw refusal('/toolChoice', `there is no tool ${JSON.stringify(name)}`)
  return { tool_choice: { type, [type]: { name } }, ...members }
}

/** A choice without tools means nothing, and OpenAI refuses it. */
function refuseWithoutTools({ toolChoice, parallelToolCalls }: Request, { losses }: EncodeRequestContext): Wire {
  if (toolChoice?.type === 'required' || toolChoice?.type === 'tool')
    throw refusal('/toolChoice', 'there is no tool that this API could call')
  if (toolChoice !== undefined) losses.add('/toolChoice', 'cosmetic')
  if (parallelToolCalls !== undefined) losses.add('/parallelToolCalls', 'cosmetic')
  return {}
}

function encodeLimits(request: Request, context: EncodeRequestContext): Wire {
  const { sampling, stop, choices, logprobs, maxOutputTokens } = request
  const { issuer, losses } = context
  const isTopKKnown = !isStrict(issuer)
  if (sampling.topK !== undefined && !isTopKKnown) losses.add('/sampling/topK', 'no-slot')
  for (const [n] of (stop ?? []).entries()) if (n >= MAX_STOPS) losses.add(`/stop/${n}`, 'no-slot')
  return {
    [limitMember(issuer, context.model ?? request.model)]: maxOutputTokens,
    temperature: sampling.temperature,
    top_p: sampling.topP,
    top_k: isTopKKnown ? sampling.topK : undefined,
    seed: sampling.seed,
    presence_penalty: sampling.presencePenalty,
    frequency_penalty: sampling.frequencyPenalty,
    stop: stop === undefined || stop.length === 0 ? undefined : stop.slice(0, MAX_STOPS),
    n: choices,
    logprobs: logprobs === undefined ? undefined : true,
    top_logprobs: logprobs?.top,
  }
}

/** An effort is a word; a budget is the nearest word. OpenRouter takes both as they are. */
function encodeReasoning(wish: ReasoningWish | undefined, { issuer, losses }: EncodeRequestContext): Wire {
  if (wish === undefined) return {}
  const { enabled, effort, budgetTokens, summary } = wish
  if (isOpenrouter(issuer)) return { reasoning: encodeOpenrouterReasoning(wish, losses) }
  if (summary !== undefined) losses.add('/reasoning/summary', 'no-slot')
  if (budgetTokens !== undefined) losses.add('/reasoning/budgetTokens', 'unit')
  if (enabled !== undefined) losses.add('/reasoning/enabled', enabled === false ? 'no-slot' : 'cosmetic')
  const word = effort ?? (budgetTokens === undefined || enabled === false ? undefined : effortOf(budgetTokens))
  return { reasoning_effort: word }
}

function isOpenrouter(issuer: string): boolean {
  return /openrouter/.test(issuer)
}

function encodeOpenrouterReasoning({ enabled, effort, budgetTokens, summary }: ReasoningWish, losses: Losses): Wire {
  if (enabled === 'adaptive') losses.add('/reasoning/enabled', 'unit')
  if (effort !== undefined && budgetTokens !== undefined) losses.add('/reasoning/budgetTokens', 'no-slot')
  if (summary !== undefined && summary !== 'omitted') losses.add('/reasoning/summary', 'no-slot')
  return defined<Record<string, unknown>>({
    enabled: enabled === 'adaptive' ? true : enabled,
    effort,
    max_tokens: effort === undefined ? budgetTokens : undefined,
    exclude: summary === 'omitted' ? true : undefined,
  })
}

function encodeOutput(output: OutputWish | undefined, { issuer, losses }: EncodeRequestContext): Wire {
  if (output === undefined) return {}
  const { verbosity, modalities } = output
  const isVerbosityKnown = isOpenai(issuer)
  if (verbosity !== undefined && !isVerbosityKnown) losses.add('/output/verbosity', 'no-slot')
  return {
    response_format: encodeFormat(output),
    verbosity: isVerbosityKnown ? verbosity : undefined,
    modalities,
  }
}

function encodeFormat({ format, name = 'answer', description, schema, strict }: OutputWish): Wire | undefined {
  if (format === undefined) return undefined
  if (format === 'text') return { type: 'text' }
  if (format === 'json') return { type: 'json_object' }
  const legal = LEGAL_NAME.test(name) ? name : name.replace(/[^A-Za-z0-9_-]/g, '_').slice(0, 64) || 'answer'
  return { type: 'json_schema', json_schema: defined<object>({ name: legal, description, schema, strict } as object) }
}

/** Labels for the provider's own records. What only OpenAI knows is not sent to others. */
function encodeLabels(request: Request, { issuer, losses }: EncodeRequestContext): Wire {
  const { metadata, user, cacheKey, serviceTier, store } = request
  const isKnown = isOpenai(issuer)
  // OpenAI takes metadata only with what it stores.
  const isLabelled = isKnown && store === true
  if (metadata !== undefined && !isLabelled) losses.add('/metadata', 'no-slot')
  if (cacheKey !== undefined && !isKnown) losses.add('/cacheKey', 'no-slot')
  if (store !== undefined && !isKnown) losses.add('/store', store ? 'no-slot' : 'cosmetic')
  return {
    metadata: isLabelled ? metadata : undefined,
    user,
    prompt_cache_key: isKnown ? cacheKey : undefined,
    service_tier: encodeTier(OPENAI_TIERS, serviceTier, losses),
    store: isKnown ? store : undefined,
  }
}
