import { AGENTS, shellWords } from './agents.ts'

/** What to try on a gateway that runs on the simulator. */
export function welcome(url: string): string {
  const { flags } = AGENTS.codex.point({ url, key: undefined, isCredentialPassed: false })
  const port = new URL(url).port || '80'
  const json = "-H 'content-type: application/json'"
  return `
No configuration and no provider keys: the built-in simulator answers. Try one line for each dialect:

  curl -N ${url}/v1/chat/completions ${json} -d '{"model":"sim/story","stream":true,"messages":[{"role":"user","content":"Tell me a story"}]}'
  curl -N ${url}/v1/responses ${json} -d '{"model":"sim/thinking","stream":true,"input":"Think about mills"}'
  curl -N ${url}/v1/messages ${json} -H 'anthropic-version: 2023-06-01' -d '{"model":"sim/tools","max_tokens":512,"stream":true,"messages":[{"role":"user","content":"What is the weather?"}]}'
  curl -N '${url}/v1beta/models/sim/story:streamGenerateContent?alt=sse' ${json} -d '{"contents":[{"role":"user","parts":[{"text":"Tell me a story"}]}]}'

What came through, metered:   curl '${url}/api/streams?limit=4'

Point your tools here:
  OpenAI SDK      OPENAI_BASE_URL=${url}/v1 OPENAI_API_KEY=any
  Anthropic SDK   ANTHROPIC_BASE_URL=${url} ANTHROPIC_API_KEY=any
  Google SDK      new GoogleGenAI({ apiKey: 'any', httpOptions: { baseUrl: '${url}' } })
  Claude Code     npx millrace run claude --port ${port}, or ANTHROPIC_BASE_URL=${url} ANTHROPIC_AUTH_TOKEN=any claude
  Codex CLI       npx millrace run codex --port ${port}, or codex ${shellWords(flags)}

For real providers set ANTHROPIC_API_KEY, OPENAI_API_KEY or GEMINI_API_KEY, or write a millrace.yaml: npx millrace config example
`
}
