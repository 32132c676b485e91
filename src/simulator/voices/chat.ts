import type { FinishReason } from '../../model/index.ts'
import { type Asked, lastText, textsOf, tool } from '../asked.ts'
import { type BlockOf, CREATED_AT, deltasOf, joinedText, type Script } from '../script.ts'
import type { Frame, Stage, Voice } from '../voice.ts'
import { type JsonObject, listOf, objectOf, textOf } from '../wire-json.ts'
import { openaiFailure, openaiHeaders, openaiModels, SERVER_ERROR } from './openai.ts'

/** OpenAI Chat Completions; reasoning in the form of OpenRouter, since OpenAI itself shows none here. */
export const chat: Voice = {
  eol: 'lf',
  read,
  frames,
  whole,
  headers: openaiHeaders,
  failure: openaiFailure,
  streamFailure: () => [{ stage: 'content', data: JSON.stringify({ error: { ...SERVER_ERROR, param: null } }) }, DONE],
  models: openaiModels,
}

const DONE: Frame = { stage: 'trailer', data: '[DONE]' }

const FINISH: Partial<Record<FinishReason, string>> = { length: 'length', 'tool-calls': 'tool_calls' }

function read(body: JsonObject): Omit<Asked, 'dialect'> {
  const messages = listOf(body.messages).map(objectOf)
  const functions = listOf(body.tools).map(one => objectOf(objectOf(one).function))
  const said = (by: string) => messages.filter(({ role }) => role === by)
  return {
    model: textOf(body.model),
    stream: body.stream === true,
    userText: lastText(said('user').at(-1)?.content),
    userTexts: said('user').flatMap(({ content }) => textsOf(content)),
    toolResults: said('tool').map(({ content }) => textsOf(content).join('\n')),
    tools: functions.flatMap(({ name, parameters }) => tool(name, parameters)),
    endsWithToolResult: messages.at(-1)?.role === 'tool',
    includeUsage: objectOf(body.stream_options).include_usage === true,
    prompt: JSON.stringify([messages, functions]),
  }
}

function* frames(script: Script, { includeUsage }: Asked): Generator<Frame> {
  const chunk = (stage: Stage, members: object): Frame => ({
    stage,
    data: JSON.stringify({ ...envelope(script, 'chat.completion.chunk'), ...members }),
  })
  const choice = (stage: Stage, delta: object, finish: string | null = null): Frame => {
    const choices = [{ index: 0, delta, logprobs: null, finish_reason: finish }]
    return chunk(stage, includeUsage ? { choices, usage: null } : { choices })
  }

  yield choice('handshake', { role: 'assistant', content: '', refusal: null })
  for (const delta of deltas(script)) yield choice('content', delta)
  yield choice('finish', {}, FINISH[script.finish] ?? 'stop')
  if (includeUsage) yield chunk('trailer', { choices: [], usage: usageOf(script) })
  yield DONE
}

function* deltas(script: Script): Generator<object> {
  for (const block of script.blocks) {
    if (block.kind === 'tool-call') yield* callDeltas(script, block)
    else for (const text of deltasOf(block)) yield TEXT_DELTA[block.kind](text)
    if (block.kind === 'reasoning') yield { content: '', reasoning_details: [{ ...DETAIL, signature: block.seal }] }
  }
}

const DETAIL = { type: 'reasoning.text', text: '', format: 'anthropic-claude-v1', index: 0 }

const TEXT_DELTA: Record<'text' | 'refusal' | 'reasoning', (text: string) => object> = {
  text: text => ({ content: text }),
  refusal: text => ({ refusal: text }),
  reasoning: text => ({ content: '', reasoning: text, reasoning_details: [{ ...DETAIL, text }] }),
}

function* callDeltas(script: Script, block: BlockOf<'tool-call'>): Generator<object> {
  const index = block.call
  yield { tool_calls: [{ index, ...callOf(script, block, '') }] }
  for (const text of deltasOf(block)) yield { tool_calls: [{ index, function: { arguments: text } }] }
}

function whole(script: Script): unknown {
  const calls = script.blocks.filter(block => block.kind === 'tool-call')
  const message = {
    role: 'assistant',
    content: joinedText(script, 'text'),
    refusal: joinedText(script, 'refusal'),
    ...reasoningOf(script.blocks.find(block => block.kind === 'reasoning')),
    ...(calls.length > 0 && { tool_calls: calls.map(block => callOf(script, block, block.input)) }),
  }
  const choice = { index: 0, message, logprobs: null, finish_reason: FINISH[script.finish] ?? 'stop' }
  return { ...envelope(script, 'chat.completion'), choices: [choice], usage: usageOf(script) }
}

function reasoningOf(block: BlockOf<'reasoning'> | undefined): object | undefined {
  if (block === undefined) return undefined
  return { reasoning: block.text, reasoning_details: [{ ...DETAIL, text: block.text, signature: block.seal }] }
}

function callOf({ id }: Script, { call, name }: BlockOf<'tool-call'>, input: string): object {
  return { id: `call_${id}${call}`, type: 'function', function: { name, arguments: input } }
}

function envelope({ id, model }: Script, object: string): object {
  return {
    id: `chatcmpl-${id}`,
    object,
    created: CREATED_AT,
    model,
    service_tier: 'default',
    system_fingerprint: 'fp_sim',
  }
}

function usageOf({ usage }: Script): object {
  return {
    prompt_tokens: usage.input,
    completion_tokens: usage.output,
    total_tokens: usage.input + usage.output,
    prompt_tokens_details: { cached_tokens: usage.cacheRead, audio_tokens: 0 },
    completion_tokens_details: {
      reasoning_tokens: usage.reasoning,
      audio_tokens: 0,
      accepted_prediction_tokens: 0,
      rejected_prediction_tokens: 0,
    },
  }
}
