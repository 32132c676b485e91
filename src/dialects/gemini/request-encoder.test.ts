import assert from 'node:assert/strict'
import { test } from 'node:test'
import { MillraceError } from '../../errors.ts'
import { Losses, type LossReason, type Part, type ReasoningWish, type Request, type Turn } from '../../model/index.ts'
import type { Wire } from '../value.ts'
import { encodeRequest } from './request-encoder.ts'

const ISSUER = 'https://google.test'
const EMPTY: Request = { model: 'm', stream: true, instructions: [], turns: [], tools: [], sampling: {} }

interface Encoded {
  readonly path: string
  readonly query: string
  readonly body: Wire
  readonly losses: Readonly<Record<string, LossReason>>
}

function encode(request: Partial<Request>, model = 'gemini-3-flash', stream = true): Encoded {
  const losses = new Losses()
  const context = { model, stream, askUsage: true, issuer: ISSUER, apiVersion: undefined, losses }
  const { path, query, body } = encodeRequest({ ...EMPTY, ...request }, context)
  return { path, query, body, losses: Object.fromEntries(losses.all.map(({ path, reason }) => [path, reason])) }
}

const text = (text: string): Part => ({ kind: 'text', text })
const user = (...parts: readonly Part[]): Turn => ({ role: 'user', parts })
const assistant = (...parts: readonly Part[]): Turn => ({ role: 'assistant', parts })
const call = (callId: string, name: string, payload = '{}', more: Partial<Part> = {}): Part =>
  ({ kind: 'tool-call', callId, name, runBy: 'client', input: 'json', payload, ...more }) as Part
const result = (callId: string, ...content: readonly Part[]): Part => ({
  kind: 'tool-result',
  callId,
  failed: false,
  content,
})
const own = (value: string, kind: 'signature' | 'encrypted' = 'signature') =>
  [{ dialect: 'gemini', issuer: ISSUER, kind, value }] as const

test('model and stream stand in the path', () => {
  assert.deepEqual([encode({}).path, encode({}).query], ['/models/gemini-3-flash:streamGenerateContent', '?alt=sse'])
  const whole = encode({}, 'tunedModels/mill', false)
  assert.deepEqual([whole.path, whole.query], ['/tunedModels/mill:generateContent', ''])
})

test('where only the system speaks there is a turn of the user, without which the API refuses', () => {
  const { body } = encode({ instructions: [text('Greet')] })
  assert.deepEqual(body.contents, [{ role: 'user', parts: [{ text: ' ' }] }])
})

test('turns alternate, the user’s first, results before everything else', () => {
  const { body, losses } = encode(
    {
      turns: [
        assistant(call('a', 'f'), call('b', 'g')),
        user(text('Meanwhile'), result('b', text('2'))),
        user(result('a', text('1'))),
        assistant(text('Done')),
      ],
    },
    'gemini-2.5-flash',
  )
  const response = (id: string, name: string, output: string) => ({
    functionResponse: { id, name, response: { output } },
  })
  assert.deepEqual(body.contents, [
    { role: 'user', parts: [{ text: ' ' }] },
    {
      role: 'model',
      parts: [{ functionCall: { name: 'f', args: {}, id: 'a' } }, { functionCall: { name: 'g', args: {}, id: 'b' } }],
    },
    { role: 'user', parts: [response('b', 'g', '2'), response('a', 'f', '1'), { text: 'Meanwhile' }] },
    { role: 'model', parts: [{ text: 'Done' }] },
  ])
  assert.deepEqual(losses, {})
})

test('seals go to their issuer on the part that they came on, and to nobody else', () => {
  const foreign = [{ dialect: 'messages', issuer: 'a', kind: 'signature', value: 'x' }] as const
  const { body, losses } = encode({
    turns: [
      user(text('Hi')),
      assistant(
        { kind: 'reasoning', form: 'full', texts: ['Hm'], seals: own('s1') },
        { kind: 'reasoning', form: 'full', texts: ['No'], seals: foreign },
        { kind: 'reasoning', form: 'full', texts: ['Unsigned'] },
        { kind: 'text', text: 'Yes', seals: own('s2') },
        { kind: 'reasoning', form: 'full', texts: [], seals: own('s3', 'encrypted') },
        call('a', 'f', '{"n":12345678901234567890}', { seals: own('s4') }),
      ),
    ],
  })
  const [, model] = body.contents as [Wire, { parts: Wire[] }]
  assert.equal(
    JSON.stringify(model.parts),
    '[{"text":"Hm","thought":true,"thoughtSignature":"s1"},{"text":"Yes","thoughtSignature":"s2"},' +
      '{"text":"","thoughtSignature":"s3"},' +
      '{"functionCall":{"name":"f","args":{"n":12345678901234567890},"id":"a"},"thoughtSignature":"s4"}]',
  )
  assert.deepEqual(losses, {
    '/turns/1/parts/1/seals/0': 'foreign-seal',
    '/turns/1/parts/1': 'no-slot',
    '/turns/1/parts/2': 'no-slot',
  })
})

