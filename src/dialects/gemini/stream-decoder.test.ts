import assert from 'node:assert/strict'
import { test } from 'node:test'
import { decodeChunks, decodeText, foldChunks, ISSUER } from '../../../test/gemini-codec.ts'
import type { Part } from '../../model/index.ts'
import { foldEvents } from '../../model/index.ts'
import { openingText, sealText } from './carrier.ts'
import { createStreamDecoder } from './stream-decoder.ts'

function chunk(parts: readonly object[], more: object = {}): object {
  return { candidates: [{ content: { role: 'model', parts }, ...more }] }
}

const STOP = { finishReason: 'STOP' }

function partsOf(...chunks: readonly object[]): readonly Part[] {
  return foldChunks(...chunks, chunk([], STOP)).candidates[0]?.parts ?? []
}

function sealed(value: string, kind: 'signature' | 'encrypted' = 'signature') {
  return [{ dialect: 'gemini', issuer: ISSUER, kind, value }]
}

const reasoning = (text: string, more: object = {}) => ({
  kind: 'reasoning',
  form: 'full',
  texts: text === '' ? [] : [text],
  ...more,
})
const call = (callId: string, name: string, payload: string, more: object = {}) => ({
  kind: 'tool-call',
  callId,
  name,
  runBy: 'client',
  input: 'json',
  payload,
  ...more,
})

const PARTS: Readonly<Record<string, readonly [chunks: readonly object[][], parts: readonly object[]]>> = {
  'text in pieces is one block': [[[{ text: 'Das ' }], [{ text: 'Mehl' }]], [{ kind: 'text', text: 'Das Mehl' }]],
  'thoughts are reasoning': [
    [[{ text: 'Hm, ', thought: true }], [{ text: 'wind', thought: true }, { text: 'Yes' }]],
    [reasoning('Hm, wind'), { kind: 'text', text: 'Yes' }],
  ],
  'an empty text is nothing': [
    [[{ text: '' }], [{ functionCall: { name: 'f' } }, { text: '' }]],
    [call('call_0', 'f', '{}')],
  ],
  'a signature on an empty text is a block of its own': [
    [[{ text: 'Hi' }], [{ text: '', thoughtSignature: 'c2ln' }]],
    [{ kind: 'text', text: 'Hi' }, reasoning('', { seals: sealed('c2ln', 'encrypted') })],
  ],
  'a signature on a text is the same block': [
    [[{ text: 'H' }], [{ text: 'i', thoughtSignature: 'c2ln' }], [{ text: '!' }]],
    [{ kind: 'text', text: 'Hi' }, reasoning('', { seals: sealed('c2ln', 'encrypted') }), { kind: 'text', text: '!' }],
  ],
  'a signature alone is one, too': [
    [[{ thoughtSignature: 'c2ln' }]],
    [reasoning('', { seals: sealed('c2ln', 'encrypted') })],
  ],
  'a signature on a thought proves it': [
    [[{ text: 'Hm', thought: true, thoughtSignature: 'c2ln' }], [{ text: 'So', thought: true }]],
    [reasoning('Hm', { seals: sealed('c2ln') }), reasoning('So')],
  ],
  'a signature on a call stays there': [
    [[{ functionCall: { name: 'f', args: { a: 1 }, id: 'x1' }, thoughtSignature: 'c2ln' }]],
    [call('x1', 'f', '{"a":1}', { seals: sealed('c2ln') })],
  ],
  'calls in one chunk and in several get ids in their order': [
    [
      [{ functionCall: { name: 'f', args: {} } }, { functionCall: { name: 'f', args: { b: 2 } } }],
      [{ functionCall: { name: 'g' } }],
    ],
    [call('call_0', 'f', '{}'), call('call_1', 'f', '{"b":2}'), call('call_2', 'g', '{}')],
  ],
  'arguments that come in pieces are told whole': [
    [
      [{ functionCall: { name: 'f', willContinue: true } }],
      [
        {
          functionCall: {
            partialArgs: [{ jsonPath: '$.a[0]', stringValue: 'x', willContinue: true }],
            willContinue: true,
          },
        },
      ],
      [{ functionCall: { partialArgs: [{ jsonPath: '$.a[0]', stringValue: 'y' }], willContinue: true } }],
      [{ functionCall: {} }],
      [{ functionCall: { name: 'g' } }],
    ],
    [call('call_0', 'f', '{"a":["xy"]}'), call('call_1', 'g', '{}')],
  ],
  'code that Google runs is a call of its tool': [
    [
      [{ executableCode: { language: 'PYTHON', code: '1+1' } }],
      [{ codeExecutionResult: { outcome: 'OUTCOME_FAILED', output: 'no' } }],
    ],
    [
      call('call_0', 'code_execution', '{"language":"PYTHON","code":"1+1"}', {
        runBy: 'provider',
        native: { dialect: 'gemini', members: { executableCode: {} } },
      }),
      {
        kind: 'tool-result',
        callId: 'call_0',
        failed: true,
        content: [],
        payload: '{"outcome":"OUTCOME_FAILED","output":"no"}',
        native: { dialect: 'gemini', members: { codeExecutionResult: {} } },
      },
    ],
  ],
  'pictures are media': [
    [[{ inlineData: { mimeType: 'image/png', data: 'AAAA' } }]],
    [{ kind: 'media', mediaType: 'image/png', source: { type: 'base64', data: 'AAAA' } }],
  ],
  'parts that nobody knows are native': [
    [[{ audioTranscription: { text: 'la' }, thoughtSignature: 'c2ln' }], [{ fileData: { fileUri: 'files/1' } }]],
    [
      {
        kind: 'native',
        seals: sealed('c2ln'),
        native: { dialect: 'gemini', members: { audioTranscription: { text: 'la' } } },
      },
      { kind: 'native', native: { dialect: 'gemini', members: { fileData: { fileUri: 'files/1' } } } },
    ],
  ],
  'a seal that we wrapped comes out': [
    [
      [{ text: 'Hm', thought: true }],
      [
        {
          text: '',
          thought: true,
          thoughtSignature: sealText(
            { dialect: 'messages', issuer: 'a', kind: 'signature', value: 'EqQB' },
            'signature',
          ),
        },
      ],
    ],
    [reasoning('Hm', { seals: [{ dialect: 'messages', issuer: 'a', kind: 'signature', value: 'EqQB' }] })],
  ],
  'a beginning that we wrapped begins a block': [
    [
      [{ text: 'One', thought: true }],
      [{ text: '', thought: true, thoughtSignature: openingText({ form: 'summary', item: 'rs_1' }) }],
      [{ text: 'Two', thought: true }],
    ],
    [reasoning('One'), { kind: 'reasoning', form: 'summary', texts: ['Two'], item: 'rs_1' }],
  ],
}

