/** One request for everything that a request can say, and one answer for everything that an answer can say. */
import type { AnswerHome, DialectName, RequestHome } from '../../src/dialects/index.ts'
import { failure } from '../../src/errors.ts'
import type { Candidate, Message, Part, Request, Tool, Turn, Usage } from '../../src/model/index.ts'

/** Something that says a thing, and where it says it. */
export interface Specimen<T> {
  readonly whole: T
  /** JSON pointer of the thing. */
  readonly path: string
}

/**
 * @param dialect whose seals, and whose provider's tools, are in it
 * @param issuer who made the seals
 */
export type MakeRequest = (dialect: DialectName, issuer: string) => Specimen<Request>

const HELLO: Part = { kind: 'text', text: 'Hello' }
const USER: Turn = { role: 'user', parts: [HELLO] }
const TOOL: Tool = { kind: 'function', name: 'f', description: 'Does', schema: { type: 'object', properties: {} } }

function request(more: Partial<Request>): Request {
  return { model: 'mill', stream: false, instructions: [], turns: [USER], tools: [], sampling: {}, ...more }
}

function saying(path: string, more: Partial<Request>): MakeRequest {
  return () => ({ path, whole: request(more) })
}

/** A user's turn with a part, after its text. */
function asking(part: Part, inside = ''): MakeRequest {
  return saying(`/turns/0/parts/1${inside}`, { turns: [{ role: 'user', parts: [HELLO, part] }] })
}

/** An assistant's turn in a conversation that goes on. */
function answered(path: string, ...parts: readonly Part[]): Specimen<Request> {
  const turns: Turn[] = [USER, { role: 'assistant', parts }, USER]
  return { path, whole: request({ turns }) }
}

function called(path: string, call: Part, result: Part, tool: Tool): Specimen<Request> {
  const turns: Turn[] = [USER, { role: 'assistant', parts: [call] }, { role: 'user', parts: [result] }]
  return { path, whole: request({ turns, tools: [tool] }) }
}

const CALL = {
  kind: 'tool-call',
  callId: 'call_1',
  name: 'f',
  runBy: 'client',
  input: 'json',
  payload: '{"a":1}',
} as const
const RESULT = {
  kind: 'tool-result',
  callId: 'call_1',
  failed: false,
  content: [{ kind: 'text', text: 'done' }],
} as const
const PICTURE: Part = { kind: 'media', mediaType: 'image/png', source: { type: 'base64', data: 'iVBORw0K' } }
const CUSTOM: Tool = { kind: 'custom', name: 'f', description: 'Takes text' }

const TOKEN = 'EqQB/+=='
/** What a chat upstream wants back, with the member that it stands in. */
const CHAT_ECHO = `echo:{"members":{"reasoning_details":[{"type":"reasoning.encrypted","data":"${TOKEN}"}]}}`

/** A call of a provider's own tool, and its result, as that dialect's decoder has them. */
const SERVED: Readonly<Record<DialectName, readonly [call: Served, result: Served]>> = {
  chat: [
    { payload: '{}', members: {} },
    { payload: '[]', members: {} },
  ],
  responses: [
    {
      callId: 'ws_1',
      item: 'ws_1',
      payload: '{"action":{"type":"search"}}',
      members: { item: { type: 'web_search_call', status: 'completed' } },
    },
    { callId: 'ws_1', item: 'ws_1', payload: '{"results":[]}', members: {} },
  ],
  messages: [
    { payload: '{"query":"mill"}', members: { type: 'server_tool_use' } },
    { payload: '[]', members: { type: 'web_search_tool_result' } },
  ],
  gemini: [
    { callId: 'call_0', payload: '{"language":"PYTHON","code":"1"}', members: { executableCode: {} } },
    { callId: 'call_0', payload: '{"outcome":"OUTCOME_OK","output":"1"}', members: { codeExecutionResult: {} } },
  ],
}

interface Served {
  readonly callId?: string
  readonly item?: string
  readonly payload: string
  readonly members: Readonly<Record<string, unknown>>
}

function served(dialect: DialectName): readonly [call: Part, result: Part] {
  const name = dialect === 'gemini' ? 'code_execution' : 'web_search'
  const [call, result] = SERVED[dialect].map(({ members, ...more }) => ({
    ...more,
    ...(Object.keys(members).length === 0 ? {} : { native: { dialect, members } }),
  })) as [object, object]
  return [
    { ...CALL, runBy: 'provider', name, ...call },
    { ...RESULT, content: [], ...result },
  ]
}

/** The provider's own name of a tool of its own, and how its dialect says it. */
function providerTool(dialect: DialectName): Tool {
  const name = dialect === 'gemini' ? 'googleSearch' : 'search_1'
  const members = dialect === 'gemini' ? { googleSearch: {} } : { type: name, name: 'search' }
  return { kind: 'provider', name, native: { dialect, members } }
}

