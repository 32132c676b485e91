/** What makes the digests of one memory its own, so that nobody can make up texts that share one. */
export type DigestSeed = readonly [number, number]

export function createSeed(): DigestSeed {
  const [one = 0, two = 0] = crypto.getRandomValues(new Uint32Array(2))
  return [one, two]
}

/**
 * A digest of 64 bits of a text that comes in pieces, cut anywhere: two multiplicative hashes side by side.
 * Blanks and controls count for nothing, since clients trim what they keep.
 */
export class TextDigest {
  #one: number
  #two: number
  #isEmpty = true

  constructor([one, two]: DigestSeed) {
    this.#one = one
    this.#two = two
  }

  /** Nothing but blanks has come. */
  get isEmpty(): boolean {
    return this.#isEmpty
  }

  push(text: string): void {
    for (let at = 0; at < text.length; at++) {
      const unit = text.charCodeAt(at)
      if (unit <= SPACE) continue
      this.#isEmpty = false
      this.#one = mix(this.#one, unit, 0x9e3779b1)
      this.#two = mix(this.#two, unit, 0x85ebca6b)
    }
  }

  /** 16 hex digits, of what has come so far. */
  get value(): string {
    return hex(this.#one) + hex(this.#two)
  }
}

const SPACE = 0x20

/** The rotation brings the high bits, where a product mixes best, back to where the next unit goes in. */
function mix(state: number, unit: number, factor: number): number {
  const product = Math.imul(state ^ unit, factor)
  return ((product << 15) | (product >>> 17)) + unit
}

function hex(state: number): string {
  return (state >>> 0).toString(16).padStart(8, '0')
}
