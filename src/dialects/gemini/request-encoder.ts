import type { Losses, OutputWish, Request, Sampling, Tool } from '../../model/index.ts'
import type { EncodedRequest, EncodeRequestContext } from '../codec.ts'
import { functionDescription, loseGrammar, TEXT_INPUT } from '../custom-tools.ts'
import { acceptedReasoning } from '../reasoning-models.ts'
import { type RequestHome, refusal, unsaid } from '../sayings.ts'
import { encodeTier } from '../service-tier.ts'
import { defined, objectOf, type Wire } from '../value.ts'
import { toPath } from './http.ts'
import { encodeContents, encodeInstructions } from './request-contents.ts'
import { SAYINGS } from './sayings.ts'
import { CHOICE_MODES, LABEL, LABEL_NAME, MAX_STOP_SEQUENCES, TIERS } from './tables.ts'
import { encodeThinking } from './thinking.ts'

/** Writes a request for an upstream. */
export function encodeRequest(request: Request, context: EncodeRequestContext): EncodedRequest {
  const { losses, model, stream } = context
  if (model === undefined) throw refusal('model', 'the path of this API names one')
  loseUnsaid(request, losses)
  const members = ownMembers(request.native, '/native/members', losses) ?? {}
  const systemInstruction = encodeInstructions(request, context)
  const tools = encodeTools(request.tools, losses)
  const toolConfig = encodeToolConfig(request, objectOf(members.toolConfig), losses)
  const generationConfig = encodeConfig(request, context, objectOf(members.generationConfig))
  const body = defined<Wire>({
    ...members,
    contents: encodeContents(request, context),
    systemInstruction,
    tools: tools.length === 0 ? undefined : tools,
    toolConfig: some(toolConfig),
    generationConfig: some(generationConfig),
    labels: encodeLabels(request.metadata, losses),
    serviceTier: encodeTier(TIERS, request.serviceTier, losses),
    store: request.store,
  })
  const method = stream ? 'streamGenerateContent' : 'generateContent'
  return { path: `${toPath(model)}:${method}`, query: stream ? '?alt=sse' : '', headers: [], body }
}

/** Wishes that the table answers, by their place in the request. */
const WISHES: readonly (readonly [RequestHome, string, (request: Request) => unknown])[] = [
  ['user', '/user', ({ user }) => user],
  ['cache key', '/cacheKey', ({ cacheKey }) => cacheKey],
  ['verbosity', '/output/verbosity', ({ output }) => output?.verbosity],
  ['parallel tool calls', '/parallelToolCalls', ({ parallelToolCalls }) => parallelToolCalls === false || undefined],
]

function loseUnsaid(request: Request, losses: Losses): void {
  for (const [home, path, wish] of WISHES) if (wish(request) !== undefined) unsaid(SAYINGS.request[home], path, losses)
  for (const [at, { name }] of request.turns.entries())
    if (name !== undefined) unsaid(SAYINGS.request['turn name'], `/turns/${at}/name`, losses)
  // Several calls in one turn are what this API does.
  if (request.parallelToolCalls === true) losses.add('/parallelToolCalls', 'cosmetic')
}

/** Functions that follow each other are declared together. */
function encodeTools(tools: readonly Tool[], losses: Losses): Wire[] {
  const encoded: Wire[] = []
  let declarations: Wire[] | undefined
  for (const [at, tool] of tools.entries()) {
    const path = `/tools/${at}`
    if (tool.kind === 'provider') {
      declarations = undefined
      if (tool.native.dialect === 'gemini') encoded.push(tool.native.members)
      else unsaid(LOST_TOOL, path, losses)
      continue
    }
    if (declarations === undefined) {
      declarations = []
      encoded.push({ functionDeclarations: declarations })
    }
    declarations.push(encodeFunction(tool, path, losses))
  }
  return encoded
}

const LOST_TOOL = { lost: 'no-slot' } as const

