/**
 * Custom tools are called with free text. Where an API knows only tools that are called with JSON, they
 * are asked for as tools with one string, and what comes back is made free text again for the client.
 */
import type { CustomTool, Losses, Message, Part, Request, StreamEvent } from '../model/index.ts'
import type { Emit } from './codec.ts'
import { objectOf, parseJson } from './value.ts'

/** JSON Schema of the input of a custom tool that has become a function. */
export const TEXT_INPUT = {
  type: 'object',
  properties: { input: { type: 'string', description: 'The whole input of the tool, as plain text' } },
  required: ['input'],
  additionalProperties: false,
} as const

/** What is said of a custom tool that has become a function: a grammar has no other place there. */
export function functionDescription({ description, grammar }: CustomTool): string | undefined {
  if (grammar === undefined) return description
  const rule = `The \`input\` must be text of this ${grammar.syntax} grammar, and no JSON:\n${grammar.definition}`
  return description === undefined || description === '' ? rule : `${description}\n\n${rule}`
}

/** Notes that a grammar is a wish there, and no rule. */
export function loseGrammar({ grammar }: CustomTool, path: string, losses: Losses): void {
  if (grammar === undefined) return
  for (const member of ['description', 'grammar']) losses.add(`${path}/${member}`, 'unit')
}

/** The free text in a payload of that schema; a payload of any other shape as it is. */
export function textInput(payload: string): string {
  const input = objectOf(parseJson(payload))?.input
  return typeof input === 'string' ? input : payload
}

/** The same answer, with calls of the client's custom tools said in free text. */
export function withCustomCalls(message: Message, request: Request | undefined): Message {
  const names = customNames(request)
  if (names.size === 0) return message
  const unbridge = (part: Part): Part =>
    part.kind === 'tool-call' && part.input === 'json' && part.runBy === 'client' && names.has(part.name)
      ? { ...part, input: 'text', payload: textInput(part.payload) }
      : part
  const candidates = message.candidates.map(candidate => ({ ...candidate, parts: candidate.parts.map(unbridge) }))
  return { ...message, candidates }
}

/**
 * Passes a stream on, with calls of the client's custom tools said in free text. Such a call's payload
 * is told in one piece at its end: until then nobody knows where its string ends.
 */
export function bridgeCustomTools(request: Request | undefined, emit: Emit<StreamEvent>): Emit<StreamEvent> {
  const names = customNames(request)
  if (names.size === 0) return emit
  const payloads = new Map<number, string>()
  const seals: StreamEvent[] = []
  return event => {
    switch (event.type) {
      case 'block-start': {
        const isCustom = event.kind === 'tool-call' && event.runBy === 'client' && event.input === 'json'
        if (!isCustom || !names.has(event.name)) break
        payloads.set(event.index, '')
        emit({ ...event, input: 'text' })
        return
      }
      case 'payload-delta': {
        const payload = payloads.get(event.index)
        if (payload === undefined) break
        payloads.set(event.index, payload + event.text)
        return
      }
      case 'seal':
        if (!payloads.has(event.index)) break
        seals.push(event)
        return
      case 'block-end': {
        const text = textInput(payloads.get(event.index) ?? '')
        payloads.delete(event.index)
        if (text !== '' && !event.isTorn) emit({ type: 'payload-delta', index: event.index, text })
        for (const seal of seals.splice(0)) emit(seal)
        break
      }
      default:
    }
    emit(event)
  }
}

function customNames(request: Request | undefined): ReadonlySet<string> {
  return new Set((request?.tools ?? []).flatMap(({ kind, name }) => (kind === 'custom' ? [name] : [])))
}
