import {
  type CustomTool,
  type Effort,
  type FunctionTool,
  type Losses,
  membersFor,
  type OutputWish,
  type Part,
  type ReasoningWish,
  type Request,
  type Tool,
} from '../../model/index.ts'
import type { EncodedRequest, EncodeRequestContext } from '../codec.ts'
import { acceptedReasoning, effortOf, isReasoningModel, withoutRefused } from '../reasoning-models.ts'
import { type RequestHome, refusal, unsaid } from '../sayings.ts'
import { encodeTier, OPENAI_TIERS } from '../service-tier.ts'
import { defined, itemsOf, objectOf, type Wire } from '../value.ts'
import { encodeInputPart } from './content.ts'
import { namespaceOf, wireNames } from './namespace.ts'
import { LOGPROBS } from './request-decoder.ts'
import { SAYINGS } from './sayings.ts'
import { TurnsEncoder } from './turns-encoder.ts'

/** The token of reasoning, without which an answer that is stored nowhere cannot be gone on with. */
const TOKENS = 'reasoning.encrypted_content'

/**
 * Writes a request for an upstream.
 *
 * Nothing is to be kept there unless the client says so: the whole conversation goes up each time, and
 * the tokens of reasoning are asked for so that they can come back.
 *
 * @throws {MillraceError} `bad-request` naming the member that cannot be honoured
 */
export function encodeRequest(asked: Request, context: EncodeRequestContext): EncodedRequest {
  const { losses } = context
  const model = context.model ?? asked.model
  const wish = acceptedReasoning(asked.reasoning, model, losses)
  const request = { ...withoutRefused(asked, model, effortIn(wish), losses), reasoning: wish }
  const own = membersFor('responses', request.native) ?? {}
  if (request.native !== undefined && request.native.dialect !== 'responses')
    losses.addNative('/native/members', request.native.members)
  loseUnsaid(request, losses)
  const { tool_choice, include, reasoning, text, ...rest } = own
  const body = defined<Wire>({
    model,
    stream: context.stream ? true : undefined,
    ...encodeConversation(request, context),
    ...encodeTools(request, losses),
    tool_choice: tool_choice ?? encodeChoice(request),
    parallel_tool_calls: request.parallelToolCalls,
    max_output_tokens: encodeLimit(request.maxOutputTokens, losses),
    temperature: request.sampling.temperature,
    top_p: request.sampling.topP,
    top_logprobs: request.logprobs?.top,
    include: encodeInclude(request, itemsOf(include), model),
    reasoning: encodeReasoning(request.reasoning, objectOf(reasoning), losses),
    text: encodeText(request.output, objectOf(text)),
    metadata: request.metadata,
    user: rest.safety_identifier === request.user ? undefined : request.user,
    prompt_cache_key: request.cacheKey,
    service_tier: encodeTier(OPENAI_TIERS, request.serviceTier, losses),
    store: request.store ?? false,
    ...rest,
  })
  return { path: '/responses', query: '', headers: [], body }
}

/** The least that the API takes: clients that only want to know whether there is an answer ask for 1. */
const LEAST_OUTPUT = 16

function encodeLimit(tokens: number | undefined, losses: Losses): number | undefined {
  if (tokens === undefined || tokens >= LEAST_OUTPUT) return tokens
  losses.add('/maxOutputTokens', 'unit')
  return LEAST_OUTPUT
}

/** Wishes that the table answers, by their place in the request. */
const WISHES: readonly (readonly [RequestHome, string, (request: Request) => unknown])[] = [
  ['top k', '/sampling/topK', ({ sampling }) => sampling.topK],
  ['seed', '/sampling/seed', ({ sampling }) => sampling.seed],
  ['presence penalty', '/sampling/presencePenalty', ({ sampling }) => sampling.presencePenalty],
  ['frequency penalty', '/sampling/frequencyPenalty', ({ sampling }) => sampling.frequencyPenalty],
  ['stop sequences', '/stop', ({ stop }) => (stop?.length === 0 ? undefined : stop)],
  ['several candidates', '/choices', ({ choices = 1 }) => (choices > 1 ? choices : undefined)],
  ['output modalities', '/output/modalities', ({ output }) => output?.modalities?.find(kind => kind !== 'text')],
]

