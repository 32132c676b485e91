import type { RawHeaders } from '../../http/index.ts'
import type { FinishReason } from '../../model/index.ts'
import { type Asked, lastText, textsOf, tool } from '../asked.ts'
import { type Block, deltasOf, type Script } from '../script.ts'
import type { Frame, SimulatedFailure, Stage, Voice } from '../voice.ts'
import { type JsonObject, listOf, objectOf, textOf } from '../wire-json.ts'

/** Gemini generateContent. */
export const gemini: Voice = {
  eol: 'crlf',
  read,
  frames,
  whole,
  headers,
  failure,
  streamFailure: () => [frame('content', failure({ status: 503, message: OVERLOADED }))],
  models,
}

const OVERLOADED = 'The model is overloaded. Please try again later.'

/** Model and stream are named in the path. */
function read(body: JsonObject): Omit<Asked, 'dialect'> {
  const contents = listOf(body.contents).map(objectOf)
  const functions = listOf(body.tools).flatMap(one => listOf(objectOf(one).functionDeclarations).map(objectOf))
  const users = contents.filter(({ role = 'user' }) => role === 'user')
  const parts = contents.flatMap(({ parts }) => listOf(parts).map(objectOf))
  const results = parts.filter(part => Object.hasOwn(part, 'functionResponse'))
  return {
    model: undefined,
    stream: false,
    userText: lastText(users.at(-1)?.parts),
    userTexts: users.flatMap(({ parts }) => textsOf(parts)),
    toolResults: results.map(({ functionResponse }) => resultText(objectOf(objectOf(functionResponse).response))),
    tools: functions.flatMap(one => tool(one.name, one.parametersJsonSchema ?? one.parameters)),
    endsWithToolResult: listOf(contents.at(-1)?.parts).some(part => Object.hasOwn(objectOf(part), 'functionResponse')),
    includeUsage: true,
    prompt: JSON.stringify([body.systemInstruction, contents, functions]),
  }
}

/** A result is an object; its text stands under one of these names, as Google's own examples have it. */
function resultText(response: JsonObject): string {
  const said = response.output ?? response.result ?? response.error ?? response
  return textOf(said) ?? JSON.stringify(said)
}

/** Tokens made so far: every chunk tells the running totals. */
interface Made {
  readonly output: number
  readonly reasoning: number
}

function* frames(script: Script): Generator<Frame> {
  if (script.finish === 'refusal') return yield frame('finish', blocked(script))
  let made: Made = { output: 0, reasoning: 0 }
  for (const block of script.blocks) {
    for (const [part, tokens] of chunksOf(script, block)) {
      const reasoning = made.reasoning + (block.kind === 'reasoning' ? tokens : 0)
      made = { output: made.output + tokens, reasoning }
      yield frame('content', answerOf(script, [part], made))
    }
  }
  yield frame(
    'finish',
    answerOf(script, [{ text: '', ...sealOf(script) }], script.usage, FINISH[script.finish] ?? 'STOP'),
  )
}

function frame(stage: Stage, chunk: unknown): Frame {
  return { stage, data: JSON.stringify(chunk) }
}

const FINISH: Partial<Record<FinishReason, string>> = { length: 'MAX_TOKENS' }

/** A call comes whole, text in pieces; each with its tokens. */
function chunksOf(script: Script, block: Block): readonly (readonly [part: object, tokens: number])[] {
  const deltas = deltasOf(block)
  if (block.kind === 'tool-call') return [[partOf(script, block), deltas.length]]
  return deltas.map(text => [partOf(script, { ...block, text }), 1])
}

function partOf({ id }: Script, block: Block): object {
  switch (block.kind) {
    case 'text':
    case 'refusal':
      return { text: block.text }
    case 'reasoning':
      return { text: block.text, thought: true }
    case 'tool-call':
      return { functionCall: { name: block.name, args: JSON.parse(block.input), id: `${id}${block.call}` } }
  }
}

/** The signature rides on the last part, after what was thought. */
function sealOf({ blocks }: Script): object | undefined {
  const reasoning = blocks.find(block => block.kind === 'reasoning')
  return reasoning && { thoughtSignature: reasoning.seal }
}

function whole(script: Script): unknown {
  if (script.finish === 'refusal') return blocked(script)
  const parts = script.blocks.map(block => partOf(script, block))
  const sealed = parts.with(-1, { ...parts.at(-1), ...sealOf(script) })
  return answerOf(script, sealed, script.usage, FINISH[script.finish] ?? 'STOP')
}

function answerOf(script: Script, parts: readonly object[], made: Made, finishReason?: string): object {
  const candidate = { content: { parts, role: 'model' }, ...(finishReason && { finishReason }), index: 0 }
  return { candidates: [candidate], ...about(script, made) }
}

/** Gemini does not talk when it refuses: it blocks the prompt. */
function blocked(script: Script): object {
  return { promptFeedback: { blockReason: 'PROHIBITED_CONTENT' }, ...about(script, { output: 0, reasoning: 0 }) }
}

function about({ id, model, usage }: Script, { output, reasoning }: Made): object {
  const usageMetadata = {
    promptTokenCount: usage.input,
    candidatesTokenCount: output - reasoning,
    totalTokenCount: usage.input + output,
    cachedContentTokenCount: usage.cacheRead,
    promptTokensDetails: [{ modality: 'TEXT', tokenCount: usage.input }],
    ...(reasoning > 0 && { thoughtsTokenCount: reasoning }),
  }
  return { usageMetadata, modelVersion: model, responseId: id }
}

function headers(requestId: string): RawHeaders {
  return [
    ['x-request-id', requestId],
    ['server-timing', 'gfet4t7; dur=42'],
    ['vary', 'Origin'],
    ['vary', 'X-Origin'],
    ['cache-control', 'private'],
    ['alt-svc', 'h3=":443"; ma=2592000'],
    ['set-cookie', 'NID=sim; path=/; HttpOnly'],
    ['set-cookie', 'AEC=sim; path=/; HttpOnly'],
  ].flat()
}

const STATUS: Readonly<Record<number, string>> = {
  400: 'INVALID_ARGUMENT',
  401: 'UNAUTHENTICATED',
  403: 'PERMISSION_DENIED',
  404: 'NOT_FOUND',
  413: 'INVALID_ARGUMENT',
  429: 'RESOURCE_EXHAUSTED',
  500: 'INTERNAL',
  504: 'DEADLINE_EXCEEDED',
}

function failure({ status, message }: Omit<SimulatedFailure, 'requestId'>): unknown {
  return { error: { code: status, message, status: STATUS[status] ?? 'UNAVAILABLE' } }
}

function models(names: readonly string[]): unknown {
  return {
    models: names.map(name => ({
      name: `models/${name}`,
      version: '1',
      displayName: name,
      inputTokenLimit: 1_048_576,
      outputTokenLimit: 65_536,
      supportedGenerationMethods: ['generateContent', 'countTokens'],
    })),
  }
}
