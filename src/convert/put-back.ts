import { isProviderRun, type Part, type Seal, type TextPart, type ToolCallPart } from '../model/index.ts'

/** One place of a remembered turn: what is put back, or what the client has itself. */
export type Slot =
  /** Reasoning with its seals, and what a tool of the provider's was asked and told. */
  | { readonly kind: 'kept'; readonly part: Part }
  /** A text of the client's, `length` UTF-16 units long. */
  | { readonly kind: 'text'; readonly length: number; readonly seals: readonly Seal[] }
  /** A call that the client runs. */
  | { readonly kind: 'call'; readonly callId: string; readonly seals: readonly Seal[] }

/** Whether a turn has come back without anything that we gave its client to keep. */
export function isBare(parts: readonly Part[]): boolean {
  return parts.every(part => !isProviderRun(part) && (part.seals ?? []).every(({ issuer }) => issuer === ''))
}

/**
 * A bare turn with what is remembered of it, in the order in which it was said. What the client has of
 * its own and nothing is known of stands before the calls; its own copy of reasoning that is put back goes.
 */
export function putBack(parts: readonly Part[], slots: readonly Slot[]): Part[] {
  const texts = parts.filter(part => part.kind === 'text')
  const calls = parts.filter(part => part.kind === 'tool-call')
  const lengths = slots.flatMap(slot => (slot.kind === 'text' ? [slot.length] : []))
  const cut = cutTexts(texts, lengths)
  const placed = slots.flatMap((slot): readonly Part[] => {
    if (slot.kind === 'kept') return [slot.part]
    if (slot.kind === 'call') return takeCall(calls, slot.callId).map(call => sealed(call, slot.seals))
    const text = cut?.shift()
    return text === undefined ? texts.splice(0) : [sealed(text, slot.seals)]
  })
  const isThought = slots.some(slot => slot.kind === 'kept' && slot.part.kind === 'reasoning')
  const thoughts = isThought ? [] : parts.filter(({ kind }) => kind === 'reasoning')
  const others = parts.filter(({ kind }) => kind !== 'text' && kind !== 'tool-call' && kind !== 'reasoning')
  const rest = [...(cut === undefined ? texts : []), ...others]
  return [...thoughts, ...beforeCalls(placed, rest), ...calls]
}

/** The client's texts as they were said; undefined when they are no longer the same: then they carry no seal. */
function cutTexts(texts: readonly TextPart[], lengths: readonly number[]): TextPart[] | undefined {
  if (lengths.length === texts.length && lengths.every((length, at) => length === texts[at]?.text.length))
    return [...texts]
  const [whole, ...others] = texts
  if (whole === undefined || others.length > 0 || whole.text.length !== sum(lengths)) return undefined
  const { cache, ...plain } = whole
  return lengths.map((length, at) => {
    const from = sum(lengths.slice(0, at))
    const text = whole.text.slice(from, from + length)
    return at === lengths.length - 1 ? { ...whole, text } : { ...plain, text }
  })
}

function sum(lengths: readonly number[]): number {
  return lengths.reduce((total, length) => total + length, 0)
}

function takeCall(calls: ToolCallPart[], callId: string): ToolCallPart[] {
  const at = calls.findIndex(call => call.callId === callId)
  return at < 0 ? [] : calls.splice(at, 1)
}

function sealed<P extends Part>(part: P, seals: readonly Seal[]): P {
  return seals.length === 0 ? part : { ...part, seals }
}

function beforeCalls(parts: readonly Part[], rest: readonly Part[]): Part[] {
  const at = parts.findIndex(part => part.kind === 'tool-call' && part.runBy === 'client')
  return at < 0 ? [...parts, ...rest] : [...parts.slice(0, at), ...rest, ...parts.slice(at)]
}
