/** What every server takes for the id of a call. OpenAI takes 40 characters. */
const LEGAL = /^[A-Za-z0-9_.:-]{1,40}$/

/**
 * The ids of calls as one request says them. An id that a server would refuse gets a number instead:
 * it has a meaning inside the request only, and numbers stay the same when the conversation grows.
 */
export class CallIds {
  readonly #made = new Map<string, string>()

  encode(callId: string): string {
    if (LEGAL.test(callId)) return callId
    const known = this.#made.get(callId) ?? `call_n${this.#made.size}`
    this.#made.set(callId, known)
    return known
  }
}
