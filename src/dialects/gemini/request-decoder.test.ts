import assert from 'node:assert/strict'
import { test } from 'node:test'
import { clientRequests, requestBodies } from '../../../test/corpus.ts'
import { MillraceError } from '../../errors.ts'
import { Losses, type Request } from '../../model/index.ts'
import type { Match } from '../dialect.ts'
import { partsText, sealText } from './carrier.ts'
import { http } from './http.ts'
import { decodeRequest } from './request-decoder.ts'
import { encodeRequest } from './request-encoder.ts'

const MATCH: Match = { operation: 'generate', path: '/models/g:generateContent', model: 'g', stream: false }
const HELLO = { contents: [{ role: 'user', parts: [{ text: 'Hello' }] }] }

function decode(body: object): Request {
  return decodeRequest(body as Readonly<Record<string, unknown>>, MATCH)
}

function withConfig(generationConfig: object): Partial<Request> {
  const { model, stream, instructions, turns, tools, ...rest } = decode({ ...HELLO, generationConfig })
  return rest
}

const native = (members: object) => ({ dialect: 'gemini', members })

const CONFIGS: readonly (readonly [config: object, said: object])[] = [
  [
    { temperature: 0, topP: 0.5, topK: 3, seed: 1, presencePenalty: 0.1, frequencyPenalty: 0.2 },
    { sampling: { temperature: 0, topP: 0.5, topK: 3, seed: 1, presencePenalty: 0.1, frequencyPenalty: 0.2 } },
  ],
  [
    { max_output_tokens: 5, stop_sequences: ['#'], candidateCount: 2 },
    { maxOutputTokens: 5, stop: ['#'], choices: 2 },
  ],
  [{ responseMimeType: 'application/json' }, { output: { format: 'json' } }],
  [
    { responseMimeType: 'application/json', responseSchema: { type: 'STRING', nullable: true } },
    { output: { format: 'schema', schema: { type: ['string', 'null'] } } },
  ],
  [{ response_json_schema: { $defs: {} } }, { output: { format: 'schema', schema: { $defs: {} } } }],
  [{ responseMimeType: 'text/x.enum' }, { native: native({ generationConfig: { responseMimeType: 'text/x.enum' } }) }],
  [{ responseModalities: ['TEXT', 'IMAGE'] }, { output: { modalities: ['text', 'image'] } }],
  [{ responseLogprobs: true, logprobs: 3 }, { logprobs: { top: 3 } }],
  [{ thinkingConfig: { thinkingBudget: 0 } }, { reasoning: { enabled: false } }],
  [{ thinkingConfig: { thinkingBudget: -1 } }, { reasoning: { enabled: 'adaptive', summary: 'omitted' } }],
  [
    { thinking_config: { include_thoughts: true, thinking_budget: 512 } },
    { reasoning: { enabled: true, budgetTokens: 512, summary: 'auto' } },
  ],
  [{ thinkingConfig: { thinkingLevel: 'low' } }, { reasoning: { effort: 'low' } }],
  [
    { thinkingConfig: { thinkingLevel: 'ODD' }, speechConfig: { a: 1 } },
    { native: native({ generationConfig: { speechConfig: { a: 1 }, thinkingConfig: { thinkingLevel: 'ODD' } } }) },
  ],
]

for (const [config, said] of CONFIGS)
  test(`generationConfig ${JSON.stringify(config)}`, () => {
    assert.deepEqual(withConfig(config), { sampling: {}, ...said })
  })

test('what stands beside the configuration is read, or kept', () => {
  const { contents: _, ...body } = HELLO
  const read = decode({
    ...body,
    ...HELLO,
    system_instruction: { parts: [{ text: 'Be brief' }] },
    labels: { team: 'mill' },
    serviceTier: 'flex',
    store: false,
    cached_content: 'cachedContents/1',
    safetySettings: [{ category: 'C' }],
  })
  assert.deepEqual(read, {
    model: 'g',
    stream: false,
    instructions: [{ kind: 'text', text: 'Be brief' }],
    turns: [{ role: 'user', parts: [{ kind: 'text', text: 'Hello' }] }],
    tools: [],
    sampling: {},
    metadata: { team: 'mill' },
    serviceTier: 'flex',
    store: false,
    native: native({ cachedContent: 'cachedContents/1', safetySettings: [{ category: 'C' }] }),
  })
})

test('functions are tools of the client, everything else is Google’s', () => {
  const functionDeclarations = [
    { name: 'f', description: 'F', parameters: { type: 'OBJECT', properties: { a: { type: 'INTEGER' } } } },
    { name: 'g', parametersJsonSchema: { type: 'object' }, behavior: 'BLOCKING' },
  ]
  assert.deepEqual(decode({ ...HELLO, tools: [{ google_search: {} }, { functionDeclarations }] }).tools, [
    { kind: 'provider', name: 'googleSearch', native: native({ googleSearch: {} }) },
    {
      kind: 'function',
      name: 'f',
      description: 'F',
      schema: { type: 'object', properties: { a: { type: 'integer' } } },
    },
    { kind: 'function', name: 'g', schema: { type: 'object' }, native: native({ behavior: 'BLOCKING' }) },
  ])
})

