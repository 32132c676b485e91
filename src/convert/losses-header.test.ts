import assert from 'node:assert/strict'
import { test } from 'node:test'
import { lossesHeader } from './losses-header.ts'

test('losses are told in a list, cosmetic ones are not', () => {
  assert.equal(
    lossesHeader([
      { path: '/sampling/topK', reason: 'no-slot' },
      { path: '/native/user_agent', reason: 'cosmetic' },
      { path: '/turns/1/parts/0/seals/0', reason: 'foreign-seal' },
    ]),
    '/sampling/topK;no-slot, /turns/1/parts/0/seals/0;foreign-seal',
  )
  assert.equal(lossesHeader([{ path: '/id', reason: 'cosmetic' }]), undefined)
})

test('what a header cannot hold is escaped', () => {
  assert.equal(
    lossesHeader([{ path: '/native/a,b;c d\r\n\ud800é%', reason: 'no-slot' }]),
    '/native/a%2Cb%3Bc%20d%0D%0A%EF%BF%BD%C3%A9%25;no-slot',
  )
})

test('the list ends with a count of what has no room', () => {
  const losses = Array.from({ length: 500 }, (_, at) => ({ path: `/turns/${at}/name`, reason: 'no-slot' }) as const)
  const header = lossesHeader(losses) as string
  assert.ok(header.length < 2060)
  const told = header.split(', ').length - 1
  assert.equal(header.split(', ').at(-1), `+${500 - told}`)
})
