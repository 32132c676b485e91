import { textOf, type Unread } from '../value.ts'
import type { AnswerDesk } from './answer-desk.ts'
import { CallReader } from './call-reader.ts'
import { isHosted } from './hosted.ts'
import { HostedReader } from './hosted-reader.ts'
import { ImageReader } from './image-reader.ts'
import type { ItemReader } from './item-reader.ts'
import { MessageReader } from './message-reader.ts'
import { NativeReader } from './native-reader.ts'
import { ReasoningReader } from './reasoning-reader.ts'
import type { ResponsesItem } from './wire.ts'

/** @param item as it was announced; it may say nothing yet but its type */
export function createReader(desk: AnswerDesk, item: Unread<ResponsesItem>, place: number): ItemReader {
  const type = textOf(item.type) ?? 'message'
  switch (type) {
    case 'message':
      return new MessageReader(desk, item)
    case 'reasoning':
      return new ReasoningReader(desk, item)
    case 'function_call':
    case 'custom_tool_call':
      return new CallReader(desk, item, type, place)
    case 'image_generation_call':
      return new ImageReader(desk, item)
    default:
      return isHosted(type) ? new HostedReader(desk, item, place) : new NativeReader(desk, item)
  }
}
