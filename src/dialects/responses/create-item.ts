import { type BlockStart, membersFor } from '../../model/index.ts'
import { objectOf } from '../value.ts'
import { CallItem } from './call-item.ts'
import { isHosted } from './hosted.ts'
import { HostedItem } from './hosted-item.ts'
import { ImageItem } from './image-item.ts'
import type { ItemWriter } from './item-writer.ts'
import { MessageItem } from './message-item.ts'
import { NativeItem } from './native-item.ts'
import { ReasoningItem } from './reasoning-item.ts'
import type { Scribe } from './scribe.ts'

/** @returns undefined for what has no place here */
export function createItem(scribe: Scribe, start: BlockStart): ItemWriter | undefined {
  const own = membersFor('responses', start.native)
  switch (start.kind) {
    case 'text':
    case 'refusal':
      return new MessageItem(scribe, start)
    case 'reasoning':
      return new ReasoningItem(scribe, start)
    case 'tool-call':
      if (start.runBy === 'client') return new CallItem(scribe, start)
      return isHosted(String(objectOf(own?.item)?.type)) ? new HostedItem(scribe, start) : undefined
    case 'media':
      return start.mediaType.startsWith('image/') ? new ImageItem(scribe, start) : undefined
    case 'native':
      if (own?.part !== undefined) return new MessageItem(scribe, start)
      return own?.item === undefined ? undefined : new NativeItem(scribe, start)
    case 'tool-result':
      return undefined
    default:
      return start satisfies never
  }
}
