import type { Part, ToolCallPart, ToolResultPart, Turn } from '../../model/index.ts'
import { listMember, objectMember, requiredObject, requiredText, textMember, wrongMember } from '../member.ts'
import { defined, objectOf, restOf, type Unread, type Wire } from '../value.ts'
import { readExtraContent, slotValue } from './carrier.ts'
import { readCacheMark, readContent } from './content.ts'
import { readMessageReasoning } from './message-reasoning.ts'
import { thinkingOf } from './reasoning.ts'
import { nativeOf } from './tables.ts'
import type { ChatDelta, ChatFunctionCall, ChatPart, ChatToolCall } from './wire.ts'

/** Messages of a request, read. */

interface ChatMessage extends ChatDelta {
  readonly name: string
  readonly tool_call_id: string
  /** LiteLLM, for the models of Anthropic. */
  readonly cache_control: object
}

/** The conversation, and the instructions at its head. */
export interface Conversation {
  readonly instructions: readonly Part[]
  readonly turns: readonly Turn[]
}

const MEMBERS = ['role', 'content', 'name', 'cache_control']
const PLAIN_MEMBERS: ReadonlySet<string> = new Set(MEMBERS)
const RESULT_MEMBERS: ReadonlySet<string> = new Set([...MEMBERS, 'tool_call_id'])
const ASSISTANT_MEMBERS: ReadonlySet<string> = new Set([
  ...MEMBERS,
  'refusal',
  'tool_calls',
  'function_call',
  'audio',
  'reasoning',
  'reasoning_content',
  'reasoning_text',
  'reasoning_details',
  'reasoning_opaque',
])

/** @throws {MillraceError} `bad-request` naming the member that cannot be read */
export function readConversation(value: unknown): Conversation {
  const messages = listMember(value, 'messages')
  if (messages === undefined || messages.length === 0)
    throw wrongMember('messages', 'an array that holds a message', value)
  const reader = new ConversationReader()
  for (const [position, message] of messages.entries()) reader.read(message, position)
  return reader
}

class ConversationReader implements Conversation {
  readonly instructions: Part[] = []
  readonly turns: Turn[] = []
  /** Calls that have no result yet, in order. */
  readonly #pending: ToolCallPart[] = []

  read(value: unknown, position: number): void {
    const member = `messages[${position}]`
    const message = requiredObject<ChatMessage>(value, member)
    const role = requiredText(message.role, `${member}.role`)
    switch (role) {
      case 'system':
      case 'developer':
        return this.#readSystem(message, member)
      case 'user':
        return this.#push('user', message, readMarked(message, member), PLAIN_MEMBERS, member)
      case 'assistant':
        return this.#readAssistant(message, member, position)
      case 'tool':
      case 'function':
        return this.#readResult(message, member)
      default:
        throw wrongMember(`${member}.role`, 'system, developer, user, assistant, tool or function', role)
    }
  }

