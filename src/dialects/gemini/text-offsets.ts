/**
 * Places in a text, in bytes of its UTF-8 and in UTF-16 code units. Fast where places are asked for in
 * rising order.
 */
export class TextOffsets {
  readonly #text: string
  #units = 0
  #bytes = 0

  constructor(text: string) {
    this.#text = text
  }

  /** The code unit at a byte; inside a character its beginning, behind the end the end. */
  at(byte: number): number {
    if (byte < this.#bytes) this.#rewind()
    while (this.#units < this.#text.length) {
      const width = this.#width()
      if (this.#bytes + width > byte) break
      this.#step(width)
    }
    return this.#units
  }

  /** The byte at a code unit; inside a character the end of it, behind the end the end. */
  bytesAt(unit: number): number {
    if (unit < this.#units) this.#rewind()
    while (this.#units < this.#text.length && this.#units < unit) this.#step(this.#width())
    return this.#bytes
  }

  #rewind(): void {
    this.#units = 0
    this.#bytes = 0
  }

  /** Bytes of the character here; half of a pair alone is written as U+FFFD. */
  #width(): number {
    const code = this.#text.codePointAt(this.#units) as number
    if (code < 0x80) return 1
    if (code < 0x800) return 2
    return code < 0x10000 ? 3 : 4
  }

  #step(width: number): void {
    this.#bytes += width
    this.#units += width === 4 ? 2 : 1
  }
}
