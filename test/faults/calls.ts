/** The calls of a stream that its client takes for whole ones, and may run before the answer has ended. */
import type { DialectName } from '../../src/dialects/index.ts'

/** What is looked at of an event, in any dialect. */
interface Event {
  readonly type?: string
  readonly index?: number
  readonly item?: { readonly type: string; readonly arguments: string }
  readonly content_block?: { readonly type: string }
  readonly delta?: { readonly partial_json?: string }
  readonly choices?: readonly {
    readonly delta: { readonly tool_calls?: readonly { readonly index: number; readonly function: Arguments }[] }
    readonly finish_reason: string | null
  }[]
  readonly candidates?: readonly { readonly content?: { readonly parts: readonly Part[] } }[]
}

interface Arguments {
  readonly arguments?: string
}

interface Part {
  readonly functionCall?: { readonly args: unknown }
}

const TOLD: Readonly<Record<DialectName, (events: readonly Event[]) => readonly unknown[]>> = {
  /** The finish is the end of every call. */
  chat(events) {
    const choices = events.flatMap(({ choices = [] }) => choices)
    if (!choices.some(({ finish_reason }) => finish_reason === 'tool_calls')) return []
    const inputs: string[] = []
    for (const { index, function: call } of choices.flatMap(({ delta }) => delta.tool_calls ?? []))
      inputs[index] = (inputs[index] ?? '') + (call.arguments ?? '')
    return inputs.map(input => JSON.parse(input))
  },
  responses: events =>
    events
      .filter(({ type, item }) => type === 'response.output_item.done' && item?.type === 'function_call')
      .map(({ item }) => JSON.parse(item?.arguments ?? '')),
  messages(events) {
    const inputs = new Map<number | undefined, string>()
    return events.flatMap(({ type, index, content_block: block, delta }) => {
      if (block?.type === 'tool_use') inputs.set(index, '')
      const input = inputs.get(index)
      if (input === undefined) return []
      inputs.set(index, input + (delta?.partial_json ?? ''))
      return type === 'content_block_stop' ? [JSON.parse(input || '{}')] : []
    })
  },
  gemini: events =>
    events
      .flatMap(({ candidates = [] }) => candidates.flatMap(({ content }) => content?.parts ?? []))
      .flatMap(({ functionCall }) => (functionCall === undefined ? [] : [functionCall.args])),
}

/** @returns their inputs, in their order */
export function callsToldIn(client: DialectName, text: string): readonly unknown[] {
  return TOLD[client]((text.match(/^data: \{.*$/gm) ?? []).map(line => JSON.parse(line.slice('data: '.length))))
}
