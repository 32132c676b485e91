/**
 * Gives ids to calls that Google gives none, and finds the call that a nameless result answers. The same
 * calls get the same ids.
 */
export class CallIds {
  /** What made up ids begin with. */
  prefix = 'call_'
  #made = 0
  /** Calls without a result so far, in their order. */
  readonly #waiting: { readonly id: string; readonly name: string }[] = []

  call(id: string | undefined, name: string): string {
    const callId = id ?? this.#make()
    this.#waiting.push({ id: callId, name })
    return callId
  }

  /** The call that a result answers: the one it names, else the oldest of its name. */
  answer(id: string | undefined, name: string): string {
    const byId = this.#waiting.findIndex(call => call.id === id)
    const at = byId >= 0 ? byId : this.#waiting.findIndex(call => call.name === name)
    if (at < 0) return id ?? this.#make()
    const [call] = this.#waiting.splice(at, 1)
    return byId >= 0 || id === undefined ? (call?.id ?? '') : id
  }

  #make(): string {
    return `${this.prefix}${this.#made++}`
  }
}