function encodeFunction(tool: Exclude<Tool, { kind: 'provider' }>, path: string, losses: Losses): Wire {
  const { name, cache } = tool
  if (cache !== undefined) unsaid(SAYINGS.request['cache mark'], `${path}/cache`, losses)
  if (tool.kind === 'function' && tool.strict !== undefined)
    unsaid(SAYINGS.request['tool strictness'], `${path}/strict`, losses)
  if (tool.kind === 'custom') loseGrammar(tool, path, losses)
  const description = tool.kind === 'custom' ? functionDescription(tool) : tool.description
  const parametersJsonSchema = tool.kind === 'custom' ? TEXT_INPUT : tool.schema
  return defined<Wire>({
    name,
    description,
    parametersJsonSchema,
    ...ownMembers(tool.native, `${path}/native/members`, losses),
  })
}

function encodeToolConfig({ toolChoice, tools }: Request, members: Wire | undefined, losses: Losses): Wire {
  const functions = tools.filter(({ kind }) => kind !== 'provider').map(({ name }) => name)
  if (toolChoice?.type === 'tool' && !functions.includes(toolChoice.name))
    throw refusal('tool_choice', `there is no function \`${toolChoice.name}\``)
  if (toolChoice?.type === 'required' && functions.length === 0)
    throw refusal('tool_choice', 'there is no function that could be called')
  if (toolChoice !== undefined && functions.length === 0 && members === undefined) {
    losses.add('/toolChoice', 'cosmetic')
    return {}
  }
  const functionCallingConfig = defined<Wire>({
    mode: toolChoice && CHOICE_MODES[toolChoice.type],
    allowedFunctionNames: toolChoice?.type === 'tool' ? [toolChoice.name] : undefined,
    ...objectOf(members?.functionCallingConfig),
  })
  return defined<Wire>({ ...members, functionCallingConfig: some(functionCallingConfig) })
}

function encodeConfig(request: Request, { model, losses }: EncodeRequestContext, members: Wire | undefined): Wire {
  const { maxOutputTokens, stop, choices, logprobs, sampling } = request
  const thinking = encodeThinking(acceptedReasoning(request.reasoning, model, losses), model, losses)
  return defined<Wire>({
    ...members,
    ...encodeSampling(sampling),
    maxOutputTokens,
    candidateCount: choices,
    stopSequences: encodeStop(stop, losses),
    ...encodeOutput(request.output, losses),
    responseLogprobs: logprobs === undefined ? undefined : true,
    logprobs: logprobs?.top,
    thinkingConfig: some({ ...objectOf(members?.thinkingConfig), ...thinking }),
  })
}

function encodeSampling({ temperature, topP, topK, seed, presencePenalty, frequencyPenalty }: Sampling): Wire {
  return { temperature, topP, topK, seed, presencePenalty, frequencyPenalty }
}

function encodeStop(stop: readonly string[] | undefined, losses: Losses): readonly string[] | undefined {
  for (let at = MAX_STOP_SEQUENCES; at < (stop?.length ?? 0); at++) losses.add(`/stop/${at}`, 'no-slot')
  return stop?.slice(0, MAX_STOP_SEQUENCES)
}

const TYPES = { text: 'text/plain', json: 'application/json', schema: 'application/json' } as const

function encodeOutput(output: OutputWish = {}, losses: Losses): Wire {
  const { format, schema, modalities } = output
  for (const name of ['name', 'description', 'strict'] as const)
    if (output[name] !== undefined) losses.add(`/output/${name}`, 'cosmetic')
  return defined<Wire>({
    responseMimeType: format && TYPES[format],
    responseJsonSchema: schema,
    responseModalities: modalities?.map(modality => modality.toUpperCase()),
  })
}

function encodeLabels(metadata: Request['metadata'], losses: Losses): Wire | undefined {
  if (metadata === undefined) return undefined
  const legal = Object.entries(metadata).filter(([name, value]) => {
    const isLegal = LABEL_NAME.test(name) && LABEL.test(value)
    if (!isLegal) losses.addNative('/metadata', { [name]: value })
    return isLegal
  })
  return some(Object.fromEntries(legal))
}

/** The members of Google's pocket; those of another are losses. */
function ownMembers(native: Request['native'], path: string, losses: Losses): Wire | undefined {
  if (native?.dialect === 'gemini') return native.members
  if (native !== undefined) losses.addNative(path, native.members)
  return undefined
}

function some(members: Wire): Wire | undefined {
  return Object.keys(members).length === 0 ? undefined : members
}
