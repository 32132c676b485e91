/** One suite for every kind of client. */
import { test } from 'node:test'
import type { HttpClient } from '../../src/http/index.ts'
import { checkAnswers } from './answers.ts'
import { checkCodings } from './codings.ts'
import { checkFailures } from './failures.ts'
import { checkFlow } from './flow.ts'

/** A test with a client of its own, which is closed afterwards. */
export type Check = (behaviour: string, run: (client: HttpClient) => Promise<void>) => void

export function behavesAsHttpClient(name: string, createClient: () => HttpClient): void {
  const check: Check = (behaviour, run) =>
    test(`${name} ${behaviour}`, { timeout: 5000 }, async () => {
      const client = createClient()
      await run(client)
      await client.close()
    })
  for (const part of [checkAnswers, checkFailures, checkFlow, checkCodings]) part(check)
}
