/** Upstreams that only stream, or never do, for clients of their own dialect. */
import assert from 'node:assert/strict'
import { after, before, suite, test } from 'node:test'
import type { DialectName } from '../../src/dialects/index.ts'
import { DIALECTS } from '../simulated.ts'
import { ask, requestOf } from './asking.ts'
import { type Pairs, startPairs } from './pairs.ts'

const ASKED = { role: 'user', content: 'Hello' } as const

/** Histories with opaque tokens as the upstream has made them. */
const SEALED = {
  chat: {
    messages: [
      ASKED,
      {
        ...{ role: 'assistant', content: 'Hi', reasoning_content: 'Hm' },
        reasoning_details: [{ type: 'reasoning.encrypted', data: 'b3BhcXVl', format: 'xai-responses-v1' }],
      },
      ASKED,
    ],
  },
  responses: {
    input: [
      ASKED,
      { type: 'reasoning', id: 'rs_1', summary: [], encrypted_content: 'gAAAAopaque' },
      { type: 'message', role: 'assistant', content: [{ type: 'output_text', text: 'Hi' }] },
      ASKED,
    ],
  },
  messages: {
    messages: [
      ASKED,
      {
        role: 'assistant',
        content: [
          { type: 'thinking', thinking: 'Hm', signature: 'b3BhcXVl' },
          { type: 'redacted_thinking', data: 'b3BhcXVl' },
          { type: 'text', text: 'Hi' },
        ],
      },
      ASKED,
    ],
  },
  gemini: {
    contents: [
      { role: 'user', parts: [{ text: 'Hello' }] },
      { role: 'model', parts: [{ text: 'Hi', thoughtSignature: 'b3BhcXVl' }] },
      { role: 'user', parts: [{ text: 'And?' }] },
    ],
  },
} as const satisfies Record<DialectName, object>

for (const [name, upstream, stream] of [
  ['streamOnly', { streamOnly: true }, false],
  ['streaming: false', { streaming: false }, true],
] as const)
  suite(`an upstream with ${name}`, () => {
    let pairs: Pairs
    before(async () => {
      pairs = await startPairs({ upstream })
    })
    after(() => pairs.close())

    for (const dialect of DIALECTS)
      test(`gets its own opaque tokens back as they came: ${dialect}`, async () => {
        const body = SEALED[dialect]
        const { report } = await ask(pairs.to(dialect), dialect, { stream, body })
        assert.equal(report.lane, 'convert')
        assert.deepEqual(report.losses, [])
        const [, plain] = requestOf(dialect, { stream: !stream, body })
        const { stream: _, stream_options: __, ...sent } = JSON.parse(pairs.simulator.requests().at(-1)?.body ?? '')
        const { stream: ___, ...expected } = plain
        assert.deepEqual(sent, expected)
      })
  })
