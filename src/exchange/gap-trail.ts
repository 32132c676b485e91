/** How many silences are remembered: what is asked for four times a second of a fast stream. */
const KEPT = 64

/** The last silences between two reads that brought content, for who watches a stream. */
export class GapTrail {
  readonly #ring: number[] = []
  #count = 0

  /** How many there were since somebody watches. */
  get count(): number {
    return this.#count
  }

  push(ms: number): void {
    this.#ring[this.#count % KEPT] = Math.round(ms)
    this.#count++
  }

  /**
   * Those that came after so many, the oldest first, in whole milliseconds.
   * @param count what `count` was when they were asked for last
   * @param max of more than these the last ones; 64 at most
   */
  after(count: number, max = KEPT): number[] {
    const gaps: number[] = []
    for (let at = Math.max(count, this.#count - Math.min(max, KEPT)); at < this.#count; at++)
      gaps.push(this.#ring[at % KEPT] as number)
    return gaps
  }
}
