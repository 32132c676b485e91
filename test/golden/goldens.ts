/**
 * A few conversions written out, to be read. Each file holds what came, what the client of another dialect
 * gets of it, and what was lost on the way; `npm run golden` writes them anew, and their diff is to be read
 * before it is committed.
 */
import { join } from 'node:path'
import type { DialectName, Wire } from '../../src/dialects/index.ts'
import type { Loss } from '../../src/model/index.ts'
import { type CorpusStream, ownCorpus } from '../corpus.ts'
import { decode, decodeRequest, encode, encodeRequest, SPEAKERS, type Speaker } from '../hub/codecs.ts'

export interface Golden {
  readonly path: string
  /** As it should stand. */
  readonly fresh: string
}

/** Streams of the project, and the dialect that they are told in. */
const STREAMS: readonly (readonly [id: string, client: DialectName])[] = [
  ['messages/anthropic-thinking-tools-cache', 'chat'],
  ['messages/anthropic-server-tool-pause', 'chat'],
  ['messages/anthropic-overloaded-mid-stream', 'chat'],
  ['chat/deepseek-reasoning-usage-in-finish', 'messages'],
  ['chat/openai-parallel-tools', 'messages'],
  ['chat/openrouter-error-with-choices', 'messages'],
  ['messages/anthropic-thinking-tools-cache', 'responses'],
  ['chat/deepseek-reasoning-usage-in-finish', 'gemini'],
  ['responses/openai-reasoning-summary', 'messages'],
  ['responses/openai-refusal', 'gemini'],
  ['gemini/google-thinking-parallel-tools', 'chat'],
  ['gemini/google-error-mid-stream', 'responses'],
]

interface Question {
  readonly name: string
  readonly client: DialectName
  readonly upstream: DialectName
  readonly path: string
  readonly body: Wire
}

const SCHEMA = { type: 'object', properties: { place: { type: 'string' } }, required: ['place'] }