/** Where everything stands in a request. */
export const REQUESTS: Readonly<Record<RequestHome, MakeRequest>> = {
  model: saying('/model', {}),
  stream: saying('/stream', { stream: true }),
  instructions: saying('/instructions/0', { instructions: [{ kind: 'text', text: 'Be brief' }] }),
  'system turn': saying('/turns/1', {
    turns: [USER, { role: 'system', parts: [{ kind: 'text', text: 'Be brief' }] }, USER],
  }),
  'turn name': saying('/turns/0/name', { turns: [{ ...USER, name: 'ann' }] }),
  text: saying('/turns/0/parts/0', {}),
  image: asking(PICTURE),
  audio: asking({ kind: 'media', mediaType: 'audio/wav', source: { type: 'base64', data: 'UklGRg==' } }),
  file: asking({
    kind: 'media',
    mediaType: 'application/pdf',
    source: { type: 'base64', data: 'JVBERi0=' },
    filename: 'a.pdf',
  }),
  'reasoning text': (dialect, issuer) =>
    answered(
      '/turns/1/parts/0/texts',
      {
        kind: 'reasoning',
        form: 'full',
        texts: ['Hm'],
        seals: [
          {
            dialect,
            issuer,
            kind: dialect === 'responses' ? 'encrypted' : 'signature',
            value: dialect === 'chat' ? 'slot:reasoning_content' : TOKEN,
          },
        ],
      },
      { kind: 'text', text: 'Hi' },
    ),
  seals: (dialect, issuer) =>
    answered(
      '/turns/1/parts/0/seals/0',
      {
        kind: 'reasoning',
        form: dialect === 'responses' ? 'summary' : 'full',
        texts: [],
        seals: [{ dialect, issuer, kind: 'encrypted', value: dialect === 'chat' ? CHAT_ECHO : TOKEN }],
      },
      { kind: 'text', text: 'Hi' },
    ),
  'refusal text': () => answered('/turns/1/parts/0', { kind: 'refusal', text: 'No' }),
  'tool call': () => called('/turns/1/parts/0', CALL, RESULT, TOOL),
  'custom tool call': () => called('/turns/1/parts/0', { ...CALL, input: 'text', payload: 'say' }, RESULT, CUSTOM),
  'provider tool call': dialect => answered('/turns/1/parts/0', ...served(dialect), { kind: 'text', text: 'Hi' }),
  'tool result': () => called('/turns/2/parts/0', CALL, RESULT, TOOL),
  'tool result media': () => called('/turns/2/parts/0/content/1', CALL, { ...RESULT, content: [HELLO, PICTURE] }, TOOL),
  'tool result failed': () => called('/turns/2/parts/0/failed', CALL, { ...RESULT, failed: true }, TOOL),
  'cache mark': asking({ kind: 'text', text: 'a', cache: {} }, '/cache'),
  'cache ttl': asking({ kind: 'text', text: 'a', cache: { ttl: '1h' } }, '/cache/ttl'),
  'function tool': saying('/tools/0', { tools: [TOOL] }),
  'tool strictness': saying('/tools/0/strict', { tools: [{ ...TOOL, strict: true } as Tool] }),
  'custom tool': saying('/tools/0', { tools: [CUSTOM] }),
  'provider tool': dialect => ({
    path: '/tools/0',
    whole: request({
      tools: [providerTool(dialect), TOOL],
    }),
  }),
  'tool choice': saying('/toolChoice', { tools: [TOOL], toolChoice: { type: 'tool', name: 'f' } }),
  'parallel tool calls': saying('/parallelToolCalls', { tools: [TOOL], parallelToolCalls: false }),
  'max output tokens': saying('/maxOutputTokens', { maxOutputTokens: 99 }),
  temperature: saying('/sampling/temperature', { sampling: { temperature: 0.5 } }),
  'top p': saying('/sampling/topP', { sampling: { topP: 0.5 } }),
  'top k': saying('/sampling/topK', { sampling: { topK: 5 } }),
  seed: saying('/sampling/seed', { sampling: { seed: 7 } }),
  'presence penalty': saying('/sampling/presencePenalty', { sampling: { presencePenalty: 0.5 } }),
  'frequency penalty': saying('/sampling/frequencyPenalty', { sampling: { frequencyPenalty: 0.5 } }),
  'stop sequences': saying('/stop', { stop: ['###'] }),
  'several candidates': saying('/choices', { choices: 2 }),
  'reasoning switch': saying('/reasoning/enabled', { reasoning: { enabled: false } }),
  'reasoning effort': saying('/reasoning/effort', { reasoning: { effort: 'high' } }),
  'reasoning budget': saying('/reasoning/budgetTokens', { reasoning: { enabled: true, budgetTokens: 2048 } }),
  'reasoning summary': dialect => ({
    path: '/reasoning/summary',
    whole: request({ reasoning: { enabled: 'adaptive', summary: dialect === 'responses' ? 'concise' : 'omitted' } }),
  }),
  'json output': saying('/output/format', { output: { format: 'json' } }),
  'schema output': saying('/output/schema', {
    output: { format: 'schema', name: 'answer', schema: { type: 'object' } },
  }),
  verbosity: saying('/output/verbosity', { output: { verbosity: 'low' } }),
  'output modalities': saying('/output/modalities', { output: { modalities: ['text', 'audio'] } }),
  logprobs: saying('/logprobs', { logprobs: { top: 2 } }),
  metadata: saying('/metadata', { store: true, metadata: { job: 'mill' } }),
  user: saying('/user', { user: 'ann' }),
  'cache key': saying('/cacheKey', { cacheKey: 'mill' }),
  'service tier': saying('/serviceTier', { serviceTier: 'auto' }),
  store: saying('/store', { store: true }),
  'usage wish': saying('/includeUsage', { stream: true, includeUsage: true }),
}

