/** When two requests say the same. */
import assert from 'node:assert/strict'
import { isDeepStrictEqual } from 'node:util'
import { TEXT_INPUT, textInput } from '../../src/dialects/custom-tools.ts'
import {
  type DialectName,
  type FunctionTool,
  type Loss,
  type MediaSource,
  type Part,
  type ReasoningWish,
  type Request,
  subtract,
  type Tool,
  type ToolResultPart,
  type Turn,
} from '../../src/model/index.ts'
import { marked, plain, settled } from './marks.ts'
import { isReworded, relaid, reworded, withPlainPayload } from './same.ts'

/**
 * Asserts that a request that was read is the one that was written, minus exactly what was said to be
 * lost. The model is the upstream's affair, and what an API insists on may be made up.
 * @param reader the dialect that it came in
 */
export function assertRequestEcho(came: Request, there: Request, losses: readonly Loss[], reader: DialectName): void {
  const [actual, expected] = preparedRequest(came, there, losses, reader)
  assert.deepEqual(actual, expected, `Losses: ${JSON.stringify(losses, null, 1)}`)
}

/** The request that came and the one that must have come, fit to be compared. */
export function preparedRequest(
  came: Request,
  there: Request,
  losses: readonly Loss[],
  reader: DialectName,
): readonly [actual: unknown, expected: unknown] {
  const isJoined = losses.some(isJoinedInstruction)
  const said = withFreeAmount(reworded(isJoined ? withOneInstruction(there) : there, losses), losses)
  const kept = subtract(
    said,
    losses.filter(loss => !isJoinedInstruction(loss) && !isReworded(loss)),
  )
  const expected = READERS[reader](kept, kept)
  const actual = READERS[reader](isJoined ? withOneInstruction(came) : came, kept)
  const isRenamed = losses.some(({ path }) => path.endsWith('/callId'))
  const [mine, theirs] = [actual, expected].map(request => plain(withoutDefaults(request, kept)))
  const expectation = plain(settled(theirs, mine))
  return isRenamed ? [withNumberedCalls(mine), withNumberedCalls(expectation)] : [mine, expectation]
}

/** An instruction that is no longer a part of its own; its text is there. */
function isJoinedInstruction({ path, reason }: Loss): boolean {
  return reason === 'cosmetic' && /^\/instructions\/\d+$/.test(path)
}

/** All instructions as one text, a blank line apart, with what none of them has alone. */
function withOneInstruction(request: Request): Request {
  const texts = request.instructions.map(part => (part.kind === 'text' ? part.text : part.kind))
  return { ...request, instructions: [{ kind: 'text', text: texts.join('\n\n') }] }
}

/** How much is to be thought: a switch, a word or a number, which stand for each other. */
const AMOUNT = ['/reasoning/enabled', '/reasoning/effort', '/reasoning/budgetTokens']

function withFreeAmount(request: Request, losses: readonly Loss[]): Request {
  const isFree = losses.some(({ path, reason }) => reason === 'unit' && AMOUNT.includes(path))
  return isFree ? marked(request, AMOUNT) : request
}

/** The calls by number, and the results of each by the same: an id means nothing outside a request. */
function withNumberedCalls(request: unknown): unknown {
  const numbers = new Map<unknown, number>()
  const numbered = (value: unknown): unknown => {
    if (Array.isArray(value)) return value.map(numbered)
    if (typeof value !== 'object' || value === null) return value
    return Object.fromEntries(
      Object.entries(value).map(([name, member]) => {
        if (name !== 'callId') return [name, numbered(member)]
        if (!numbers.has(member)) numbers.set(member, numbers.size)
        return [name, numbers.get(member)]
      }),
    )
  }
  return numbered(request)
}

type Prepare = (request: Request, expected: Request) => Request

