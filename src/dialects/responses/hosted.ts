import type { Unread, Wire } from '../value.ts'
import { restOf, textOf } from '../value.ts'
import type { ResponsesItem } from './wire.ts'

/** What an item of a tool that the provider runs says of the call, and what of the result. */
interface HostedItem {
  readonly input: readonly string[]
  readonly output: readonly string[]
  /** What its announcement holds of them, for deltas to be appended to. */
  readonly announced?: Wire
}

/** Items that are a call and its result in one. */
const HOSTED: Readonly<Record<string, HostedItem>> = {
  web_search_call: { input: ['action', 'arguments'], output: ['results'] },
  file_search_call: { input: ['queries'], output: ['results'] },
  code_interpreter_call: { input: ['code'], output: ['outputs'], announced: { code: '', outputs: [] } },
  mcp_call: { input: ['arguments'], output: ['output', 'error'], announced: { arguments: '' } },
}

export function isHosted(type: string): boolean {
  return Object.hasOwn(HOSTED, type)
}

/** The tool's name: the item's own (mcp), else what the type says. */
export function hostedName(item: Unread<ResponsesItem>): string {
  return textOf(item.name) ?? (textOf(item.type) ?? '').replace(/_call$/, '')
}

export interface HostedHalves {
  /** JSON of an object: the members that say what was asked. */
  readonly input: string
  /** JSON of an object: the members that say what came of it. */
  readonly output: string
  /** All other members but the id. */
  readonly rest: Wire
  readonly failed: boolean
}

/** Takes an item of a provider's tool apart; `joinHosted` puts the same item together again. */
export function splitHosted(item: Wire): HostedHalves {
  const { input, output } = HOSTED[String(item.type)] ?? { input: [], output: [] }
  const { status, error } = item
  return {
    input: JSON.stringify(pick(item, input)),
    output: JSON.stringify(pick(item, output)),
    rest: restOf(item, new Set(['id', ...input, ...output])) ?? {},
    failed: status === 'failed' || (error !== undefined && error !== null),
  }
}

/** The item as it is announced, before anything is known of it but `rest`. */
export function announceHosted(id: string, rest: Wire): Wire {
  return { id, ...rest, status: 'in_progress', ...HOSTED[String(rest.type)]?.announced }
}

/** @param rest the other members, `type` among them */
export function joinHosted(id: string, rest: Wire, input: Wire, output: Wire): Wire {
  return { id, ...rest, ...input, ...output }
}

function pick(item: Wire, names: readonly string[]): Wire {
  return Object.fromEntries(names.filter(name => item[name] !== undefined).map(name => [name, item[name]]))
}

/** Items that wait for the client to act, in a way that no other dialect has: the answer is paused. */
export function awaitsClient(item: Unread<ResponsesItem>): boolean {
  const type = textOf(item.type) ?? ''
  if (type === 'shell_call') return (item.environment as { type?: unknown } | null | undefined)?.type === 'local'
  if (type === 'tool_search_call') return item.execution === 'client'
  return AWAITING.has(type)
}

const AWAITING: ReadonlySet<string> = new Set([
  'mcp_approval_request',
  'computer_call',
  'local_shell_call',
  'apply_patch_call',
])
