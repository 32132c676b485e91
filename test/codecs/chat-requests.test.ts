/** The chat codec over requests as clients sent them. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { decodeRequest, encodeRequest } from '../../src/dialects/chat/request.ts'
import type { EncodeRequestContext } from '../../src/dialects/codec.ts'
import { Losses, type Message, type Request, subtract } from '../../src/model/index.ts'
import { clientRequests, requestBodies } from '../corpus.ts'

const BODIES = [
  ...requestBodies()
    .filter(({ dialect }) => dialect === 'chat')
    .map(({ file, body }) => ({ name: file, body })),
  ...clientRequests()
    .filter(({ path }) => path.endsWith('/chat/completions'))
    .map(({ client, body }) => ({ name: client, body })),
]

for (const { name, body } of BODIES)
  for (const issuer of ['https://api.openai.com', 'https://openrouter.ai', 'https://local.example'])
    test(`${name} toward ${issuer} keeps its meaning`, () => {
      const request = decodeRequest(JSON.parse(body.toString()))
      const context = contextOf(request, issuer)
      const encoded = JSON.parse(JSON.stringify(encodeRequest(request, context).body))
      const expected = subtract(request as unknown as Message, context.losses.all)
      assert.deepEqual(plain(decodeRequest(encoded), context.losses), plain(expected, context.losses))
    })

function contextOf(request: Request, issuer: string): EncodeRequestContext {
  const { model, stream } = request
  return { model, stream, askUsage: false, issuer, apiVersion: undefined, losses: new Losses() }
}

/** A budget that is said as an effort is another member on the way back. */
function plain(request: unknown, losses: Losses): unknown {
  const { reasoning, ...rest } = JSON.parse(JSON.stringify(request))
  return losses.all.some(({ path }) => path === '/reasoning/budgetTokens') ? rest : { ...rest, reasoning }
}