const CHOICES: readonly (readonly [config: object, choice: object | undefined, native: object | undefined])[] = [
  [{ mode: 'AUTO' }, { type: 'auto' }, undefined],
  [{ mode: 'NONE' }, { type: 'none' }, undefined],
  [{ mode: 'ANY' }, { type: 'required' }, undefined],
  [{ mode: 'ANY', allowed_function_names: ['f'] }, { type: 'tool', name: 'f' }, undefined],
  [{ mode: 'ANY', allowedFunctionNames: ['f', 'g'] }, { type: 'required' }, { allowedFunctionNames: ['f', 'g'] }],
  [{ mode: 'VALIDATED' }, undefined, { mode: 'VALIDATED' }],
]

for (const [functionCallingConfig, choice, rest] of CHOICES)
  test(`functionCallingConfig ${JSON.stringify(functionCallingConfig)}`, () => {
    const read = decode({ ...HELLO, toolConfig: { functionCallingConfig } })
    assert.deepEqual(read.toolChoice, choice)
    const members = rest && { toolConfig: { functionCallingConfig: rest } }
    assert.deepEqual(read.native, members && native(members))
  })

test('results find their calls by id, else by name and order', () => {
  const called = (name: string, id?: string) => ({ functionCall: { name, args: {}, ...(id && { id }) } })
  const answered = (name: string, result: string, id?: string) => ({
    functionResponse: { name, response: { output: result }, ...(id && { id }) },
  })
  const { turns } = decode({
    contents: [
      { role: 'model', parts: [called('f'), called('f'), called('g', 'own'), called('f')] },
      { role: 'function', parts: [answered('f', '1'), answered('g', '3', 'own'), answered('f', '2')] },
      { role: 'user', parts: [answered('f', '4'), answered('h', '5')] },
    ],
  })
  const ids = turns.flatMap(({ parts }) => parts.flatMap(part => ('callId' in part ? [part.callId] : [])))
  assert.deepEqual(ids, ['call_0', 'call_1', 'own', 'call_2', 'call_0', 'own', 'call_1', 'call_2', 'call_3'])
})

const RESULTS: readonly (readonly [
  response: object | undefined,
  text: string | undefined,
  failed: boolean,
  key?: string,
])[] = [
  [{ output: 'sunny' }, 'sunny', false],
  [{ result: 'sunny' }, 'sunny', false, 'result'],
  [{ output: '{"a":1}' }, '{"a":1}', false, 'output'],
  [{ error: 'no' }, 'no', true],
  [{ a: 1, b: 'x' }, '{"a":1,"b":"x"}', false],
  [{ error: { code: 1 } }, '{"error":{"code":1}}', true],
  [{ output: '{}' }, '{}', false],
  [{}, undefined, false],
  [undefined, undefined, false],
]

for (const [response, text, failed, key] of RESULTS)
  test(`a response ${JSON.stringify(response)} says ${text ?? 'nothing'}`, () => {
    const { turns } = decode({ contents: [{ parts: [{ functionResponse: { name: 'f', response } }] }] })
    assert.deepEqual(turns[0]?.parts, [
      {
        kind: 'tool-result',
        callId: 'call_0',
        failed,
        content: text === undefined ? [] : [{ kind: 'text', text }],
        ...(key === undefined ? {} : { native: native({ functionResponse: { response: key } }) }),
      },
    ])
  })

test('media come with their bytes, or by their address', () => {
  const { turns } = decode({
    contents: [
      {
        parts: [
          { inline_data: { mime_type: 'image/png', data: 'AAAA' }, videoMetadata: { fps: 1 } },
          { fileData: { fileUri: 'gs://mill/a.pdf', mimeType: 'application/pdf' } },
          { file_data: { file_uri: 'https://mill.test/b.png' } },
        ],
      },
    ],
  })
  assert.deepEqual(turns[0]?.parts, [
    {
      kind: 'media',
      mediaType: 'image/png',
      source: { type: 'base64', data: 'AAAA' },
      native: native({ videoMetadata: { fps: 1 } }),
    },
    { kind: 'media', mediaType: 'application/pdf', source: { type: 'file', fileId: 'gs://mill/a.pdf' } },
    { kind: 'media', mediaType: '*/*', source: { type: 'url', url: 'https://mill.test/b.png' } },
  ])
})

test('the chunks of an answer that come back as contents of their own are one turn', () => {
  const chunks = [
    { text: 'I th', thought: true },
    { text: 'ink', thought: true },
    { text: '', thought: true, thoughtSignature: 'c2ln' },
    { text: 'The' },
    { text: ' mill' },
    { functionCall: { name: 'turn', args: {} } },
  ]
  const { turns } = decode({
    contents: [...HELLO.contents, ...chunks.map(part => ({ role: 'model', parts: [part] })), ...HELLO.contents],
  })
  assert.deepEqual(
    turns.map(({ role }) => role),
    ['user', 'assistant', 'user'],
  )
  const seal = { dialect: 'gemini', issuer: '', kind: 'signature', value: 'c2ln' }
  assert.partialDeepStrictEqual(turns[1]?.parts, [
    { kind: 'reasoning', texts: ['I think'], seals: [seal] },
    { kind: 'text', text: 'The mill' },
    { kind: 'tool-call', name: 'turn' },
  ])
})

