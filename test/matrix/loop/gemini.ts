/**
 * Gemini 3: the signature of a turn stands on its first call, and parallel calls after it have none. Vertex
 * gives calls no ids. A request whose call has lost its signature is refused there.
 */
import { ANSWER, PLACE, resultIn, THOUGHT, WORDS } from './conversation.ts'
import { plainEvents, type Said, type Upstream } from './upstream.ts'

const SIGNATURES = ['CpsBAVSoXO+/one==', 'CpsBAVSoXO+/two=='] as const

interface Part {
  readonly text?: string
  readonly thought?: boolean
  readonly thoughtSignature?: string
  readonly functionCall?: { readonly name: string; readonly args: object }
  readonly functionResponse?: { readonly name: string; readonly response: object }
}

export const gemini: Upstream = {
  dialect: 'gemini',
  answers: [
    answer(
      { text: THOUGHT, thought: true },
      { text: WORDS },
      { functionCall: { name: 'get_weather', args: PLACE }, thoughtSignature: SIGNATURES[0] },
      { functionCall: { name: 'get_time', args: {} } },
    ),
    answer({ functionCall: { name: 'get_time', args: {} }, thoughtSignature: SIGNATURES[1] }),
    answer({ text: ANSWER }, { text: '', thoughtSignature: 'CpsBAVSoXO+/end==' }),
  ],
  turns: [
    [
      ['text', WORDS],
      ['call', 'get_weather', PLACE, SIGNATURES[0]],
      ['call', 'get_time', {}, undefined],
      ['result', 'get_weather', 'get_weather'],
      ['result', 'get_time', 'get_time'],
    ],
    [
      ['call', 'get_time', {}, SIGNATURES[1]],
      ['result', 'get_time', 'get_time'],
    ],
  ],
  read: body =>
    (body as { contents: readonly { readonly parts: readonly Part[] }[] }).contents.flatMap(({ parts }) =>
      parts.flatMap(saidIn),
    ),
}

/** Thoughts need not come back, and those that do mean nothing. */
function saidIn({ text, thought, thoughtSignature, functionCall, functionResponse }: Part): readonly Said[] {
  if (functionCall !== undefined) return [['call', functionCall.name, functionCall.args, thoughtSignature]]
  if (functionResponse !== undefined) return [['result', functionResponse.name, resultIn(functionResponse.response)]]
  return thought ? [] : [['text', text]]
}

function answer(...parts: readonly Part[]): string {
  const chunk = (part: Part, ending: object) => ({
    candidates: [{ content: { parts: [part], role: 'model' }, index: 0, ...ending }],
    usageMetadata: { promptTokenCount: 9, candidatesTokenCount: 7, totalTokenCount: 16 },
    modelVersion: 'gemini-mill',
    responseId: 'r-1',
  })
  return plainEvents(parts.map((part, at) => chunk(part, at === parts.length - 1 ? { finishReason: 'STOP' } : {})))
}
