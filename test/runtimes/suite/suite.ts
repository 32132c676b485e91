/**
 * What of the package must hold on every runtime. Needs no test runner: prints a line for each check,
 * `ok` or `not ok` with the reason, and `done` at the end.
 */
import type { Check } from './claims.ts'
import { inMemory } from './in-memory.ts'
import { overSockets, type Place } from './over-sockets.ts'

/** How long one check may take, in milliseconds. */
const LIMIT_MS = 15_000

export async function runSuite(place: Place, print: (line: string) => void): Promise<void> {
  for (const check of [...inMemory, ...overSockets(place)]) print(await outcomeOf(check))
  print('done')
}

async function outcomeOf({ name, run }: Check): Promise<string> {
  let timer: ReturnType<typeof setTimeout> | undefined
  const limit = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`Not over after ${LIMIT_MS} ms`)), LIMIT_MS)
  })
  try {
    await Promise.race([run(), limit])
    return `ok ${name}`
  } catch (error) {
    return `not ok ${name}: ${error instanceof Error ? error.stack : error}`.replaceAll('\n', ' | ')
  } finally {
    clearTimeout(timer)
  }
}
