import type {
  Effort,
  FunctionTool,
  Native,
  OutputWish,
  Part,
  ReasoningWish,
  Request,
  Sampling,
  Tool,
  ToolChoice,
  Turn,
} from '../../model/index.ts'
import type { Match } from '../dialect.ts'
import { wrongMember } from '../member.ts'
import { defined, restOf, type Wire } from '../value.ts'
import { CallIds } from './call-ids.ts'
import { asObject, booleanIn, freeObjectIn, listIn, numberIn, objectIn, stringIn, stringsIn } from './member.ts'
import { nativeOf } from './part.ts'
import { checkParts, readParts } from './request-parts.ts'
import { toJsonSchema } from './schema.ts'
import { LEVELS, MODES, ROLES } from './tables.ts'

const BODY: ReadonlySet<string> = new Set([
  'contents',
  'systemInstruction',
  'tools',
  'toolConfig',
  'generationConfig',
  'labels',
  'serviceTier',
  'store',
])
const CONFIG: ReadonlySet<string> = new Set([
  'temperature',
  'topP',
  'topK',
  'seed',
  'presencePenalty',
  'frequencyPenalty',
  'candidateCount',
  'maxOutputTokens',
  'stopSequences',
  'responseMimeType',
  'responseSchema',
  'responseJsonSchema',
  'responseLogprobs',
  'logprobs',
  'responseModalities',
  'thinkingConfig',
])
const THINKING: ReadonlySet<string> = new Set(['includeThoughts', 'thinkingBudget', 'thinkingLevel'])
const CONTENT: ReadonlySet<string> = new Set(['role', 'parts'])
const FUNCTION: ReadonlySet<string> = new Set(['name', 'description', 'parameters', 'parametersJsonSchema'])
const CALLING: ReadonlySet<string> = new Set(['mode'])
const CALLING_NAMED: ReadonlySet<string> = new Set(['mode', 'allowedFunctionNames'])

const CONFIG_AT = 'generationConfig.'
const THINKING_AT = 'generationConfig.thinkingConfig.'
const CALLING_AT = 'toolConfig.functionCallingConfig.'

/** Reads a client's request; model and stream flag stand in its path. */
export function decodeRequest(raw: Wire, { model, stream = false }: Match): Request {
  const body = asObject(raw, 'the body')
  const config = objectIn(body, 'generationConfig') ?? {}
  const ids = new CallIds()
  const { toolChoice, native: toolNative } = decodeToolConfig(objectIn(body, 'toolConfig') ?? {})
  const { reasoning, native: thinkingNative } = decodeThinking(objectIn(config, 'thinkingConfig', CONFIG_AT))
  const { output, isRead } = decodeOutput(config)
  const configNative = { ...restOf(config, isRead ? CONFIG : without(CONFIG, 'responseMimeType')), ...thinkingNative }
  return {
    model,
    stream,
    instructions: decodeInstructions(body, ids),
    turns: decodeTurns(body, ids),
    tools: (listIn(body, 'tools') ?? []).flatMap((tool, at) => decodeTool(tool, `tools[${at}]`)),
    sampling: decodeSampling(config),
    ...defined<Partial<Request>>({
      toolChoice,
      maxOutputTokens: numberIn(config, 'maxOutputTokens', CONFIG_AT),
      stop: stringsIn(config, 'stopSequences', CONFIG_AT),
      choices: numberIn(config, 'candidateCount', CONFIG_AT),
      reasoning,
      output,
      logprobs: decodeLogprobs(config),
      metadata: decodeLabels(body),
      serviceTier: stringIn(body, 'serviceTier'),
      store: booleanIn(body, 'store'),
      native: pocket({
        ...restOf(body, BODY),
        ...named('toolConfig', toolNative),
        ...named('generationConfig', configNative),
      }),
    }),
  }
}

function decodeInstructions(body: Wire, ids: CallIds): readonly Part[] {
  const instruction = objectIn(body, 'systemInstruction')
  if (instruction === undefined) return []
  return readParts(checkParts(instruction, 'systemInstruction'), 'system', ids)
}

