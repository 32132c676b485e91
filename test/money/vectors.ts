/** What answers cost: every expected number was worked out by hand, and the working stands beside it. */
import type { Outcome, Provenance } from '../../src/model/index.ts'
import {
  chat,
  chatLateTier,
  chatRunning,
  gemini,
  geminiBlocked,
  geminiGrounded,
  messages,
  messagesFailed,
  responses,
  responsesWithTools,
  type Told,
} from './streams.ts'

/** US dollars for a million tokens, and for a thousand searches; by the names of the catalogue. */
export const PRICES = {
  'mill-a': {
    ...{ input_mtok: 3, cache_read_mtok: 0.3, cache_write_mtok: 3.75, cache_write_1h_mtok: 6, output_mtok: 15 },
    web_searches_kcount: 10,
  },
  'mill-b': { input_mtok: 5, cache_read_mtok: 0.5, cache_write_mtok: 6.25, cache_write_1h_mtok: 10, output_mtok: 25 },
  'mill-o': { input_mtok: 1.25, cache_read_mtok: 0.125, output_mtok: 10, web_searches_kcount: 10 },
  'mill-w': { input_mtok: 1, cache_read_mtok: 0.1, cache_write_mtok: 1.25, output_mtok: 6 },
  'mill-long': {
    input_mtok: { base: 2.5, tiers: [{ start: 200_000, price: 5 }] },
    cache_read_mtok: { base: 0.25, tiers: [{ start: 200_000, price: 0.5 }] },
    output_mtok: { base: 15, tiers: [{ start: 200_000, price: 22.5 }] },
  },
  'mill-audio': { input_mtok: 2.5, output_mtok: 10, input_audio_mtok: 32, output_audio_mtok: 64 },
  'mill-deep': { input_mtok: 2, output_mtok: 8, output_reasoning_mtok: 3 },
} as const

export const OVERRIDES = [
  { match: 'mill-o', tiers: { flex: 0.5 } },
  { match: 'mill-a', tiers: { batch: 0.5 }, serverTools: { code_execution_requests: 50 } },
  { match: 'own-*', input: 0.2, output: 0.6, cacheRead: 0.02 },
]

export interface Vector {
  readonly told: Told
  /** Null: not known. */
  readonly usd: number | null
  /** Default `test`, and null without a cost. */
  readonly source?: string
  /** Default `reported`. */
  readonly provenance?: Provenance
  /** In conversion, where neutral events do not tell whether a usage beside an error is the last word. */
  readonly convertedAs?: Provenance
  /** Default `completed`. */
  readonly outcome?: Outcome
  /** What the upstream says itself. */
  readonly reportedCostUsd?: number
}

const CACHED = { prompt_tokens: 2000, prompt_tokens_details: { cached_tokens: 1024 }, completion_tokens: 300 }
const THOUGHT = { ...CACHED, completion_tokens_details: { reasoning_tokens: 128 }, total_tokens: 2300 }
const SEARCH = { type: 'web_search_call', status: 'completed' }
const ASKED = { input_tokens: 1000, cache_creation_input_tokens: 0, cache_read_input_tokens: 0, output_tokens: 1 }