function loseUnsaid(request: Request, losses: Losses): void {
  for (const [home, path, wish] of WISHES) if (wish(request) !== undefined) unsaid(SAYINGS.request[home], path, losses)
  // Text is what this API answers with.
  if (request.output?.modalities !== undefined) losses.add('/output/modalities', 'cosmetic')
}

function encodeConversation(request: Request, context: EncodeRequestContext): Wire {
  const { losses } = context
  const [first] = request.instructions
  // The API wants something in the input.
  const isAlone = request.instructions.length === 1 && request.turns.length > 0
  const isPlain = isAlone && first?.kind === 'text' && membersFor('responses', first.native) === undefined
  const items = isPlain ? [] : encodeInstructions(request.instructions, losses)
  if (isPlain) loseAttributes(first, '/instructions/0', losses)
  const turns = new TurnsEncoder(context, wireNames(request)).encode(request.turns)
  return { instructions: isPlain ? first.text : undefined, input: [...items, ...turns] }
}

/** Several instructions are an item of the developer; those that were items are the same again. */
function encodeInstructions(parts: readonly Part[], losses: Losses): readonly Wire[] {
  const items: { readonly role: unknown; readonly content: Wire[] }[] = []
  let plain: string[] = []
  for (const [n, part] of parts.entries()) {
    const { role, continues, ...rest } = membersFor('responses', part.native) ?? {}
    const native = Object.keys(rest).length === 0 ? undefined : ({ dialect: 'responses', members: rest } as const)
    const isForeign = part.native !== undefined && part.native.dialect !== 'responses'
    const content = encodeInputPart(isForeign ? part : ({ ...part, native } as Part), `/instructions/${n}`, losses)
    if (content === undefined) continue
    if (part.item !== undefined) losses.add(`/instructions/${n}/item`, 'cosmetic')
    const last = items.at(-1)
    const joins = continues === true || (role === undefined && last !== undefined && plain.length > 0)
    plain = role === undefined && continues !== true ? [...plain, ''] : []
    if (joins && last !== undefined) last.content.push(content)
    else items.push({ role: role ?? 'developer', content: [content] })
  }
  return items.map(item => ({ type: 'message', ...item }))
}

function loseAttributes(part: Part, path: string, losses: Losses): void {
  if (part.cache !== undefined) losses.add(`${path}/cache`, 'no-slot')
  if (part.native !== undefined) losses.addNative(`${path}/native/members`, part.native.members)
}

/** Tools of one namespace stand in it together, in the place of the first one. */
function encodeTools({ tools }: Request, losses: Losses): Wire {
  const encoded: Wire[] = []
  const groups = new Map<unknown, Wire[]>()
  for (const [n, tool] of tools.entries()) {
    const wire = encodeTool(tool, `/tools/${n}`, losses)
    if (wire === undefined) continue
    const place = tool.kind === 'provider' ? undefined : namespaceOf(tool)
    if (place === undefined) {
      encoded.push(wire)
      continue
    }
    const name = place.namespace.name
    const group = groups.get(name) ?? []
    group.push({ ...wire, name: place.name })
    if (groups.has(name)) continue
    groups.set(name, group)
    encoded.push({ ...place.namespace, tools: group })
  }
  return { tools: encoded.length === 0 ? undefined : encoded }
}

function encodeTool(tool: Tool, path: string, losses: Losses): Wire | undefined {
  const own = membersFor('responses', tool.native)
  if (tool.cache !== undefined) losses.add(`${path}/cache`, 'no-slot')
  if (tool.kind === 'provider') {
    if (own === undefined) losses.add(path, 'no-slot')
    return own
  }
  if (tool.native !== undefined && own === undefined) losses.addNative(`${path}/native/members`, tool.native.members)
  const { namespace: _, name: __, ...rest } = own ?? {}
  return { ...(tool.kind === 'function' ? encodeFunction(tool) : encodeCustom(tool)), ...rest }
}