interface Content {
  readonly role: Turn['role']
  readonly parts: readonly Wire[]
  readonly native: Native | undefined
}

function decodeTurns(body: Wire, ids: CallIds): readonly Turn[] {
  const contents = listIn(body, 'contents')
  if (contents === undefined) throw wrongMember('contents', 'an array', undefined)
  return joinAnswers(contents.map(readContent)).map(({ role, parts, native }) => ({
    role,
    parts: readParts(parts, role, ids),
    ...(native === undefined ? {} : { native }),
  }))
}

function readContent(value: unknown, at: number): Content {
  const member = `contents[${at}]`
  const content = asObject(value, member)
  const said = stringIn(content, 'role', `${member}.`) ?? 'user'
  const role = Object.hasOwn(ROLES, said) ? ROLES[said as keyof typeof ROLES] : undefined
  if (role === undefined) throw wrongMember(`${member}.role`, '`user`, `model` or `function`', said)
  return { role, parts: checkParts(content, member), native: pocket(restOf(content, CONTENT) ?? {}) }
}

/** The SDK's chat helper gives back every chunk of an answer as a content of its own: together they are the answer. */
function joinAnswers(contents: readonly Content[]): readonly Content[] {
  const joined: Content[] = []
  for (const content of contents) {
    const last = joined.at(-1)
    if (last?.role === 'assistant' && content.role === 'assistant' && content.native === undefined)
      joined[joined.length - 1] = { ...last, parts: [...last.parts, ...content.parts] }
    else joined.push(content)
  }
  return joined
}

function decodeTool(value: unknown, member: string): Tool[] {
  const tool = asObject(value, member)
  return Object.keys(tool).flatMap((name): Tool[] => {
    if (name === 'functionDeclarations')
      return (listIn(tool, name, `${member}.`) ?? []).map((declaration, at) =>
        decodeFunction(declaration, `${member}.functionDeclarations[${at}]`),
      )
    return [{ kind: 'provider', name, native: nativeOf({ [name]: tool[name] }) }]
  })
}

function decodeFunction(value: unknown, member: string): FunctionTool {
  const declaration = asObject(value, member)
  const at = `${member}.`
  const name = stringIn(declaration, 'name', at)
  if (name === undefined) throw wrongMember(`${at}name`, 'a string', undefined)
  const parameters = freeObjectIn(declaration, 'parameters', at)
  return defined<FunctionTool>({
    kind: 'function',
    name,
    description: stringIn(declaration, 'description', at),
    schema: freeObjectIn(declaration, 'parametersJsonSchema', at) ?? (parameters && toJsonSchema(parameters)),
    native: pocket(restOf(declaration, FUNCTION) ?? {}),
  })
}

interface DecodedToolConfig {
  readonly toolChoice: ToolChoice | undefined
  readonly native: Wire
}

/** Which of several functions is to be called is known to this dialect only. */
function decodeToolConfig(config: Wire): DecodedToolConfig {
  const calling = objectIn(config, 'functionCallingConfig', 'toolConfig.') ?? {}
  const mode = stringIn(calling, 'mode', CALLING_AT)
  const names = stringsIn(calling, 'allowedFunctionNames', CALLING_AT) ?? []
  const type = mode !== undefined && Object.hasOwn(MODES, mode) ? MODES[mode as keyof typeof MODES] : undefined
  const [name] = names
  const isNamed = type === 'required' && names.length === 1 && name !== undefined
  const known = type === undefined ? new Set<string>() : isNamed ? CALLING_NAMED : CALLING
  const rest = restOf(calling, known)
  return {
    toolChoice: isNamed ? { type: 'tool', name } : type && { type },
    native: { ...restOf(config, new Set(['functionCallingConfig'])), ...named('functionCallingConfig', rest ?? {}) },
  }
}

