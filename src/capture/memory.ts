/** What all recordings of a process hold together, within a limit. */
export class RecordingMemory {
  readonly #limitBytes: number
  #bytes = 0

  /** @param limitBytes that are held at most */
  constructor(limitBytes: number) {
    this.#limitBytes = limitBytes
  }

  /** How much is held. */
  get bytes(): number {
    return this.#bytes
  }

  /** How much of it there is room for; so much is held from now on. */
  take(bytes: number): number {
    const taken = Math.max(0, Math.min(bytes, this.#limitBytes - this.#bytes))
    this.#bytes += taken
    return taken
  }

  give(bytes: number): void {
    this.#bytes -= bytes
  }
}