test('what rode to the client in signatures is unwrapped', () => {
  const seal = { dialect: 'messages', issuer: 'a', kind: 'signature', value: 'EqQB' } as const
  const served = [
    { kind: 'tool-call', callId: 's', name: 'web', runBy: 'provider', input: 'json', payload: '{}' },
    { kind: 'tool-result', callId: 's', failed: false, content: [], payload: '[]' },
  ] as const
  const { turns } = decode({
    contents: [
      {
        role: 'model',
        parts: [
          { text: 'Hm', thought: true },
          { text: '', thought: true, thoughtSignature: sealText(seal, 'signature') },
          { text: '', thought: true, thoughtSignature: partsText(served) },
          { functionCall: { name: 'f', args: {} }, thoughtSignature: 'own' },
        ],
      },
    ],
  })
  assert.deepEqual(turns[0]?.parts, [
    { kind: 'reasoning', form: 'full', texts: ['Hm'], seals: [seal] },
    ...served,
    {
      kind: 'tool-call',
      callId: 'call_0',
      name: 'f',
      runBy: 'client',
      input: 'json',
      payload: '{}',
      seals: [{ dialect: 'gemini', issuer: '', kind: 'signature', value: 'own' }],
    },
  ])
})

const WRONG: readonly (readonly [body: object, member: string])[] = [
  [{}, 'contents'],
  [{ contents: 'Hello' }, 'contents'],
  [{ contents: ['Hello'] }, 'contents[0]'],
  [{ contents: [{ role: 'system', parts: [] }] }, 'contents[0].role'],
  [{ contents: [{ parts: {} }] }, 'contents[0].parts'],
  [{ contents: [{ parts: [{ text: 1 }] }] }, 'contents[0].parts[0].text'],
  [{ contents: [{ parts: [{ functionCall: {} }] }] }, 'contents[0].parts[0].functionCall.name'],
  [{ contents: [{ parts: [{ functionCall: { name: 'f', args: [] } }] }] }, 'contents[0].parts[0].functionCall.args'],
  [{ contents: [{ parts: [{ inlineData: { data: 'A' } }] }] }, 'contents[0].parts[0].inlineData.mimeType'],
  [{ ...HELLO, systemInstruction: 'Be brief' }, 'systemInstruction'],
  [{ ...HELLO, tools: {} }, 'tools'],
  [{ ...HELLO, tools: [{ functionDeclarations: [{}] }] }, 'tools[0].functionDeclarations[0].name'],
  [{ ...HELLO, generationConfig: { temperature: 'hot' } }, 'generationConfig.temperature'],
  [{ ...HELLO, generationConfig: { stopSequences: [1] } }, 'generationConfig.stopSequences[0]'],
  [{ ...HELLO, generationConfig: { thinkingConfig: 1 } }, 'generationConfig.thinkingConfig'],
  [{ ...HELLO, toolConfig: { functionCallingConfig: { mode: 1 } } }, 'toolConfig.functionCallingConfig.mode'],
  [{ ...HELLO, labels: { a: 1 } }, 'labels.a'],
]

for (const [body, member] of WRONG)
  test(`${member} of a wrong type is refused by its name`, () => {
    assert.throws(
      () => decode(body),
      (error: unknown) =>
        error instanceof MillraceError && error.message.startsWith(`Cannot read \`${member}\`: expected`),
    )
  })

for (const { file, body } of requestBodies().filter(({ dialect }) => dialect === 'gemini'))
  test(`${file} keeps its meaning when it is written and read again`, () => {
    const match = { ...MATCH, stream: true }
    const request = decodeRequest(JSON.parse(body.toString()), match)
    const losses = new Losses()
    const context = {
      model: 'gemini-2.5-flash',
      stream: true,
      askUsage: false,
      issuer: '',
      apiVersion: undefined,
      losses,
    }
    const again = decodeRequest(encodeRequest(request, context).body, match)
    assert.deepEqual({ ...again, turns: partsOf(again) }, { ...request, turns: partsOf(request) })
    assert.deepEqual(losses.all, [])
  })

/** Turns of one side that follow each other are one turn to the API. */
function partsOf({ turns }: Request) {
  return turns.flatMap(({ role, parts }) => parts.map(part => [role, part]))
}

for (const { client, path, query, method, body } of clientRequests().filter(({ path }) => /enerateContent$/.test(path)))
  test(`a request of ${client} is read`, () => {
    const match = http.match(method, path.replace(/^\/v1(beta)?/, ''), query)
    assert.ok(match)
    assert.equal(decodeRequest(JSON.parse(body.toString()), match).turns.length, 1)
  })
