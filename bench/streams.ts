/** One long answer in each dialect, in the shape that its provider sends: what the benches read. */
import { concat, fromUtf8 } from '../src/bytes.ts'
import type { DialectName } from '../src/dialects/index.ts'

/** Events that come in one read of the socket. */
export const READS = [1, 4, 16, 64]

const DELTAS = 512
const WORDS = ['The ', 'mill ', 'turns', ', and ', 'the stream\\n', ' – ', 'flows on']

interface BenchStream {
  readonly opening: readonly string[]
  /** A plain delta; `word` varies. */
  readonly delta: (word: string, at: number) => string
  readonly closing: readonly string[]
}

/** The events of the stream, each a whole frame. */
export function eventsOf(dialect: DialectName): readonly string[] {
  const { opening, delta, closing } = STREAMS[dialect]
  const deltas = Array.from({ length: DELTAS }, (_, at) => delta(WORDS[at % WORDS.length] as string, at))
  return [...opening, ...deltas, ...closing]
}

/** The events as reads of so many. */
export function readsOf(events: readonly string[], size: number): readonly Uint8Array[] {
  const reads: Uint8Array[] = []
  for (let at = 0; at < events.length; at += size) reads.push(concat(events.slice(at, at + size).map(fromUtf8)))
  return reads
}

const chatHead =
  '{"id":"chatcmpl-000000000001","object":"chat.completion.chunk","created":1760000000,"model":"gpt-4o-mini-2024-07-18","service_tier":"default","system_fingerprint":"fp_560af6e559",'
const chatChunk = (delta: string, finish: string) =>
  `data: ${chatHead}"choices":[{"index":0,"delta":${delta},"logprobs":null,"finish_reason":${finish}}],"usage":null}\n\n`

const messagesEvent = (type: string, rest: string) => `event: ${type}\ndata: {"type":"${type}"${rest}}\n\n`

const responsesEvent = (type: string, at: number, rest: string) =>
  `event: ${type}\ndata: {"type":"${type}","sequence_number":${at}${rest}}\n\n`
const response = (status: string, usage: string) =>
  `,"response":{"id":"resp_1","object":"response","status":"${status}","model":"gpt-4o-mini","output":[],"usage":${usage}}`

const geminiChunk = (text: string, finish: string, output: number) =>
  `data: {"candidates":[{"content":{"parts":[{"text":"${text}"}],"role":"model"},${finish}"index":0}],"usageMetadata":{"promptTokenCount":21,"candidatesTokenCount":${output},"totalTokenCount":${21 + output}},"modelVersion":"gemini-2.5-flash","responseId":"r-1"}\n\n`

const STREAMS: Readonly<Record<DialectName, BenchStream>> = {
  chat: {
    opening: [chatChunk('{"role":"assistant","content":"","refusal":null}', 'null')],
    delta: word => chatChunk(`{"content":"${word}"}`, 'null'),
    closing: [
      chatChunk('{}', '"stop"'),
      `data: ${chatHead}"choices":[],"usage":{"prompt_tokens":21,"completion_tokens":512,"total_tokens":533}}\n\n`,
      'data: [DONE]\n\n',
    ],
  },
  messages: {
    opening: [
      messagesEvent(
        'message_start',
        ',"message":{"id":"msg_1","type":"message","role":"assistant","model":"claude-sonnet-4-5","content":[],"stop_reason":null,"usage":{"input_tokens":21,"output_tokens":1}}',
      ),
      messagesEvent('content_block_start', ',"index":0,"content_block":{"type":"text","text":""}'),
    ],
    delta: word => messagesEvent('content_block_delta', `,"index":0,"delta":{"type":"text_delta","text":"${word}"}`),
    closing: [
      messagesEvent('content_block_stop', ',"index":0'),
      messagesEvent(
        'message_delta',
        ',"delta":{"stop_reason":"end_turn","stop_sequence":null},"usage":{"output_tokens":512}',
      ),
      messagesEvent('message_stop', ''),
    ],
  },
  responses: {
    opening: [
      responsesEvent('response.created', 0, response('in_progress', 'null')),
      responsesEvent(
        'response.output_item.added',
        1,
        ',"output_index":0,"item":{"id":"msg_1","type":"message","role":"assistant","content":[]}',
      ),
    ],
    delta: (word, at) =>
      responsesEvent(
        'response.output_text.delta',
        at + 2,
        `,"item_id":"msg_1","output_index":0,"content_index":0,"delta":"${word}","logprobs":[],"obfuscation":"aB3dE5fG"`,
      ),
    closing: [
      responsesEvent(
        'response.completed',
        514,
        response('completed', '{"input_tokens":21,"output_tokens":512,"total_tokens":533}'),
      ),
    ],
  },
  gemini: {
    opening: [],
    delta: (word, at) => geminiChunk(word, '', at),
    closing: [geminiChunk('', '"finishReason":"STOP",', 512)],
  },
}
