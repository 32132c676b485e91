import type { DialectName } from '../../dialects/index.ts'

/** What is known of a vendor's API. */
export interface Preset {
  /** Base URLs by dialect, preferred first. The first one is where `baseUrl` would point. */
  readonly baseUrls: Readonly<Partial<Record<DialectName, string>>>
  /** Variables that hold the vendor's key, the first that is set counts. Empty: it needs none. */
  readonly keyVariables: readonly string[]
  /** Models that it is known for. */
  readonly globs: readonly string[]
  /** A client's own credential may go up to it. */
  readonly passCredential: boolean
}

/** Well-known vendors. Without a configuration the ones whose key is set are used, in this order. */
export const PRESETS = {
  anthropic: {
    baseUrls: { messages: 'https://api.anthropic.com/v1' },
    keyVariables: ['ANTHROPIC_API_KEY'],
    globs: ['claude-*'],
    passCredential: true,
  },
  openai: {
    baseUrls: { responses: 'https://api.openai.com/v1', chat: 'https://api.openai.com/v1' },
    keyVariables: ['OPENAI_API_KEY'],
    globs: ['gpt-*', 'o1*', 'o3*', 'o4*', 'chatgpt-*', 'codex-*', 'ft:*', 'text-embedding-*'],
    passCredential: true,
  },
  google: {
    baseUrls: {
      gemini: 'https://generativelanguage.googleapis.com/v1beta',
      chat: 'https://generativelanguage.googleapis.com/v1beta/openai',
    },
    keyVariables: ['GEMINI_API_KEY', 'GOOGLE_API_KEY'],
    globs: ['gemini-*', 'gemma-*'],
    passCredential: true,
  },
  deepseek: {
    baseUrls: { chat: 'https://api.deepseek.com/v1', messages: 'https://api.deepseek.com/anthropic/v1' },
    keyVariables: ['DEEPSEEK_API_KEY'],
    globs: ['deepseek-*'],
    passCredential: true,
  },
  groq: {
    baseUrls: { chat: 'https://api.groq.com/openai/v1', responses: 'https://api.groq.com/openai/v1' },
    keyVariables: ['GROQ_API_KEY'],
    globs: ['llama-*', 'groq/*'],
    passCredential: true,
  },
  mistral: {
    baseUrls: { chat: 'https://api.mistral.ai/v1' },
    keyVariables: ['MISTRAL_API_KEY'],
    globs: ['mistral-*', 'magistral-*', 'ministral-*', 'codestral-*', 'devstral-*', 'pixtral-*', 'open-mistral-*'],
    passCredential: true,
  },
  xai: {
    baseUrls: { responses: 'https://api.x.ai/v1', chat: 'https://api.x.ai/v1' },
    keyVariables: ['XAI_API_KEY'],
    globs: ['grok-*'],
    passCredential: true,
  },
  openrouter: {
    baseUrls: { chat: 'https://openrouter.ai/api/v1', responses: 'https://openrouter.ai/api/v1' },
    keyVariables: ['OPENROUTER_API_KEY'],
    // Its names begin with the vendor: `anthropic/claude-sonnet-5`.
    globs: ['*/*'],
    passCredential: true,
  },
  ollama: {
    baseUrls: {
      chat: 'http://127.0.0.1:11434/v1',
      responses: 'http://127.0.0.1:11434/v1',
      messages: 'http://127.0.0.1:11434/v1',
    },
    keyVariables: [],
    globs: [],
    passCredential: false,
  },
} as const satisfies Record<string, Preset>

export type PresetName = keyof typeof PRESETS

/** The preset of that name, if there is one. */
export function findPreset(name: string): Preset | undefined {
  return Object.hasOwn(PRESETS, name) ? PRESETS[name as PresetName] : undefined
}
