import type { BlockStart, Native, Seal } from '../../model/index.ts'
import type { Wire } from '../value.ts'
import { type BlockWriter, Item, Writer } from './item-writer.ts'
import type { Scribe } from './scribe.ts'

/** A picture that the model made. */
export class ImageItem extends Item {
  readonly seals: Seal[] = []
  readonly #format: string
  data = ''

  constructor(scribe: Scribe, start: BlockStart & { readonly kind: 'media' }) {
    const id = scribe.id(start.item, 'ig_')
    const format = start.mediaType.slice('image/'.length)
    super(scribe, id, { id, type: 'image_generation_call', status: 'in_progress', ...formatOf(format), result: null })
    this.#format = format
  }

  accepts(): boolean {
    return false
  }

  open(start: BlockStart, path: string): BlockWriter {
    this.take(start.native, path)
    return new ImageWriter(this.scribe, this, path)
  }

  finish(): void {
    const { id, data, rest } = this
    const format = formatOf(this.#format)
    // A picture knows no `incomplete`.
    const status = this.status === 'completed' ? 'completed' : 'generating'
    this.done({ id, type: 'image_generation_call', status, ...format, ...rest, result: data })
    this.carry(this.seals)
  }
}

/** The usual format goes without saying. */
function formatOf(format: string): Wire {
  return format === 'png' ? {} : { output_format: format }
}

class ImageWriter extends Writer {
  readonly #image: ImageItem

  constructor(scribe: Scribe, image: ImageItem, path: string) {
    super(scribe, image, path)
    this.#image = image
  }

  /** A picture has no deltas here: it comes in one piece. */
  override payload(base64: string): void {
    this.#image.data += base64
  }

  end(native: Native | undefined): void {
    this.#image.take(native, this.path)
    this.#image.seals.push(...this.seals)
  }
}
