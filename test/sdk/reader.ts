import type { Answer } from './answer.ts'

/** One request of an SDK. */
export interface Asking {
  /** Origin of the gateway, or of the upstream itself. */
  readonly url: string
  readonly model: string
  readonly headers?: Readonly<Record<string, string>>
  readonly fetch: typeof fetch
}

/** All that a raw iterator gave, and how it ended. */
export interface Reading {
  readonly items: readonly unknown[]
  /** Undefined: a clean end. */
  readonly error: unknown
}

/** One official SDK. */
export interface Reader {
  /** What it raises when an API says that it failed. */
  readonly apiError: abstract new (
    ...parts: never
  ) => Error
  /** Asks for a stream and iterates over it, without the SDK's accumulating helpers. Never rejects. */
  read(asking: Asking): Promise<Reading>
  /** Asks for the answer in one piece: one item, or none and an error. Never rejects. */
  readWhole(asking: Asking): Promise<Reading>
  /** What the items say together, by hand. */
  fold(items: readonly unknown[]): Answer
}

export async function collect(stream: Promise<AsyncIterable<unknown>>): Promise<Reading> {
  const items: unknown[] = []
  try {
    for await (const item of await stream) items.push(item)
    return { items, error: undefined }
  } catch (error) {
    return { items, error }
  }
}

/** An answer in one piece. */
export async function collectOne(answer: Promise<unknown>): Promise<Reading> {
  try {
    return { items: [await answer], error: undefined }
  } catch (error) {
    return { items: [], error }
  }
}
