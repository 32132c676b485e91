/** Gemini clients without `alt=sse`, whose stream is one JSON array: whatever strikes, half of one is no whole answer. */
import assert from 'node:assert/strict'
import { after, before, suite, test } from 'node:test'
import { getHeader } from '../../src/http/index.ts'
import { askRaw } from '../sdk/raw.ts'
import { DIALECTS } from '../simulated.ts'
import { type House, startHouse } from './house.ts'
import { rulesFor } from './ways.ts'

const FAULTS = ['reset', 'fin', 'badchunk', 'close', 'torn', 'error', 'texterror']
const POINTS = ['first', 'middle', 'last', 'finish']
const QUESTION = JSON.stringify({ contents: [{ parts: [{ text: 'Hello' }] }] })

suite('a client that reads an array', { concurrency: 16 }, () => {
  let house: House
  before(async () => {
    house = await startHouse({ models: rulesFor({ mill: {} }) })
  })
  after(() => house.close())

  for (const upstream of DIALECTS)
    for (const fault of FAULTS)
      for (const at of POINTS) {
        // What is relayed is one body, which is whole at its end alone.
        const isWhole = at === 'finish' && upstream !== 'gemini'
        test(`gemini over ${upstream}: ${fault} at ${at} is ${isWhole ? 'a whole answer' : 'no answer'}`, async () => {
          const { status, headers, body, isComplete } = await askRaw(house.url, {
            path: `/v1beta/models/mill-${upstream}-plain:streamGenerateContent`,
            headers: ['content-type', 'application/json', 'x-sim', `words=6,delay=2,fault=${fault},at=${at}`],
            body: QUESTION,
          })
          const { outcome } = await house.report(getHeader(headers, 'x-millrace-request-id'))
          const last = itemsIn(`${body}`)?.at(-1)
          assert.equal(status, 200)
          assert.equal(outcome === 'completed', isWhole, outcome)
          assert.equal(isComplete && last !== undefined && last.error === undefined, isWhole, `${body}`)
          if (isWhole) assert.equal(last?.candidates?.[0]?.finishReason, 'STOP')
        })
      }
})

interface Item {
  readonly error?: object
  readonly candidates?: readonly { readonly finishReason?: string }[]
}

/** The items of an array that is whole. */
function itemsIn(text: string): readonly Item[] | undefined {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