export const VECTORS: Readonly<Record<string, Vector>> = {
  // (2000 − 1024) × 1.25 + 1024 × 0.125 + 300 × 10 = 1220 + 128 + 3000 = 4348 millionths; reasoning is in the 300.
  'chat, cached input and reasoning': { told: chat(THOUGHT), usd: 0.004348 },
  'chat, in the default tier': { told: chat(THOUGHT, { tier: 'default' }), usd: 0.004348 },
  // 4348 × 0.5
  'chat, flex by a factor': { told: chat(THOUGHT, { tier: 'flex' }), usd: 0.002174, source: 'test and config' },
  'chat, a tier that only the end tells': { told: chatLateTier(THOUGHT, 'priority'), usd: null },
  'chat, a tier without a factor': { told: chat(THOUGHT, { tier: 'priority' }), usd: null },
  // xAI counts reasoning beside the completion: (307 − 306) × 1.25 + 306 × 0.125 + (26 + 227) × 10
  'chat, reasoning beside the output': {
    told: chat({
      ...{ prompt_tokens: 307, completion_tokens: 26, total_tokens: 560 },
      prompt_tokens_details: { cached_tokens: 306 },
      completion_tokens_details: { reasoning_tokens: 227 },
    }),
    usd: 0.0025695,
  },
  // DeepSeek: (1000 − 900) × 1.25 + 900 × 0.125 + 10 × 10 = 125 + 112.5 + 100
  'chat, cache hits in the older form': {
    told: chat({
      prompt_tokens: 1000,
      prompt_cache_hit_tokens: 900,
      prompt_cache_miss_tokens: 100,
      completion_tokens: 10,
    }),
    usd: 0.0003375,
  },
  // 100 × 1.25 + 30 × 10 = 125 + 300; what came before counts for nothing.
  'chat, running totals': {
    told: chatRunning([
      { prompt_tokens: 100, completion_tokens: 1 },
      { prompt_tokens: 100, completion_tokens: 20 },
      { prompt_tokens: 100, completion_tokens: 30 },
    ]),
    usd: 0.000425,
  },
  // The zero is explicit: 100 × 1.25 + 100 × 10 = 125 + 1000, nothing cached.
  'chat, an explicit zero after a count': {
    told: chatRunning([
      { prompt_tokens: 100, prompt_tokens_details: { cached_tokens: 50 }, completion_tokens: 1 },
      { prompt_tokens: 100, prompt_tokens_details: { cached_tokens: 50 }, completion_tokens: 50 },
      { prompt_tokens: 100, prompt_tokens_details: { cached_tokens: 0 }, completion_tokens: 100 },
    ]),
    usd: 0.001125,
  },
  // (1000 − 600) × 2.5 + 600 × 32 + (200 − 150) × 10 + 150 × 64 = 1000 + 19200 + 500 + 9600
  'chat, audio both ways': {
    told: chat(
      {
        ...{ prompt_tokens: 1000, prompt_tokens_details: { audio_tokens: 600 } },
        ...{ completion_tokens: 200, completion_tokens_details: { audio_tokens: 150 } },
      },
      { model: 'mill-audio' },
    ),
    usd: 0.0303,
  },
  // 1000 × 2 + (500 − 400) × 8 + 400 × 3 = 2000 + 800 + 1200
  'chat, reasoning with a price of its own': {
    told: chat(
      { prompt_tokens: 1000, completion_tokens: 500, completion_tokens_details: { reasoning_tokens: 400 } },
      { model: 'mill-deep' },
    ),
    usd: 0.004,
  },
  // (400 − 100) × 0.2 + 100 × 0.02 + 50 × 0.6 = 60 + 2 + 30
  'chat, a price that was given': {
    told: chat(
      { prompt_tokens: 400, prompt_tokens_details: { cached_tokens: 100 }, completion_tokens: 50 },
      { model: 'own-13b' },
    ),
    usd: 0.000092,
    source: 'config',
  },
  'chat, more cached than there was': {
    told: chat({ prompt_tokens: 2000, prompt_tokens_details: { cached_tokens: 3000 }, completion_tokens: 1 }),
    usd: null,
  },
  'chat, a model that nobody knows': { told: chat(THOUGHT, { model: 'gpt-4o' }), usd: null },
  'chat, a cost of the upstream for a model that nobody knows': {
    told: chat({ ...THOUGHT, cost: 0.0123 }, { model: 'gpt-4o' }),
    usd: 0.0123,
    source: 'upstream',
    reportedCostUsd: 0.0123,
  },
  'chat, a cost of the upstream beside ours': {
    told: chat({ ...THOUGHT, cost: 0.0123 }),
    usd: 0.004348,
    reportedCostUsd: 0.0123,
  },
  'chat, cache writes without a price': {
    told: chat({ prompt_tokens: 2000, prompt_tokens_details: { cache_write_tokens: 5 }, completion_tokens: 1 }),
    usd: null,
  },
  'chat, no tokens at all': { told: chat({ prompt_tokens: 0, completion_tokens: 0, total_tokens: 0 }), usd: 0 },

  // (5000 − 3000 − 1000) × 1 + 3000 × 0.1 + 1000 × 1.25 + 100 × 6 = 1000 + 300 + 1250 + 600
  'responses, cache reads and writes': {
    told: responses(
      {
        ...{ input_tokens: 5000, input_tokens_details: { cached_tokens: 3000, cache_write_tokens: 1000 } },
        ...{ output_tokens: 100, output_tokens_details: { reasoning_tokens: 64 }, total_tokens: 5100 },
      },
      { model: 'mill-w' },
    ),
    usd: 0.00315,
  },
  // 1000 × 1.25 + 16 × 10 = 1250 + 160
  'responses, incomplete': {
    told: responses({ input_tokens: 1000, output_tokens: 16, total_tokens: 1016 }, {}, 'incomplete'),
    usd: 0.00141,
  },
  // The same 1410, halved by the tier that only the end tells.
  'responses, served in flex': {
    told: responses({ input_tokens: 1000, output_tokens: 16, total_tokens: 1016 }, { tier: 'flex' }),
    usd: 0.000705,
    source: 'test and config',
  },
  // 1410, and 2 searches × 10 000; looking at a page that was found is none.
  'responses, searches by their items': {
    told: responsesWithTools({ input_tokens: 1000, output_tokens: 16 }, [
      { ...SEARCH, id: 'ws_1', action: { type: 'search', query: 'flour' } },
      { ...SEARCH, id: 'ws_2', action: { type: 'open_page', url: 'https://mill.example' } },
      { ...SEARCH, id: 'ws_3', action: { type: 'search', query: 'das Mehl' } },
    ]),
    usd: 0.02141,
  },
  // The provider's own count goes before ours: 1410 + 1 × 10 000
  'responses, searches as the provider counts them': {
    told: responsesWithTools(
      { input_tokens: 1000, output_tokens: 16 },
      [1, 2].map(n => ({ ...SEARCH, id: `ws_${n}`, action: { type: 'search', query: 'flour' } })),
      { web_search: { num_requests: 1 }, image_gen: { total_tokens: 0 } },
    ),
    usd: 0.01141,
  },
  'responses, a tool without a price': {
    told: responsesWithTools({ input_tokens: 1000, output_tokens: 16 }, [
      { type: 'code_interpreter_call', id: 'ci_1', status: 'completed', code: '1', outputs: [], container_id: 'c' },
    ]),
    usd: null,
  },
  // Recorded of xAI, in tenths of a millionth of a thousandth: 5 583 500 of them
  'responses, a cost of the upstream in ticks': {
    told: responses({ input_tokens: 573, output_tokens: 125, cost_in_usd_ticks: 5_583_500 }, { model: 'grok' }),
    ...{ usd: 0.00055835, source: 'upstream', reportedCostUsd: 0.00055835 },
  },
  'responses, failed with a usage': {
    told: responses({ input_tokens: 1000, output_tokens: 16, total_tokens: 1016 }, {}, 'failed'),
    usd: 0.00141,
    convertedAs: 'partial',
    outcome: 'failed',
  },

  // 274 × 3 + 19200 × 0.3 + 2000 × 3.75 + 400 × 6 + 412 × 15 = 822 + 5760 + 7500 + 2400 + 6180
  'messages, reads and writes of both kinds': {
    told: messages(
      {
        ...{ input_tokens: 274, cache_read_input_tokens: 19_200, cache_creation_input_tokens: 2400, output_tokens: 3 },
        cache_creation: { ephemeral_5m_input_tokens: 2000, ephemeral_1h_input_tokens: 400 },
      },
      { output_tokens: 412 },
    ),
    usd: 0.022662,
  },
  // A total without its split is of five minutes: 274 × 3 + 2400 × 3.75 + 100 × 15 = 822 + 9000 + 1500
  'messages, writes without a split': {
    told: messages({ input_tokens: 274, cache_creation_input_tokens: 2400, output_tokens: 3 }, { output_tokens: 100 }),
    usd: 0.011322,
  },
  // 25 × 3 + 40 × 15 = 75 + 600: the end's word for the input counts, not the start's.
  'messages, input told again at the end': {
    told: messages({ ...ASKED, input_tokens: 10 }, { input_tokens: 25, output_tokens: 40 }),
    usd: 0.000675,
  },
  // 1000 × 3 + 500 × 15 = 3000 + 7500
  'messages, thinking': {
    told: messages(ASKED, { output_tokens: 500, output_tokens_details: { thinking_tokens: 380 } }),
    usd: 0.0105,
  },
  // 1000 × 3 + 100 × 15 + 2 searches × 10 000 = 3000 + 1500 + 20 000; fetching is free.
  'messages, searches and a fetch': {
    told: messages(ASKED, { output_tokens: 100, server_tool_use: { web_search_requests: 2, web_fetch_requests: 1 } }),
    usd: 0.0245,
  },
  // 4500 + 1 × 50 000, as the configuration says
  'messages, a tool with a price that was given': {
    told: messages(ASKED, { output_tokens: 100, server_tool_use: { code_execution_requests: 1 } }),
    usd: 0.0545,
    source: 'test and config',
  },
  'messages, a tool without a price': {
    told: messages(ASKED, { output_tokens: 100, server_tool_use: { tool_of_tomorrow: 1 } }),
    usd: null,
  },
  'messages, a tool that was not used': {
    told: messages(ASKED, { output_tokens: 100, server_tool_use: { tool_of_tomorrow: 0 } }),
    usd: 0.0045,
  },
  // (1000 × 3 + 100 × 15) × 0.5 + 1 × 10 000: the factor is not for searches.
  'messages, a batch with a search': {
    told: messages(ASKED, { output_tokens: 100, server_tool_use: { web_search_requests: 1 } }, { tier: 'batch' }),
    usd: 0.01225,
    source: 'test and config',
  },
  'messages, fast mode': { told: messages({ ...ASKED, speed: 'fast' }, { output_tokens: 100 }), usd: null },
  // Recorded: 408 × 3 of the one that refused, 412 × 5 + 264 × 25 of the one that answered = 1224 + 2060 + 6600
  'messages, two models in one answer': {
    told: messages(
      { ...ASKED, input_tokens: 408 },
      {
        ...{ input_tokens: 412, output_tokens: 264 },
        iterations: [
          { type: 'message', model: 'mill-a', input_tokens: 408, output_tokens: 0 },
          { type: 'fallback_message', model: 'mill-b', input_tokens: 412, output_tokens: 264 },
        ],
      },
    ),
    usd: 0.009884,
  },
  'messages, two models of which one is not known': {
    told: messages(ASKED, {
      ...{ input_tokens: 412, output_tokens: 264 },
      iterations: [
        { type: 'message', model: 'mill-x', input_tokens: 408, output_tokens: 0 },
        { type: 'fallback_message', model: 'mill-b', input_tokens: 412, output_tokens: 264 },
      ],
    }),
    usd: null,
  },
  // (180 000 + 23 000) × 3 + (3500 + 1000) × 15 = 609 000 + 67 500; the totals leave the first of them out.
  'messages, a compaction before the answer': {
    told: messages(ASKED, {
      ...{ input_tokens: 23_000, output_tokens: 1000 },
      iterations: [
        { type: 'compaction', input_tokens: 180_000, output_tokens: 3500 },
        { type: 'message', input_tokens: 23_000, output_tokens: 1000 },
      ],
    }),
    usd: 0.6765,
  },

  // Tools' tokens are beside the prompt and thoughts beside the answer:
  // (1000 + 50 − 400) × 1.25 + 400 × 0.125 + (100 + 200) × 10 = 812.5 + 50 + 3000
  'gemini, cached, with thoughts and tools': {
    told: gemini([
      { promptTokenCount: 1000, totalTokenCount: 1000 },
      {
        ...{ promptTokenCount: 1000, cachedContentTokenCount: 400, toolUsePromptTokenCount: 50 },
        ...{ candidatesTokenCount: 100, thoughtsTokenCount: 200, totalTokenCount: 1350 },
      },
    ]),
    usd: 0.0038625,
  },
  // Above 200 000 all of it: (250 000 − 50 000) × 5 + 50 000 × 0.5 + 1000 × 22.5 = 1 000 000 + 25 000 + 22 500
  'gemini, a long prompt': {
    told: gemini(
      [
        { promptTokenCount: 250_000 },
        { promptTokenCount: 250_000, cachedContentTokenCount: 50_000, candidatesTokenCount: 1000 },
      ],
      { model: 'mill-long' },
    ),
    usd: 1.0475,
  },
  // 200 000 × 2.5 + 1000 × 15 = 500 000 + 15 000
  'gemini, a prompt that is just not long': {
    told: gemini([{ promptTokenCount: 200_000 }, { promptTokenCount: 200_000, candidatesTokenCount: 1000 }], {
      model: 'mill-long',
    }),
    usd: 0.515,
  },
  // (1000 − 700) × 2.5 + 700 × 32 + 10 × 10 = 750 + 22 400 + 100
  'gemini, sound in the prompt': {
    told: gemini(
      [
        { promptTokenCount: 1000 },
        {
          ...{ promptTokenCount: 1000, candidatesTokenCount: 10 },
          promptTokensDetails: [
            { modality: 'TEXT', tokenCount: 300 },
            { modality: 'AUDIO', tokenCount: 700 },
          ],
        },
      ],
      { model: 'mill-audio' },
    ),
    usd: 0.02325,
  },
  // 90 × 1.25 + 12 × 10 = 112.5 + 120: the last word counts, though it is less.
  'gemini, counts that shrink': {
    told: gemini([
      { promptTokenCount: 100, candidatesTokenCount: 20 },
      { promptTokenCount: 90, candidatesTokenCount: 12 },
    ]),
    usd: 0.0002325,
  },
  // (90 × 1.25 + 12 × 10) × 0.5
  'gemini, flex': {
    told: gemini([
      { promptTokenCount: 90, serviceTier: 'flex' },
      { promptTokenCount: 90, candidatesTokenCount: 12, serviceTier: 'flex' },
    ]),
    usd: 0.00011625,
    source: 'test and config',
  },
  'gemini, capacity that was paid for': {
    told: gemini([
      { promptTokenCount: 90 },
      { promptTokenCount: 90, candidatesTokenCount: 12, trafficType: 'PROVISIONED_THROUGHPUT' },
    ]),
    usd: null,
  },
  'gemini, searches of its own': {
    told: geminiGrounded({ promptTokenCount: 90, candidatesTokenCount: 12 }, ['flour']),
    usd: null,
  },
  // 8 × 1.25
  'gemini, a prompt that was blocked': {
    told: geminiBlocked({ promptTokenCount: 8, totalTokenCount: 8 }),
    usd: 0.00001,
  },
  // 1000 × 3 + 1 × 15: what the start said; the text of the error is nobody's output.
  'messages, failed before its content': {
    told: messagesFailed(ASKED, false),
    usd: 0.003015,
    provenance: 'partial',
    outcome: 'failed',
  },
}
