import assert from 'node:assert/strict'
import { test } from 'node:test'
import { DELTA, DONE, defer, FINISH, STREAM, USAGE } from '../../test/deferred.ts'
import { toUtf8 } from '../bytes.ts'
import { MemoryResponseStore } from '../dialects/index.ts'
import { createAdapter } from '../exchange/index.ts'
import { clientMatch } from './client-match.ts'

const CONTENTS = '{"contents":[{"role":"user","parts":[{"text":"Mehl?"}]}]}'

function sentBy(deferred: ReturnType<typeof defer>) {
  return JSON.parse(toUtf8(deferred.client.requests[0]?.body as Uint8Array))
}

for (const [query, type, text] of [
  ['?alt=sse', 'text/event-stream', /^data: \{.*das Mehl/],
  ['', 'application/json', /^\[\{.*das Mehl.*\]$/s],
] as const)
  test(`a Gemini client names model and stream in its path: "${query}"`, async () => {
    const path = `/models/m:streamGenerateContent${query}`
    const asked = defer({
      body: CONTENTS,
      handlerConfig: { formatContext: { source: 'gemini', target: 'chat', path } },
    })
    const response = asked.deferred.toResponse()
    assert.partialDeepStrictEqual(sentBy(asked), { model: 'm', stream: true })
    asked.call().head(200).data(STREAM).end()
    assert.equal((await response).headers.get('content-type'), type)
    assert.match(await (await response).text(), text)
  })

test('a path that is no call is refused before anything is sent', () => {
  const formatContext = { source: 'gemini', target: 'chat', path: '/models' } as const
  assert.throws(() => clientMatch({ formatContext }), /no call of gemini, got "\/models"/)
})

test('an adapter with a history finds the answers that it gave', async () => {
  const history = { owner: 'me', store: new MemoryResponseStore() }
  const adapter = createAdapter({ from: 'responses', to: 'chat' }, { history })
  const handlerConfig = { requestAdapter: adapter, responseAdapter: adapter }
  const first = defer({ body: '{"model":"m","input":"Mehl?","stream":true}', handlerConfig })
  const response = first.deferred.toResponse()
  first
    .call()
    .head(200)
    .data(DELTA + FINISH + USAGE + DONE)
    .end()
  const id = /"id":"(c1|resp_[^"]+)"/.exec(await (await response).text())?.[1]
  const body = JSON.stringify({ model: 'm', input: 'Salz?', previous_response_id: id, stream: true })
  const second = defer({ body, handlerConfig })
  second.deferred.toResponse()
  assert.deepEqual(
    sentBy(second).messages.map(({ content }: { content: unknown }) => content),
    ['Mehl?', 'das Mehl 🌾', 'Salz?'],
  )
})