const STOP = { reason: 'stop', raw: undefined } as const

function message(parts: readonly Part[], more: Partial<Message> = {}, candidate: Partial<Candidate> = {}): Message {
  const usage = { input: 10, output: 5 }
  return { id: 'a', model: 'mill', candidates: [{ index: 0, parts, finish: STOP, ...candidate }], usage, ...more }
}

function part(part: Part, path = ''): Specimen<Message> {
  return { path: `/candidates/0/parts/0${path}`, whole: message([part, { kind: 'text', text: 'Hi' }]) }
}

function counted(usage: Usage, ...path: readonly (keyof Usage)[]): Specimen<Message> {
  return { path: `/usage/${path}`, whole: message([HELLO], { usage: { input: 100, output: 50, ...usage } }) }
}

const SERVED_PARTS: readonly Part[] = [
  { ...CALL, runBy: 'provider', name: 'web_search' },
  { ...RESULT, content: [], payload: '[]' },
  HELLO,
]

/** Where everything stands in an answer. Seals are of a dialect that nobody speaks here. */
export const ANSWERS: Readonly<Record<AnswerHome, Specimen<Message>>> = {
  id: { path: '/id', whole: message([HELLO]) },
  model: { path: '/model', whole: message([HELLO]) },
  'created at': { path: '/createdAt', whole: message([HELLO], { createdAt: 1_780_000_000 }) },
  'service tier': { path: '/serviceTier', whole: message([HELLO], { serviceTier: 'default' }) },
  text: { path: '/candidates/0/parts/0', whole: message([HELLO]) },
  annotations: part(
    { kind: 'text', text: 'Hello', annotations: [{ kind: 'url', url: 'https://mill.test', title: 'Mill' }] },
    '/annotations',
  ),
  logprobs: part({ kind: 'text', text: 'Hello', logprobs: [{ token: 'Hello', logprob: -1 }] }, '/logprobs'),
  refusal: { path: '/candidates/0/parts/0', whole: message([{ kind: 'refusal', text: 'No' }]) },
  reasoning: part({ kind: 'reasoning', form: 'full', texts: ['Hm'] }),
  'reasoning parts': part({ kind: 'reasoning', form: 'full', texts: ['Hm', 'Well'] }, '/texts'),
  seals: part(
    {
      kind: 'reasoning',
      form: 'full',
      texts: ['Hm'],
      seals: [{ dialect: 'responses', issuer: 'up', kind: 'signature', value: 'x' }],
    },
    '/seals',
  ),
  'tool call': {
    path: '/candidates/0/parts/0',
    whole: message([CALL], {}, { finish: { ...STOP, reason: 'tool-calls' } }),
  },
  'custom tool call': {
    path: '/candidates/0/parts/0',
    whole: message([{ ...CALL, input: 'text', payload: 'say' }], {}, { finish: { ...STOP, reason: 'tool-calls' } }),
  },
  'provider tool call': { path: '/candidates/0/parts/0', whole: message(SERVED_PARTS) },
  'provider tool result': { path: '/candidates/0/parts/1', whole: message(SERVED_PARTS) },
  media: part(PICTURE),
  'several candidates': {
    path: '/candidates/1',
    whole: message([], {
      candidates: [
        { index: 0, parts: [HELLO], finish: STOP },
        { index: 1, parts: [HELLO], finish: STOP },
      ],
    }),
  },
  'finish reason': {
    path: '/candidates/0/finish/reason',
    whole: message([HELLO], {}, { finish: { reason: 'length', raw: undefined } }),
  },
  'stop sequence': {
    path: '/candidates/0/finish/stopSequence',
    whole: message([HELLO], {}, { finish: { ...STOP, stopSequence: '###' } }),
  },
  'input tokens': counted({}, 'input'),
  'cache read tokens': counted({ cacheRead: 60 }, 'cacheRead'),
  'cache write tokens': counted({ cacheWrite: 10 }, 'cacheWrite'),
  'cache write 1h tokens': counted({ cacheWrite: 10, cacheWrite1h: 4 }, 'cacheWrite1h'),
  'output tokens': counted({}, 'output'),
  'reasoning tokens': counted({ reasoning: 20 }, 'reasoning'),
  'audio tokens': counted({ audioOutput: 3 }, 'audioOutput'),
  'provider tool counts': counted({ serverTools: { web_search_requests: 1 } }, 'serverTools'),
  'reported cost': counted({ reportedCostUsd: 0.25 }, 'reportedCostUsd'),
  failure: { path: '/failure', whole: message([HELLO], { failure: failure('overloaded', 'No capacity left') }) },
}
