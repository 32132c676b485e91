/** What the checks claim; no test runner is the same everywhere. */

/** One thing that must hold. */
export interface Check {
  readonly name: string
  run(): void | Promise<void>
}

/** Equal as JSON, where undefined is a value too. */
export function same(actual: unknown, expected: unknown): void {
  const [is, ought] = [shown(actual), shown(expected)]
  if (is !== ought) throw new Error(`Expected ${ought}, got ${is}`)
}

export function matches(text: string, pattern: RegExp): void {
  if (!pattern.test(text)) throw new Error(`Expected ${pattern}, got ${shown(text)}`)
}

export function holds(claim: boolean, what: string): void {
  if (!claim) throw new Error(`Expected ${what}`)
}

/** What the promise rejects with. */
export async function rejection(promise: Promise<unknown>): Promise<Error> {
  const outcome = await promise.then(
    () => undefined,
    (error: unknown) => error,
  )
  if (outcome instanceof Error) return outcome
  throw new Error(`Expected a rejection with an Error, got ${shown(outcome)}`)
}

/** How long is waited for what must happen, in milliseconds. */
const PATIENCE_MS = 5000

/** Waits until `look` finds something, and gives it back. */
export async function eventually<T>(look: () => T | undefined | Promise<T | undefined>): Promise<T> {
  for (const giveUpAt = Date.now() + PATIENCE_MS; Date.now() < giveUpAt; ) {
    const found = await look()
    if (found !== undefined) return found
    await new Promise(resolve => setTimeout(resolve, 10))
  }
  throw new Error(`Still waiting after ${PATIENCE_MS} ms: ${look}`)
}

function shown(value: unknown): string {
  return JSON.stringify(value, (_name, part) => (part === undefined ? '(undefined)' : part)) ?? '(undefined)'
}
