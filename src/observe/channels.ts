import type { Failure } from '../errors.ts'
import type { StreamReport } from './report.ts'

/** Diagnostics channels, for tools that watch a process from inside without being wired to it. */
export interface ChannelMessages {
  /** An exchange has started; `time` is ISO 8601. */
  readonly 'millrace:exchange.start': { readonly id: string; readonly time: string }
  /** An exchange has ended, however. */
  readonly 'millrace:exchange.end': StreamReport
  /** An exchange has failed; told before its end. */
  readonly 'millrace:error': { readonly id: string; readonly failure: Failure }
}

/** The names of the channels. */
export type ChannelName = keyof ChannelMessages

interface Channel {
  readonly hasSubscribers: boolean
  publish(message: unknown): void
}

const channels = new Map<ChannelName, Channel | undefined>()

/** Gives a message to the subscribers of a channel. Without subscribers, or outside Node, none is made. */
export function publish<Name extends ChannelName>(name: Name, make: () => ChannelMessages[Name]): void {
  if (!channels.has(name)) channels.set(name, openChannel(name))
  const channel = channels.get(name)
  if (channel?.hasSubscribers) channel.publish(make())
}

function openChannel(name: ChannelName): Channel | undefined {
  return globalThis.process?.getBuiltinModule?.('node:diagnostics_channel')?.channel(name)
}