test('toward models since Gemini 3 the first call of a turn says that it has no signature', () => {
  const turns = [user(text('Hi')), assistant(call('a', 'f'), call('b', 'f'))]
  const signatures = (model: string) => {
    const [, content] = encode({ turns }, model).body.contents as [Wire, { parts: Wire[] }]
    return content.parts.map(({ thoughtSignature }) => thoughtSignature)
  }
  assert.deepEqual(signatures('gemini-3-pro-preview'), ['skip_thought_signature_validator', undefined])
  assert.deepEqual(signatures('gemini-2.5-pro'), [undefined, undefined])
})

test('results have media inside, or beside them for earlier models', () => {
  const picture: Part = { kind: 'media', mediaType: 'image/*', source: { type: 'base64', data: 'iVBORw0KGgoA' } }
  const turns = [user(text('Hi')), assistant(call('a', 'f')), user(result('a', text('See'), picture))]
  const inlineData = { mimeType: 'image/png', data: 'iVBORw0KGgoA' }
  const partsFor = (model: string) => (encode({ turns }, model).body.contents as { parts: Wire[] }[])[2]?.parts
  const said = { id: 'a', name: 'f', response: { output: 'See' } }
  assert.deepEqual(partsFor('gemini-3-flash'), [{ functionResponse: { ...said, parts: [{ inlineData }] } }])
  assert.deepEqual(partsFor('gemini-2.5-flash'), [{ functionResponse: said }, { inlineData }])
})

const RESPONSES: readonly (readonly [said: string, failed: boolean, response: object])[] = [
  ['sunny', false, { output: 'sunny' }],
  ['{"a":1}', false, { a: 1 }],
  ['[1]', false, { output: '[1]' }],
  ['', false, { output: '' }],
  ['no', true, { error: 'no' }],
  ['{"a":1}', true, { error: '{"a":1}' }],
]

for (const [said, failed, response] of RESPONSES)
  test(`a ${failed ? 'failure' : 'result'} ${JSON.stringify(said)} becomes ${JSON.stringify(response)}`, () => {
    const answer = { kind: 'tool-result', callId: 'a', failed, content: [text(said)] } as const
    const { body } = encode({ turns: [user(text('Hi')), assistant(call('a', 'f')), user(answer)] })
    const [, , content] = body.contents as { parts: { functionResponse?: Wire }[] }[]
    assert.deepEqual(content?.parts[0]?.functionResponse?.response, response)
  })

test('what the API would refuse is said otherwise, with a loss', () => {
  const { body, losses } = encode(
    {
      turns: [
        user(text(''), { kind: 'text', text: 'Hi', cache: {} }),
        { role: 'system', parts: [text('Be brief')] },
        { role: 'assistant', name: 'miller', parts: [call('a', 'f', '{"cut'), { kind: 'refusal', text: 'No' }] },
        user(result('lost', text('orphan'))),
      ],
      instructions: [text('You grind')],
    },
    'gemini-2.5-flash',
  )
  assert.deepEqual(body.systemInstruction, { parts: [{ text: 'You grind' }, { text: 'Be brief' }] })
  assert.deepEqual(body.contents, [
    { role: 'user', parts: [{ text: 'Hi' }] },
    {
      role: 'model',
      parts: [{ functionCall: { name: 'f', args: { input: '{"cut' }, id: 'a' } }, { text: 'No' }],
    },
    { role: 'user', parts: [{ text: 'orphan' }] },
  ])
  assert.deepEqual(losses, {
    '/turns/0/parts/0': 'cosmetic',
    '/turns/0/parts/1/cache': 'no-slot',
    '/turns/1': 'order',
    '/turns/2/name': 'no-slot',
    '/turns/2/parts/0/payload': 'unit',
    '/turns/2/parts/1/kind': 'no-slot',
    '/turns/3/parts/0/kind': 'unit',
  })
})

test('tools are declared with JSON Schema, custom ones as functions of one text', () => {
  const { body, losses } = encode({
    tools: [
      { kind: 'function', name: 'f', description: 'F', schema: { type: 'object', $defs: {} }, strict: true },
      { kind: 'custom', name: 'patch' },
      { kind: 'provider', name: 'googleSearch', native: { dialect: 'gemini', members: { googleSearch: {} } } },
      { kind: 'provider', name: 'web_search', native: { dialect: 'messages', members: { type: 'web_search' } } },
    ],
    toolChoice: { type: 'tool', name: 'f' },
    parallelToolCalls: false,
  })
  const [{ functionDeclarations }, search] = body.tools as [{ functionDeclarations: Wire[] }, Wire]
  assert.deepEqual(functionDeclarations[0], {
    name: 'f',
    description: 'F',
    parametersJsonSchema: { type: 'object', $defs: {} },
  })
  assert.equal(functionDeclarations[1]?.name, 'patch')
  assert.deepEqual(search, { googleSearch: {} })
  assert.deepEqual(body.toolConfig, { functionCallingConfig: { mode: 'ANY', allowedFunctionNames: ['f'] } })
  assert.deepEqual(losses, { '/parallelToolCalls': 'no-slot', '/tools/0/strict': 'no-slot', '/tools/3': 'no-slot' })
})