function decodeSampling(config: Wire): Sampling {
  return defined<Sampling>({
    temperature: numberIn(config, 'temperature', CONFIG_AT),
    topP: numberIn(config, 'topP', CONFIG_AT),
    topK: numberIn(config, 'topK', CONFIG_AT),
    seed: numberIn(config, 'seed', CONFIG_AT),
    presencePenalty: numberIn(config, 'presencePenalty', CONFIG_AT),
    frequencyPenalty: numberIn(config, 'frequencyPenalty', CONFIG_AT),
  })
}

interface DecodedThinking {
  readonly reasoning: ReasoningWish | undefined
  readonly native: Wire
}

/** Budgets of 0 and -1 are words: none at all, and as the model likes. */
function decodeThinking(thinking: Wire | undefined): DecodedThinking {
  if (thinking === undefined) return { reasoning: undefined, native: {} }
  const budget = numberIn(thinking, 'thinkingBudget', THINKING_AT)
  const level = stringIn(thinking, 'thinkingLevel', THINKING_AT)
  const isShown = booleanIn(thinking, 'includeThoughts', THINKING_AT)
  const effort = level === undefined ? undefined : effortOf(level)
  const reasoning = defined<ReasoningWish>({
    enabled: budget === undefined ? undefined : budget === 0 ? false : budget < 0 ? 'adaptive' : true,
    effort,
    budgetTokens: budget !== undefined && budget > 0 ? budget : undefined,
    summary: isShown === true ? 'auto' : isShown === false || (budget ?? 0) !== 0 ? 'omitted' : undefined,
  })
  const rest = restOf(
    thinking,
    level !== undefined && effort === undefined ? without(THINKING, 'thinkingLevel') : THINKING,
  )
  return {
    reasoning: Object.keys(reasoning).length === 0 ? undefined : reasoning,
    native: named('thinkingConfig', rest ?? {}),
  }
}

function effortOf(level: string): Effort | undefined {
  return (Object.keys(LEVELS) as (keyof typeof LEVELS)[]).find(effort => LEVELS[effort] === level.toUpperCase())
}

const JSON_TYPE = 'application/json'

interface DecodedOutput {
  readonly output: OutputWish | undefined
  /** Whether the type of the answer has a neutral word. */
  readonly isRead: boolean
}

function decodeOutput(config: Wire): DecodedOutput {
  const type = stringIn(config, 'responseMimeType', CONFIG_AT)
  const own = freeObjectIn(config, 'responseSchema', CONFIG_AT)
  const schema = freeObjectIn(config, 'responseJsonSchema', CONFIG_AT) ?? (own && toJsonSchema(own))
  const format =
    schema !== undefined ? 'schema' : type === JSON_TYPE ? 'json' : type === 'text/plain' ? 'text' : undefined
  const output = defined<OutputWish>({
    format,
    schema,
    modalities: stringsIn(config, 'responseModalities', CONFIG_AT)?.map(modality => modality.toLowerCase()),
  })
  const isRead = type === undefined || format === 'text' || type === JSON_TYPE
  return { output: Object.keys(output).length === 0 ? undefined : output, isRead }
}

function decodeLogprobs(config: Wire): Request['logprobs'] {
  const top = numberIn(config, 'logprobs', CONFIG_AT)
  const isWanted = booleanIn(config, 'responseLogprobs', CONFIG_AT) ?? false
  return isWanted ? defined<NonNullable<Request['logprobs']>>({ top }) : undefined
}

function decodeLabels(body: Wire): Readonly<Record<string, string>> | undefined {
  const labels = freeObjectIn(body, 'labels')
  if (labels === undefined) return undefined
  return Object.fromEntries(Object.keys(labels).map(name => [name, stringIn(labels, name, 'labels.') ?? '']))
}

function pocket(members: Wire): Native | undefined {
  return Object.keys(members).length === 0 ? undefined : nativeOf(members)
}

/** A pocket within a pocket, if it holds something. */
function named(name: string, members: Wire): Wire {
  return Object.keys(members).length === 0 ? {} : { [name]: members }
}

function without(names: ReadonlySet<string>, name: string): ReadonlySet<string> {
  return new Set([...names].filter(other => other !== name))
}
