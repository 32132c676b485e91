/** What does metering a relayed Chat Completions stream cost an event? */
import { benchMeter } from './meter.ts'

const head =
  '{"id":"chatcmpl-000000000001","object":"chat.completion.chunk","created":1760000000,"model":"gpt-4o-mini-2024-07-18","service_tier":"default","system_fingerprint":"fp_560af6e559",'
const chunk = (delta: string, finish: string) =>
  `data: ${head}"choices":[{"index":0,"delta":${delta},"logprobs":null,"finish_reason":${finish}}],"usage":null}\n\n`

benchMeter({
  dialect: 'chat',
  opening: [chunk('{"role":"assistant","content":"","refusal":null}', 'null')],
  delta: word => chunk(`{"content":"${word}"}`, 'null'),
  closing: [
    chunk('{}', '"stop"'),
    `data: ${head}"choices":[],"usage":{"prompt_tokens":21,"completion_tokens":512,"total_tokens":533}}\n\n`,
    'data: [DONE]\n\n',
  ],
})