/** Requests that say a little of everything. */
const QUESTIONS: readonly Question[] = [
  {
    name: 'request-tools-and-pictures',
    client: 'chat',
    upstream: 'messages',
    path: '/chat/completions',
    body: {
      model: 'claude-opus-4-6',
      messages: [
        { role: 'system', content: 'Be brief' },
        {
          role: 'user',
          name: 'ann',
          content: [
            { type: 'text', text: 'Is it dry enough here? 🌾' },
            { type: 'image_url', image_url: { url: 'data:image/png;base64,iVBORw0K', detail: 'low' } },
          ],
        },
        {
          role: 'assistant',
          content: null,
          tool_calls: [
            { id: 'call_1', type: 'function', function: { name: 'get_weather', arguments: '{"place":"Brig"}' } },
          ],
        },
        { role: 'tool', tool_call_id: 'call_1', content: '{"rain":0}' },
      ],
      tools: [{ type: 'function', function: { name: 'get_weather', description: 'Rain', parameters: SCHEMA } }],
      tool_choice: 'auto',
      parallel_tool_calls: false,
      temperature: 0.5,
      seed: 7,
      stop: ['###'],
      reasoning_effort: 'low',
      stream: true,
      stream_options: { include_usage: true },
    },
  },
  {
    name: 'request-thinking-and-cache',
    client: 'messages',
    upstream: 'chat',
    path: '/messages',
    body: {
      model: 'gpt-5.1',
      max_tokens: 4000,
      system: [{ type: 'text', text: 'Be brief', cache_control: { type: 'ephemeral', ttl: '1h' } }],
      messages: [
        { role: 'user', content: 'Is it dry enough here?' },
        {
          role: 'assistant',
          content: [
            { type: 'thinking', thinking: 'I need the weather.', signature: 'EqQB/+==' },
            { type: 'tool_use', id: 'toolu_1', name: 'get_weather', input: { place: 'Brig' } },
          ],
        },
        {
          role: 'user',
          content: [
            { type: 'tool_result', tool_use_id: 'toolu_1', is_error: true, content: 'no such place' },
            { type: 'text', text: 'Then guess' },
          ],
        },
      ],
      tools: [{ name: 'get_weather', description: 'Rain', input_schema: SCHEMA }],
      thinking: { type: 'enabled', budget_tokens: 2048 },
      top_k: 5,
      metadata: { user_id: 'ann' },
      stream: true,
    },
  },
  {
    name: 'request-agent',
    client: 'responses',
    upstream: 'messages',
    path: '/responses',
    body: {
      model: 'claude-opus-4-6',
      instructions: 'You are an agent',
      input: [
        { type: 'message', role: 'developer', content: [{ type: 'input_text', text: 'Be brief' }] },
        { type: 'message', role: 'user', content: [{ type: 'input_text', text: 'Is it dry enough here?' }] },
        {
          type: 'reasoning',
          id: 'rs_1',
          summary: [{ type: 'summary_text', text: 'I need the weather.' }],
          encrypted_content: 'gAAAAAB+/==',
        },
        {
          type: 'function_call',
          id: 'fc_1',
          call_id: 'call_1',
          name: 'get_weather',
          arguments: '{"place":"Brig"}',
        },
        { type: 'function_call_output', call_id: 'call_1', output: '{"rain":0}' },
      ],
      tools: [
        { type: 'function', name: 'get_weather', description: 'Rain', parameters: SCHEMA, strict: false },
        { type: 'custom', name: 'apply_patch', description: 'Edits files', format: { type: 'text' } },
      ],
      tool_choice: 'auto',
      parallel_tool_calls: true,
      reasoning: { effort: 'medium', summary: 'auto' },
      include: ['reasoning.encrypted_content'],
      prompt_cache_key: 'ann',
      store: false,
      stream: true,
    },
  },
  {
    name: 'request-pictures-and-schema',
    client: 'gemini',
    upstream: 'responses',
    path: '/models/gpt-5.1:streamGenerateContent',
    body: {
      systemInstruction: { parts: [{ text: 'Be brief' }] },
      contents: [
        {
          role: 'user',
          parts: [{ text: 'What does it say?' }, { inlineData: { mimeType: 'image/png', data: 'iVBORw0K' } }],
        },
        {
          role: 'model',
          parts: [
            { text: 'I need the weather.', thought: true },
            { functionCall: { name: 'get_weather', args: { place: 'Brig' } }, thoughtSignature: 'CpsBAVSo+/==' },
          ],
        },
        { role: 'user', parts: [{ functionResponse: { name: 'get_weather', response: { rain: 0 } } }] },
      ],
      tools: [{ functionDeclarations: [{ name: 'get_weather', description: 'Rain', parametersJsonSchema: SCHEMA }] }],
      toolConfig: { functionCallingConfig: { mode: 'ANY', allowedFunctionNames: ['get_weather'] } },
      generationConfig: {
        temperature: 0.2,
        topK: 5,
        maxOutputTokens: 500,
        stopSequences: ['###'],
        responseMimeType: 'application/json',
        responseJsonSchema: SCHEMA,
        thinkingConfig: { includeThoughts: true, thinkingBudget: 2048 },
      },
      safetySettings: [{ category: 'HARM_CATEGORY_HARASSMENT', threshold: 'BLOCK_NONE' }],
    },
  },
]

/** The files, as they should stand. */
export function goldens(): readonly Golden[] {
  return [...STREAMS.map(([id, client]) => ofStream(id, client)), ...QUESTIONS.map(ofQuestion)]
}

function ofStream(id: string, client: DialectName): Golden {
  const stream = ownCorpus().find(known => known.id === id) as CorpusStream
  const { bytes, losses } = encode(speaker(client), decode(speaker(stream.dialect), stream.bytes))
  return golden(`${id.replace('/', '-')}-to-${client}`, [
    [`${stream.dialect}: what came`, `${stream.bytes}`],
    [`${client}: what goes out`, `${bytes}`],
    ['losses', listed(losses.all)],
  ])
}

function ofQuestion({ name, client, upstream, path, body }: Question): Golden {
  const request = decodeRequest(speaker(client), body, path)
  const { written, losses } = encodeRequest(speaker(upstream), request)
  return golden(`${client}-${name}-to-${upstream}`, [
    [`${client}: what came`, JSON.stringify(body, null, 2)],
    [`${upstream}: what goes out to ${written.path}`, JSON.stringify(written.body, null, 2)],
    ['losses', listed(losses.all)],
  ])
}

function speaker(name: DialectName): Speaker {
  return SPEAKERS.find(known => known.name === name) as Speaker
}

function listed(losses: readonly Loss[]): string {
  return losses.map(({ path, reason }) => `${path} ${reason}`).join('\n')
}

function golden(name: string, sections: readonly (readonly [title: string, text: string])[]): Golden {
  const fresh = sections.map(([title, text]) => `=== ${title}\n${text.replaceAll('\r', '').trimEnd()}\n`).join('\n')
  return { path: join(import.meta.dirname, `${name}.txt`), fresh }
}