/** Unless it is said, the API would make every parameter required. */
function encodeFunction({ name, description, schema, strict = false }: FunctionTool): Wire {
  const parameters = schema ?? { type: 'object', properties: {} }
  return defined<Wire>({ type: 'function', name, description, parameters, strict })
}

function encodeCustom({ name, description, grammar }: CustomTool): Wire {
  return defined<Wire>({ type: 'custom', name, description, format: grammar && { type: 'grammar', ...grammar } })
}

function encodeChoice(request: Request): unknown {
  const { toolChoice, tools } = request
  if (toolChoice === undefined) return undefined
  if (toolChoice.type !== 'tool') {
    if (toolChoice.type === 'required' && tools.length === 0) throw refusal('tool_choice', 'there is no tool')
    return toolChoice.type
  }
  const tool = tools.find(({ name }) => name === toolChoice.name)
  if (tool === undefined) throw refusal('tool_choice', `there is no tool ${JSON.stringify(toolChoice.name)}`)
  if (tool.kind !== 'provider')
    return { type: tool.kind, ...(wireNames(request).get(tool.name) ?? { name: tool.name }) }
  if (membersFor('responses', tool.native) === undefined)
    throw refusal('tool_choice', `this API has no tool ${JSON.stringify(tool.name)}`)
  return { type: tool.name }
}

function encodeInclude({ logprobs, reasoning }: Request, own: readonly unknown[], model: string | undefined): unknown {
  const include = new Set(own)
  const isAsked = reasoning !== undefined && reasoning.enabled !== false && reasoning.effort !== 'none'
  if (isAsked || isReasoningModel(model)) include.add(TOKENS)
  if (logprobs !== undefined) include.add(LOGPROBS)
  else include.delete(LOGPROBS)
  return include.size === 0 ? undefined : [...include]
}

function encodeReasoning(wish: ReasoningWish = {}, own: Wire | undefined, losses: Losses): Wire | undefined {
  const { enabled, budgetTokens, summary } = wish
  if (budgetTokens !== undefined) losses.add('/reasoning/budgetTokens', 'unit')
  if (enabled === true || enabled === 'adaptive') losses.add('/reasoning/enabled', 'cosmetic')
  const isShown = summary !== undefined && SUMMARIES.has(summary)
  if (summary !== undefined && !isShown) losses.add('/reasoning/summary', summary === 'omitted' ? 'cosmetic' : 'unit')
  // Whoever asks another dialect for reasoning wants to see it; here only summaries are shown.
  const isWanted = summary === undefined ? enabled === true || enabled === 'adaptive' : summary !== 'omitted'
  const shown = isShown ? summary : isWanted ? 'auto' : undefined
  const said = defined<Wire>({ effort: effortIn(wish), summary: shown, ...own })
  return Object.keys(said).length === 0 ? undefined : said
}

/** How much reasoning is asked for, in this API's words. */
function effortIn({ enabled, effort, budgetTokens }: ReasoningWish = {}): Effort | undefined {
  if (effort !== undefined) return effort
  if (enabled === false) return 'none'
  return budgetTokens === undefined ? undefined : effortOf(budgetTokens)
}

const SUMMARIES: ReadonlySet<string> = new Set(['auto', 'concise', 'detailed'])

function encodeText(wish: OutputWish = {}, own: Wire | undefined): Wire | undefined {
  const said = defined<Wire>({ format: encodeFormat(wish), verbosity: wish.verbosity, ...own })
  return Object.keys(said).length === 0 ? undefined : said
}

function encodeFormat({ format, name = 'answer', description, schema, strict }: OutputWish): Wire | undefined {
  if (format === undefined) return undefined
  if (format !== 'schema') return { type: format === 'json' ? 'json_object' : 'text' }
  const legal = name.replace(/[^A-Za-z0-9_-]/g, '_').slice(0, 64)
  return defined<Wire>({ type: 'json_schema', name: legal, description, schema: schema ?? {}, strict })
}