  #readSystem(message: Unread<ChatMessage>, member: string): void {
    const parts = readMarked(message, member)
    if (this.turns.length > 0) return this.#push('system', message, parts, PLAIN_MEMBERS, member)
    this.instructions.push(...parts)
  }

  #push(
    role: Turn['role'],
    message: Unread<ChatMessage>,
    parts: readonly Part[],
    known: ReadonlySet<string>,
    member: string,
  ): void {
    const rest = restOf(message as Wire, known)
    const name = textMember(message.name, `${member}.name`)
    this.turns.push(defined<Turn>({ role, parts, name, native: rest && nativeOf(rest) }))
  }

  #readAssistant(message: Unread<ChatMessage>, member: string, position: number): void {
    const { parts: reasoning, seals } = readMessageReasoning(message, '')
    const refusal = textMember(message.refusal, `${member}.refusal`)
    const calls = this.#readCalls(message, member, position)
    const audioId = textMember(objectMember(message.audio, `${member}.audio`)?.id, `${member}.audio.id`)
    const visible: Part[] = [...readAssistantContent(message.content, `${member}.content`)]
    if (refusal !== undefined && refusal !== '') visible.push({ kind: 'refusal', text: refusal })
    for (const { of, seal } of seals) {
      const at = visible.findLastIndex(({ kind }) => kind === of)
      const part = visible[at]
      const others = part?.seals?.filter(({ kind }) => kind !== seal.kind) ?? []
      if (part !== undefined) visible[at] = { ...part, seals: [...others, seal] }
    }
    const audio: Part[] =
      audioId === undefined ? [] : [{ kind: 'media', mediaType: 'audio/*', source: { type: 'file', fileId: audioId } }]
    this.#pending.push(...calls)
    this.#push('assistant', message, [...reasoning, ...visible, ...calls, ...audio], ASSISTANT_MEMBERS, member)
  }

  #readCalls(message: Unread<ChatMessage>, member: string, position: number): ToolCallPart[] {
    const items = listMember(message.tool_calls, `${member}.tool_calls`) ?? []
    const calls = items.map((item, n) => readCall(item, `${member}.tool_calls[${n}]`, `call_${position}_${n}`))
    const legacy = objectMember<ChatFunctionCall>(message.function_call, `${member}.function_call`)
    if (legacy === undefined) return calls
    return [...calls, readFunctionCall(legacy, `${member}.function_call`, `call_${position}`)]
  }

  /** Results in a row make one turn. One without an id, or of a function, belongs to the call that waits longest. */
  #readResult(message: Unread<ChatMessage>, member: string): void {
    const content = readMarked(message, member)
    const callId = this.#callOf(message, member)
    const rest = restOf(message as Wire, RESULT_MEMBERS)
    const native = rest && nativeOf(rest)
    const part = defined<ToolResultPart>({ kind: 'tool-result', callId, failed: false, content, native })
    const last = this.turns.at(-1)
    const isRow = last?.role === 'user' && last.parts.every(({ kind }) => kind === 'tool-result')
    if (last !== undefined && isRow && last.parts.length > 0)
      this.turns[this.turns.length - 1] = { ...last, parts: [...last.parts, part] }
    else this.turns.push({ role: 'user', parts: [part] })
  }

  #callOf(message: Unread<ChatMessage>, member: string): string {
    const id = textMember(message.tool_call_id, `${member}.tool_call_id`)
    const name = textMember(message.name, `${member}.name`)
    const at = this.#pending.findIndex(call =>
      id === undefined ? name === undefined || call.name === name : call.callId === id,
    )
    const [call] = at === -1 ? [] : this.#pending.splice(at, 1)
    if (id !== undefined) return id
    if (call === undefined) throw wrongMember(`${member}.tool_call_id`, 'the id of a call', message.tool_call_id)
    return call.callId
  }
}

/** The content of a message; a cache mark of the whole stands at its last part. */
function readMarked(message: Unread<ChatMessage>, member: string): Part[] {
  const parts = readContent(message.content, `${member}.content`)
  const cache = readCacheMark(message.cache_control)
  const last = parts.at(-1)
  return cache === undefined || last === undefined ? parts : [...parts.slice(0, -1), { ...last, cache }]
}

/** Thinking parts stand among the text: Mistral. */
function readAssistantContent(content: unknown, member: string): Part[] {
  return readContent(content, member).map(part => {
    const thinking = part.kind === 'native' ? objectOf<ChatPart>(part.native.members) : undefined
    if (thinking?.type !== 'thinking') return part
    const seal = { dialect: 'chat', issuer: '', kind: 'signature', value: slotValue('content') } as const
    return { kind: 'reasoning', form: 'full', texts: [thinkingOf(thinking.thinking)], seals: [seal] }
  })
}

const CALL_MEMBERS: ReadonlySet<string> = new Set(['id', 'type', 'function', 'custom', 'extra_content', 'index'])

function readCall(value: unknown, member: string, madeUp: string): ToolCallPart {
  const item = requiredObject<ChatToolCall>(value, member)
  const callId = textMember(item.id, `${member}.id`) || madeUp
  const rest = restOf(item as Wire, CALL_MEMBERS)
  const seal = readExtraContent(item.extra_content, '')
  const attributes = { native: rest && nativeOf(rest), seals: seal && [seal] }
  const custom = objectMember<ChatToolCall['custom']>(item.custom, `${member}.custom`)
  if (custom !== undefined) {
    const name = requiredText(custom.name, `${member}.custom.name`)
    const payload = textMember(custom.input, `${member}.custom.input`) ?? ''
    return defined({ kind: 'tool-call', callId, name, runBy: 'client', input: 'text', payload, ...attributes })
  }
  const call = requiredObject<ChatFunctionCall>(item.function, `${member}.function`)
  return defined<ToolCallPart>({ ...readFunctionCall(call, `${member}.function`, callId), ...attributes })
}

function readFunctionCall(call: Unread<ChatFunctionCall>, member: string, callId: string): ToolCallPart {
  const name = requiredText(call.name, `${member}.name`)
  const said = call.arguments
  const payload = objectOf(said) === undefined ? textMember(said, `${member}.arguments`) : JSON.stringify(said)
  return { kind: 'tool-call', callId, name, runBy: 'client', input: 'json', payload: payload ?? '' }
}