for (const [name, [chunks, parts]] of Object.entries(PARTS))
  test(name, () => {
    assert.deepEqual(partsOf(...chunks.map(parts => chunk(parts))), parts)
  })

test('made up ids hold the id of the answer, so that those of several turns differ', () => {
  const message = foldChunks({ ...chunk([{ functionCall: { name: 'f' } }], STOP), responseId: 'r-1' })
  assert.equal(
    message.candidates[0]?.parts[0]?.kind === 'tool-call' && message.candidates[0].parts[0].callId,
    'call_r-1_0',
  )
})

test('numbers in arguments that doubles do not hold stay as they are', () => {
  const events = decodeText(
    'data: {"candidates":[{"content":{"parts":[{"functionCall":{"name":"f","args":{"n":12345678901234567890}}}]},"finishReason":"STOP"}]}\n\n',
  )
  const [part] = foldEvents(events).candidates[0]?.parts ?? []
  assert.equal(part?.kind === 'tool-call' && part.payload, '{"n":12345678901234567890}')
})

test('calls before the chunk with the finish end in tool calls', () => {
  const message = foldChunks(chunk([{ functionCall: { name: 'f' } }]), chunk([{ text: '' }], STOP))
  assert.deepEqual(message.candidates[0]?.finish, { reason: 'tool-calls', raw: 'STOP' })
})

test('the last finish counts, with everything that was said of the candidate', () => {
  const message = foldChunks(
    chunk([{ text: 'a' }], { ...STOP, safetyRatings: [1] }),
    chunk([], { ...STOP, avgLogprobs: -1 }),
    { candidates: [{ finishReason: 'RECITATION', finishMessage: 'cited' }] },
  )
  assert.deepEqual(message.candidates[0]?.finish, {
    reason: 'filtered',
    raw: 'RECITATION',
    native: { dialect: 'gemini', members: { safetyRatings: [1], avgLogprobs: -1, finishMessage: 'cited' } },
  })
})

test('a blocked prompt is one candidate that was filtered', () => {
  const promptFeedback = { blockReason: 'SAFETY' }
  assert.deepEqual(foldChunks({ promptFeedback, usageMetadata: { promptTokenCount: 3 } }), {
    id: undefined,
    model: undefined,
    candidates: [{ index: 0, parts: [], finish: { reason: 'filtered', raw: 'SAFETY' } }],
    usage: { input: 3 },
    native: { dialect: 'gemini', members: { promptFeedback } },
  })
})

test('usage is told at its beginning and at the end, the last explicit value of each member', () => {
  const usages = decodeChunks(
    { ...chunk([{ text: 'a' }]), usageMetadata: { promptTokenCount: 9, candidatesTokenCount: 12 } },
    { ...chunk([{ text: 'b' }]), usageMetadata: { candidatesTokenCount: 4, thoughtsTokenCount: 0, trafficType: 'X' } },
    { ...chunk([], STOP), usageMetadata: { promptTokenCount: null, toolUsePromptTokenCount: 1 } },
  ).flatMap(event => (event.type === 'usage' ? [event.usage] : []))
  const members = { toolUsePromptTokenCount: 1, trafficType: 'X' }
  assert.deepEqual(usages, [
    { input: 9, output: 12 },
    { input: 10, output: 4, reasoning: 0, native: { dialect: 'gemini', members } },
  ])
})