test('wishes become the configuration', () => {
  const { body, losses } = encode({
    maxOutputTokens: 5,
    sampling: { temperature: 0, topP: 0.9, topK: 40, seed: 7, presencePenalty: 0.5, frequencyPenalty: 0.6 },
    stop: ['1', '2', '3', '4', '5', '6'],
    choices: 2,
    output: { format: 'schema', name: 'n', schema: { type: 'object' }, modalities: ['text'], verbosity: 'low' },
    logprobs: { top: 2 },
    metadata: { team: 'mill', 'Not Legal': 'x' },
    user: 'u',
    serviceTier: 'default',
    store: false,
    cacheKey: 'k',
  })
  assert.deepEqual(body.generationConfig, {
    temperature: 0,
    topP: 0.9,
    topK: 40,
    seed: 7,
    presencePenalty: 0.5,
    frequencyPenalty: 0.6,
    maxOutputTokens: 5,
    candidateCount: 2,
    stopSequences: ['1', '2', '3', '4', '5'],
    responseMimeType: 'application/json',
    responseJsonSchema: { type: 'object' },
    responseModalities: ['TEXT'],
    responseLogprobs: true,
    logprobs: 2,
  })
  assert.deepEqual([body.labels, body.serviceTier, body.store], [{ team: 'mill' }, 'standard', false])
  assert.deepEqual(losses, {
    '/user': 'no-slot',
    '/cacheKey': 'cosmetic',
    '/output/verbosity': 'no-slot',
    '/stop/5': 'no-slot',
    '/output/name': 'cosmetic',
    '/metadata/Not Legal': 'no-slot',
    '/serviceTier': 'unit',
  })
})

const FLASH_2 = 'gemini-2.5-flash'
const PRO_2 = 'gemini-2.5-pro'
const FLASH_3 = 'gemini-3-flash'
const PRO_3 = 'models/gemini-3.1-pro-preview'

const THINKING: readonly (readonly [model: string, wish: ReasoningWish, config: object | undefined, lost?: string])[] =
  [
    [FLASH_2, { effort: 'high' }, { thinkingBudget: 24_576 }],
    [FLASH_2, { effort: 'none' }, { thinkingBudget: 0 }],
    [FLASH_2, { enabled: false }, { thinkingBudget: 0 }],
    [PRO_2, { enabled: false }, { thinkingBudget: 128 }, '/reasoning/enabled'],
    [FLASH_2, { enabled: true }, { includeThoughts: true, thinkingBudget: -1 }],
    [FLASH_2, { enabled: true, budgetTokens: 9, summary: 'omitted' }, { includeThoughts: false, thinkingBudget: 9 }],
    [FLASH_3, { effort: 'minimal', summary: 'auto' }, { includeThoughts: true, thinkingLevel: 'MINIMAL' }],
    [FLASH_3, { effort: 'max' }, { thinkingLevel: 'HIGH' }, '/reasoning/effort'],
    [FLASH_3, { effort: 'none' }, { thinkingLevel: 'MINIMAL' }, '/reasoning/effort'],
    [PRO_3, { effort: 'minimal' }, { thinkingLevel: 'LOW' }, '/reasoning/effort'],
    [PRO_3, { effort: 'low', budgetTokens: 9 }, { includeThoughts: true, thinkingBudget: 9 }, '/reasoning/effort'],
    [FLASH_3, { summary: 'detailed' }, { includeThoughts: true }, '/reasoning/summary'],
  ]

for (const [model, reasoning, config, lost] of THINKING)
  test(`${model} thinks ${JSON.stringify(reasoning)}`, () => {
    const { body, losses } = encode({ reasoning }, model)
    assert.deepEqual((body.generationConfig as Wire).thinkingConfig, config)
    assert.deepEqual(losses, lost === undefined ? {} : { [lost]: 'unit' })
  })

const REFUSED: readonly (readonly [request: Partial<Request>, member: string])[] = [
  [{ toolChoice: { type: 'tool', name: 'f' } }, 'tool_choice'],
  [{ toolChoice: { type: 'required' } }, 'tool_choice'],
  [
    { turns: [user({ kind: 'media', mediaType: 'image/*', source: { type: 'base64', data: 'AAAA' } })] },
    '/turns/0/parts/0',
  ],
]

for (const [request, member] of REFUSED)
  test(`${member} that cannot be honoured is refused: ${JSON.stringify(request).slice(0, 60)}`, () => {
    assert.throws(
      () => encode(request),
      (error: unknown) => error instanceof MillraceError && error.message.startsWith(`Cannot honour \`${member}\`:`),
    )
  })
