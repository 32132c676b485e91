/** `previous_response_id` of Responses clients whose upstream speaks another dialect. */
import assert from 'node:assert/strict'
import { after, before, suite, test } from 'node:test'
import { DIALECTS } from '../simulated.ts'
import { ask } from './asking.ts'
import { type Pairs, startPairs } from './pairs.ts'

const [MINE, YOURS] = ['key-of-mine-0123456789', 'key-of-yours-0123456789']
const FOREIGN = DIALECTS.filter(name => name !== 'responses')

function by(key: string): { readonly headers: Readonly<Record<string, string>> } {
  return { headers: { authorization: `Bearer ${key}` } }
}

/** The id of the answer in a whole body, or of the last event of a stream. */
function idOf(text: string): string {
  const last = text.startsWith('{') ? text : (text.trimEnd().split('\n').at(-1)?.slice('data: '.length) ?? '')
  const answer = JSON.parse(last)
  return (answer.response ?? answer).id
}

suite('an answer that is referred to', () => {
  let pairs: Pairs
  before(async () => {
    pairs = await startPairs({ server: { keys: [MINE, YOURS] } })
  })
  after(() => pairs.close())

  const sent = () => pairs.simulator.requests().at(-1)?.body ?? ''

  for (const to of FOREIGN)
    for (const stream of [false, true]) {
      const first = () =>
        ask(pairs.to(to), 'responses', { ...by(MINE), stream, body: { input: 'Is the flour ready?' } })
      const next = (id: string, wish: object = {}) =>
        ask(pairs.to(to), 'responses', {
          ...by(MINE),
          stream,
          ...wish,
          body: { input: 'And the salt?', previous_response_id: id },
        })
      const title = (what: string) => `${what}: ${stream ? 'stream' : 'whole'} of ${to}`

      test(title('goes up with the turns before it'), async () => {
        const { text } = await first()
        const second = await next(idOf(text))
        assert.equal(second.response.status, 200)
        assert.match(sent(), /Is the flour ready\?.*And the salt\?/s)
        await next(idOf(second.text))
        assert.match(sent(), /Is the flour ready\?.*And the salt\?.*And the salt\?/s)
      })

      test(title('is not found by another key'), async () => {
        const { text } = await first()
        const { response, text: refused } = await next(idOf(text), by(YOURS))
        assert.equal(response.status, 400)
        assert.partialDeepStrictEqual(JSON.parse(refused).error, {
          ...{ type: 'invalid_request_error', param: 'previous_response_id', code: 'previous_response_not_found' },
        })
      })

      test(title('is not kept when it is not to be stored'), async () => {
        const { text } = await ask(pairs.to(to), 'responses', { ...by(MINE), stream, body: { store: false } })
        assert.equal((await next(idOf(text))).response.status, 400)
      })
    }

  test('an upstream of Responses is asked as the client asks', async () => {
    await ask(pairs.to('responses'), 'responses', { ...by(MINE), body: { previous_response_id: 'resp_of_others' } })
    assert.equal(JSON.parse(sent()).previous_response_id, 'resp_of_others')
  })
})

test('nothing is kept where nothing is to be remembered', async () => {
  const pairs = await startPairs({ responses: { remember: 0 } })
  const { text } = await ask(pairs.to('chat'), 'responses')
  const body = { previous_response_id: idOf(text) }
  const { response } = await ask(pairs.to('chat'), 'responses', { body })
  assert.equal(response.status, 400)
  await pairs.close()
})