/** A request as each dialect's reader has it, without what its API insists on where nobody said it. */
const READERS: Readonly<Record<DialectName, Prepare>> = {
  chat: request => request,
  messages(request, expected) {
    const turns = joined(expected.turns)
    return {
      ...request,
      reasoning: withoutMadeSwitch(request.reasoning, expected.reasoning),
      turns: joined(request.turns).map((turn, at) => ({
        ...turn,
        parts: turn.parts.map((part, n) => asBytes(part, turns[at]?.parts[n])),
      })),
    }
  },
  responses(request, expected) {
    const { store, tools, native, instructions, turns } = request
    return {
      ...request,
      turns: turns.map((turn, at) => {
        const said = expected.turns[at]?.native
        return { ...turn, native: withoutMadeMembers(turn.native, said, turn.role === 'system' ? MADE_ROLE : {}) }
      }),
      store: store === false ? expected.store : store,
      tools: tools.map((tool, at) => withoutMadeStrictness(tool, expected.tools[at])),
      native: withoutMadeMembers(native, expected.native, MADE_INCLUDE),
      instructions: instructions.map((part, at) => {
        const native = withoutMadeMembers(part.native, expected.instructions[at]?.native, MADE_ROLE)
        return { ...part, native } as Part
      }),
    }
  },
  gemini(request, expected) {
    const turns = joined(expected.turns)
    return {
      ...request,
      reasoning: withoutMadeBudget(request.reasoning, expected.reasoning),
      turns: joined(request.turns).map((turn, at) => ({
        ...turn,
        parts: turn.parts.map((part, n) => asGemini(part, turns[at]?.parts[n])),
      })),
    }
  },
}

/** Turns of one side that follow each other are one where an API wants them in turn; a turn of nothing is none. */
function joined(turns: readonly Turn[]): readonly Turn[] {
  const all: Turn[] = []
  for (const turn of turns) {
    const last = all.at(-1)
    if (turn.parts.length === 0) continue
    if (last?.role !== turn.role) all.push(turn)
    else all[all.length - 1] = { ...last, ...turn, parts: [...last.parts, ...turn.parts] }
  }
  return all
}

/** Who asks to see reasoning asks for reasoning. */
function withoutMadeSwitch(wish: ReasoningWish | undefined, said: ReasoningWish = {}): ReasoningWish | undefined {
  const isMade = wish?.enabled === 'adaptive' && said.enabled === undefined && said.summary !== undefined
  return isMade ? { ...wish, enabled: undefined } : wish
}

/** A budget is the switch as well. */
function withoutMadeBudget(wish: ReasoningWish | undefined, said: ReasoningWish = {}): ReasoningWish | undefined {
  const isMade = wish?.enabled === true && said.enabled === undefined && said.budgetTokens !== undefined
  return isMade ? { ...wish, enabled: undefined } : wish
}

/** A text file has its text in the place of its bytes. */
function asBytes(part: Part, said: Part | undefined): Part {
  const isText = part.kind === 'media' && part.source.type === 'text'
  if (!isText || said?.kind !== 'media' || said.source.type !== 'base64') return part
  return { ...part, source: { type: 'base64', data: Buffer.from((part.source as MediaText).text).toString('base64') } }
}

type MediaText = Extract<MediaSource, { readonly type: 'text' }>

/** Unless it is said, this API would make every parameter required. */
function withoutMadeStrictness(tool: Tool, said: Tool | undefined): Tool {
  const isMade = tool.kind === 'function' && tool.strict === false && said?.kind === 'function'
  return isMade ? { ...tool, strict: said.strict } : tool
}

/** Members that are made up, with the values that they have then. */
type MadeMembers = Readonly<Record<string, readonly unknown[]>>

/** Without the one, reasoning that is not stored could not be gone on with; the other is read for the wish that it is. */
const MADE_INCLUDE: MadeMembers = { include: ['reasoning.encrypted_content', 'message.output_text.logprobs'] }

/** Several instructions are one item of the developer's. */
const MADE_ROLE: MadeMembers = { role: ['developer'], continues: [true] }

function withoutMadeMembers(native: Part['native'], said: Part['native'], made: MadeMembers): Part['native'] {
  if (native === undefined) return undefined
  const members = Object.entries(native.members).flatMap(([name, value]) => {
    const known = said?.members[name]
    if (made[name] === undefined || isDeepStrictEqual(value, known)) return [[name, value] as const]
    const isMade = (item: unknown) => made[name]?.includes(item) && !(known as readonly unknown[])?.includes?.(item)
    if (!Array.isArray(value)) return isMade(value) ? [] : [[name, value] as const]
    const rest = value.filter(item => !isMade(item))
    return rest.length === 0 && known === undefined ? [] : [[name, rest] as const]
  })
  return members.length === 0 ? undefined : { ...native, members: Object.fromEntries(members) }
}