test('places of sources count in UTF-16 code units, and the words decide where bytes do not fit', () => {
  const supports = [
    { segment: { startIndex: 7, endIndex: 13, text: 'Mühle' }, groundingChunkIndices: [0] },
    { segment: { startIndex: 1, endIndex: 3, text: 'Die' }, groundingChunkIndices: [1] },
  ]
  const groundingChunks = [
    { web: { uri: 'https://a.test', title: 'A', domain: 'a.test' } },
    { retrievedContext: { uri: 'https://b.test', text: 'Die Mühle', documentName: 'docs/1' } },
    { web: { uri: 'https://c.test' } },
  ]
  const groundingMetadata = { groundingChunks, groundingSupports: supports, webSearchQueries: ['mill'] }
  const [candidate] = foldChunks(chunk([{ text: 'Die 🌾Mühle' }], { ...STOP, groundingMetadata })).candidates
  assert.deepEqual(candidate?.annotations, [
    {
      kind: 'url',
      url: 'https://a.test',
      title: 'A',
      start: 6,
      end: 11,
      native: { dialect: 'gemini', members: { web: { domain: 'a.test' } } },
    },
    { kind: 'file', url: 'https://b.test', fileId: 'docs/1', quote: 'Die Mühle', start: 0, end: 3 },
    { kind: 'url', url: 'https://c.test' },
  ])
  assert.deepEqual(candidate?.finish?.native?.members, { groundingMetadata: { webSearchQueries: ['mill'] } })
})

test('groundings that repeat earlier ones are told once', () => {
  const groundingMetadata = {
    groundingChunks: [{ web: { uri: 'https://a.test' } }],
    groundingSupports: [{ segment: { endIndex: 2, text: 'Hi' }, groundingChunkIndices: [0] }],
  }
  const [candidate] = foldChunks(
    chunk([{ text: 'Hi' }], { groundingMetadata }),
    chunk([{ text: ' all' }], { ...STOP, groundingMetadata }),
  ).candidates
  assert.deepEqual(candidate?.annotations, [{ kind: 'url', url: 'https://a.test', start: 0, end: 2 }])
})

test('an error closes what is open, after the usage, and nothing follows it', () => {
  const error = { code: 503, message: 'No capacity', status: 'UNAVAILABLE' }
  const events = decodeChunks(
    chunk([{ text: 'a' }]),
    { error, usageMetadata: { promptTokenCount: 1 } },
    chunk([], STOP),
  )
  assert.deepEqual(
    events.map(({ type }) => type),
    ['message-start', 'block-start', 'text-delta', 'usage', 'usage', 'block-end', 'error'],
  )
})

test('a stream without a finish is truncated', () => {
  assert.equal(foldChunks(chunk([{ text: 'a' }])).failure?.code, 'truncated')
})

test('data that is no chunk is surfaced, also before the first one', () => {
  const text = `data: [1]\n\ndata: ${JSON.stringify(chunk([{ text: 'a' }], STOP))}\n\nevent: odd\ndata: <html>\n\n`
  const natives = decodeText(text).flatMap(event =>
    event.type === 'native' ? [[event.name, event.native.members]] : [],
  )
  assert.deepEqual(natives, [
    [undefined, { data: '[1]' }],
    ['odd', { data: '<html>' }],
  ])
})

test('an error after the finish ends the answer and does not undo it; one beside it does', () => {
  const error = { error: { code: 503, message: 'No capacity', status: 'UNAVAILABLE' } }
  const late = foldChunks(chunk([{ text: 'a' }], STOP), error)
  assert.deepEqual([late.failure, late.candidates[0]?.finish?.reason], [undefined, 'stop'])
  const beside = foldChunks(chunk([{ text: 'a' }]), { ...chunk([], STOP), ...error })
  assert.equal(beside.failure?.message, 'No capacity')
})

test('it is finished when every candidate is, and terminal only after its end', () => {
  const decoder = createStreamDecoder({ issuer: ISSUER }, () => {})
  const push = (chunk: object) => decoder.push({ data: JSON.stringify(chunk) })
  push({ candidates: [{ index: 0, ...STOP }, { index: 1 }] })
  assert.deepEqual([decoder.isFinished, decoder.isTerminal], [false, false])
  push({ candidates: [{ index: 1, ...STOP }] })
  assert.deepEqual([decoder.isFinished, decoder.isTerminal], [true, false])
  decoder.end()
  assert.deepEqual([decoder.isFinished, decoder.isTerminal], [true, true])
})
