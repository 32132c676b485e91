import { setTimeout as sleep } from 'node:timers/promises'

/** How long a test waits for something that must happen, in milliseconds. */
const PATIENCE_MS = 10_000

/** Waits until `look` finds something, and gives it back. */
export async function eventually<T>(look: () => T | undefined | Promise<T | undefined>, everyMs = 5): Promise<T> {
  const giveUpAt = performance.now() + PATIENCE_MS
  for (;;) {
    const found = await look()
    if (found !== undefined) return found
    if (performance.now() > giveUpAt) throw new Error(`Still waiting after ${PATIENCE_MS} ms: ${look}`)
    await sleep(everyMs)
  }
}