/** What Google's models want on a call that has no token of its own. */
const NO_SIGNATURE = 'skip_thought_signature_validator'

function asGemini(part: Part, said: Part | undefined): Part {
  const seals = part.seals?.filter(({ value }) => value !== NO_SIGNATURE || said?.seals !== undefined)
  const signed = seals?.length === 0 ? { ...part, seals: undefined } : part
  return signed.kind === 'tool-result' && signed.payload === undefined ? asResponse(signed) : signed
}

/** A result that is a JSON object is the response itself, of which one text may be read for the whole. */
function asResponse(part: ToolResultPart): Part {
  const pocket = part.native?.dialect === 'gemini' ? part.native.members.functionResponse : undefined
  const { response: key, ...rest } = (pocket ?? {}) as Record<string, unknown>
  const content = part.content.map(item => {
    if (item.kind !== 'text') return item
    return {
      ...item,
      text: relaid(typeof key === 'string' ? JSON.stringify({ [key]: item.text }) : item.text) as string,
    }
  })
  const { functionResponse: _, ...members } = part.native?.members ?? {}
  const kept = { ...members, ...(Object.keys(rest).length === 0 ? {} : { functionResponse: rest }) }
  const isBare = Object.keys(kept).length === 0
  return { ...part, content, native: part.native && !isBare ? { ...part.native, members: kept } : undefined }
}

/** A reader of a request cannot know who made the seals of its own dialect. */
function withoutIssuers(part: Part): Part {
  return { ...part, seals: part.seals?.map(seal => ({ ...seal, issuer: '' })) }
}

/** Tools with the one string of a custom tool are one: the gateway makes their calls free text again. */
function withCustomTools({ tools, turns }: Request): Pick<Request, 'tools' | 'turns'> {
  const isBridged = (tool: Tool) => tool.kind === 'function' && isDeepStrictEqual(tool.schema, TEXT_INPUT)
  const names = new Set(tools.filter(isBridged).map(({ name }) => name))
  const custom = (tool: Tool): Tool => {
    if (!names.has(tool.name)) return tool
    const { schema: _, ...rest } = tool as FunctionTool
    return { ...rest, kind: 'custom' }
  }
  const free = (part: Part): Part =>
    part.kind === 'tool-call' && names.has(part.name)
      ? { ...part, input: 'text', payload: textInput(part.payload) }
      : part
  return { tools: tools.map(custom), turns: turns.map(turn => ({ ...turn, parts: turn.parts.map(free) })) }
}

/** Without the words that say no more than silence, and those that an API insists on where nobody said anything. */
function withoutDefaults(request: Request, expected: Request): Request {
  const { choices, output = {}, toolChoice, maxOutputTokens } = request
  const { tools, turns } = withCustomTools(request)
  const { format, name, ...wishes } = output
  const isText = format === undefined || format === 'text'
  const said = { ...wishes, ...(isText ? {} : { format }), ...(expected.output?.name === undefined ? {} : { name }) }
  return {
    ...request,
    tools,
    // The upstream's affair, and a member of one dialect's streams.
    model: undefined,
    includeUsage: undefined,
    maxOutputTokens: expected.maxOutputTokens === undefined ? undefined : maxOutputTokens,
    choices: choices === 1 ? undefined : choices,
    output: Object.keys(said).length === 0 ? undefined : said,
    toolChoice: toolChoice?.type === 'auto' ? undefined : toolChoice,
    reasoning: withoutMadeWish(request.reasoning, expected.reasoning ?? {}),
    turns: (expected.turns.length === 0 ? [] : turns).map(turn => ({
      ...turn,
      parts: turn.parts.map(withPlainPayload).map(withoutIssuers),
    })),
  }
}

/** No effort is none at all; and who asks for reasoning wants to see it, where nothing is shown unasked. */
function withoutMadeWish(wish: ReasoningWish | undefined, said: ReasoningWish): ReasoningWish | undefined {
  if (wish === undefined) return undefined
  const { effort, summary, ...rest } = wish
  const isOff = effort === 'none' && wish.enabled === false && said.effort === undefined
  const isMadeSummary = summary === 'auto' && said.summary === undefined
  const known = { ...rest, ...(isOff ? {} : { effort }), ...(isMadeSummary ? {} : { summary }) }
  return Object.values(known).every(value => value === undefined) ? undefined : known
}
