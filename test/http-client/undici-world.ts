import { test } from 'node:test'
import { UndiciClient, type UndiciClientOptions } from '../../src/node/index.ts'
import { type Answer, answerWith, Upstream } from './upstream.ts'

export interface World {
  readonly client: UndiciClient
  readonly upstream: Upstream
}

/** A test of the undici client against an upstream that gives one kind of answer. */
export function check(
  behaviour: string,
  answer: Answer,
  run: (world: World) => Promise<void>,
  options?: UndiciClientOptions,
): void {
  test(`UndiciClient ${behaviour}`, { timeout: 5000 }, async () => {
    await using upstream = await Upstream.start(answer)
    const client = new UndiciClient(options)
    await run({ client, upstream })
    await client.close()
  })
}

export const ok: Answer = socket => socket.write(answerWith('ok'))
