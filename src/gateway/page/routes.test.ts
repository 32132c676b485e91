import assert from 'node:assert/strict'
import { test } from 'node:test'
import { pageRoute } from './routes.ts'

const ROUTES = [
  ['GET', '/', { to: 'file', path: '/' }],
  ['HEAD', '/', { to: 'file', path: '/' }],
  ['GET', '/assets/index-1a2b.js', { to: 'file', path: '/assets/index-1a2b.js' }],
  ['GET', '/api/session', { to: 'session' }],
  ['POST', '/api/session', { to: 'session' }],
  ['DELETE', '/api/session', { to: 'session' }],
  ['GET', '/api/live', { to: 'live' }],
  ['GET', '/api/live/one', { to: 'open-stream', id: 'one' }],
  ['POST', '/api/streams/one/stop', { to: 'stop', id: 'one' }],
  ['GET', '/api/overview', { to: 'overview' }],
] as const

const WRONG_METHODS = [
  ['POST', '/', 'GET, HEAD'],
  ['POST', '/api/live', 'GET'],
  ['GET', '/api/streams/one/stop', 'POST'],
  ['PUT', '/api/session', 'GET, POST, DELETE'],
] as const

const OTHERS = ['/index.html', '/api', '/api/streams', '/api/streams/one', '/api/streams/one/two/stop', '/v1/messages']

for (const [method, path, found] of ROUTES)
  test(`${method} ${path} is a route of the page`, () => {
    assert.deepEqual(pageRoute(method, path), found)
  })

for (const [method, path, allow] of WRONG_METHODS)
  test(`${path} does not take ${method}`, () => {
    assert.deepEqual(pageRoute(method, path), { allow })
  })

test('all else is none of the page', () => {
  for (const path of OTHERS) assert.equal(pageRoute('GET', path), undefined)
})
