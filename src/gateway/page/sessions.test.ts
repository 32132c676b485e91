import assert from 'node:assert/strict'
import { test } from 'node:test'
import { OneTimeToken, Sessions } from './sessions.ts'

const HOUR_MS = 60 * 60 * 1000

test('a session is found by its secret alone, until it is closed', () => {
  const sessions = new Sessions()
  const secret = sessions.open({ key: 'abcd1234' })
  assert.match(secret, /^[\w-]{32}$/)
  assert.deepEqual(sessions.find(secret), { key: 'abcd1234' })
  assert.equal(sessions.find(`${secret}x`), undefined)
  assert.equal(sessions.find(''), undefined)
  assert.equal(sessions.find(undefined), undefined)
  sessions.close(secret)
  assert.equal(sessions.find(secret), undefined)
})

test('a session that is used lives on, and ends twelve hours after its last use', () => {
  let now = 0
  const sessions = new Sessions(() => now)
  const secret = sessions.open({ key: undefined })
  now += 11 * HOUR_MS
  assert.deepEqual(sessions.find(secret), { key: undefined })
  now += 11 * HOUR_MS
  assert.deepEqual(sessions.find(secret), { key: undefined })
  now += 12 * HOUR_MS
  assert.equal(sessions.find(secret), undefined)
})

test('a thousand sessions are kept, and the one that was not used for the longest time goes', () => {
  const sessions = new Sessions()
  const secrets = Array.from({ length: 1000 }, () => sessions.open({ key: undefined }))
  sessions.find(secrets[0])
  sessions.open({ key: undefined })
  assert.notEqual(sessions.find(secrets[0]), undefined)
  assert.equal(sessions.find(secrets[1]), undefined)
  assert.notEqual(sessions.find(secrets[2]), undefined)
})

test('a token is good once', () => {
  const token = new OneTimeToken()
  assert.equal(token.use('wrong'), false)
  assert.equal(token.use(''), false)
  assert.equal(token.use(token.text), true)
  assert.equal(token.use(token.text), false)
})
