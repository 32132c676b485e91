import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { type AllowedOptions, allowedNames, checkJson, checkTarget, MAX_FIELDS } from './guard.ts'

const LOCAL: AllowedOptions = { host: '127.0.0.1', port: 8642, hosts: [], origins: [] }
const OPEN: AllowedOptions = {
  host: '0.0.0.0',
  port: 8642,
  hosts: ['Gateway.example', 'other.example:9000'],
  origins: ['https://app.example', 'vscode-webview://abc'],
}

interface Asked {
  readonly method?: string
  readonly target?: string
  readonly headers?: readonly string[]
  readonly options?: AllowedOptions
}

const HOST = ['Host', '127.0.0.1:8642']

function statusOf({ method = 'POST', target = '/v1/messages', headers = HOST, options = LOCAL }: Asked) {
  return checkTarget({ method, target, headers }, allowedNames(options))?.status
}

const TARGETS: readonly (readonly [target: string, status: number | undefined])[] = [
  ['/v1/messages', undefined],
  ['/v1/messages?beta=true', undefined],
  ['/', undefined],
  ['/v1beta/models/publishers%2Fgoogle%2Fgemini:generateContent', undefined],
  ['/v1/files/a..b', undefined],
  ['/v1/files/.../x', undefined],
  ['/v1/models?q=../x', undefined],
  ['http://127.0.0.1:8642/v1/messages', 400],
  ['//evil.example/v1/messages', 400],
  ['/\\evil.example/v1', 400],
  ['/v1\\..\\x', 400],
  ['*', 400],
  ['', 400],
  ['v1/messages', 400],
  ['/v1/messages#top', 400],
  ['/v1/mess ages', 400],
  ['/v1/\u00e9', 400],
  ['/v1/\u0000', 400],
  ['/v1/../../admin', 400],
  ['/v1/./messages', 400],
  ['/v1/..', 400],
  ['/v1/%2e%2E/x', 400],
  ['/v1/.%2e/x', 400],
  ['/v1/models/a%2f..%2Fb', 400],
]

for (const [target, status] of TARGETS)
  test(`a target ${JSON.stringify(target)} is ${status === undefined ? 'allowed' : 'refused'}`, () => {
    assert.equal(statusOf({ target }), status)
  })

for (const [method, status] of [
  ['GET', undefined],
  ['POST', undefined],
  ['CONNECT', 405],
  ['TRACE', 405],
] as const)
  test(`${method} is ${status === undefined ? 'allowed' : 'refused'}`, () => {
    assert.equal(statusOf({ method }), status)
  })

const HOSTS: readonly (readonly [host: string, options: AllowedOptions, status: number | undefined])[] = [
  ['127.0.0.1:8642', LOCAL, undefined],
  ['localhost:8642', LOCAL, undefined],
  ['LOCALHOST:8642', LOCAL, undefined],
  ['[::1]:8642', LOCAL, undefined],
  ['127.0.0.1', LOCAL, 403],
  ['localhost:80', LOCAL, 403],
  ['localhost.:8642', LOCAL, 403],
  ['127.0.0.1:8642.evil.example', LOCAL, 403],
  ['127.0.0.1.evil.example:8642', LOCAL, 403],
  ['evil.example:8642', LOCAL, 403],
  ['127.1:8642', LOCAL, 403],
  ['user@127.0.0.1:8642', LOCAL, 403],
  ['', LOCAL, 403],
  ['localhost', { ...LOCAL, port: 80 }, undefined],
  ['localhost:80', { ...LOCAL, port: 80 }, undefined],
  ['gateway.example', OPEN, undefined],
  ['gateway.example:8642', OPEN, undefined],
  ['gateway.example:9000', OPEN, 403],
  ['other.example:9000', OPEN, undefined],
  ['other.example', OPEN, 403],
  ['localhost:8642', OPEN, undefined],
  ['0.0.0.0:8642', OPEN, 403],
  ['192.168.1.5:8642', { ...LOCAL, host: '192.168.1.5' }, undefined],
  ['[fe80::1]:8642', { ...LOCAL, host: 'fe80::1' }, undefined],
]

for (const [host, options, status] of HOSTS)
  test(`Host ${JSON.stringify(host)} is ${status === undefined ? 'allowed' : 'refused'} at ${options.host}:${options.port}`, () => {
    assert.equal(statusOf({ headers: ['host', host], options }), status)
  })

const ORIGINS: readonly (readonly [headers: readonly string[], status: number | undefined])[] = [
  [[], undefined],
  [['Origin', 'http://127.0.0.1:8642'], undefined],
  [['Origin', 'http://localhost:8642'], undefined],
  [['Origin', 'https://gateway.example'], undefined],
  [['Origin', 'https://app.example'], undefined],
  [['Origin', 'vscode-webview://abc'], undefined],
  [['Origin', 'null'], 403],
  [['Origin', ''], 403],
  [['Origin', 'https://evil.example'], 403],
  [['Origin', 'http://localhost:3000'], 403],
  [['Origin', 'https://app.example.evil.example'], 403],
  [['Origin', 'https://app.example/'], 403],
  // What Node's own fetch sends.
  [['Sec-Fetch-Mode', 'cors'], undefined],
  [['Sec-Fetch-Site', 'same-origin', 'Sec-Fetch-Mode', 'cors'], undefined],
  [['Sec-Fetch-Site', 'none', 'Sec-Fetch-Mode', 'navigate'], undefined],
  [['Sec-Fetch-Site', 'cross-site', 'Sec-Fetch-Mode', 'navigate'], undefined],
  [['Sec-Fetch-Site', 'cross-site', 'Sec-Fetch-Mode', 'no-cors'], 403],
  [['Sec-Fetch-Site', 'same-site', 'Sec-Fetch-Mode', 'no-cors'], 403],
  [['Origin', 'https://app.example', 'Sec-Fetch-Site', 'cross-site', 'Sec-Fetch-Mode', 'cors'], undefined],
]

for (const [headers, status] of ORIGINS)
  test(`a request with ${JSON.stringify(headers)} is ${status === undefined ? 'allowed' : 'refused'}`, () => {
    assert.equal(statusOf({ headers: [...HOST, ...headers], options: OPEN }), status)
  })

for (const name of ['Host', 'Authorization', 'X-Api-Key', 'x-goog-api-key', 'Origin', 'Content-Type'])
  test(`two ${name} fields are refused, whatever their case`, () => {
    assert.equal(statusOf({ headers: [...HOST, name, 'a', name.toUpperCase(), 'a'] }), 400)
  })

test('other fields may be repeated', () => {
  assert.equal(statusOf({ headers: [...HOST, 'anthropic-beta', 'a', 'Anthropic-Beta', 'b'] }), undefined)
})

test('a request without Host is refused', () => {
  assert.equal(statusOf({ headers: [] }), 400)
})

test('100 fields are allowed, one more is refused', () => {
  const fields = Array.from({ length: MAX_FIELDS - 1 }, () => ['x-a', '1']).flat()
  assert.equal(statusOf({ headers: [...HOST, ...fields] }), undefined)
  assert.equal(statusOf({ headers: [...HOST, ...fields, 'x-a', '1'] }), 431)
})

const CONTENT_TYPES: readonly (readonly [type: string | undefined, status: number | undefined])[] = [
  ['application/json', undefined],
  ['application/json; charset=utf-8', undefined],
  ['Application/JSON ;charset=utf-8', undefined],
  [undefined, 415],
  ['', 415],
  ['text/plain', 415],
  ['text/plain; application/json', 415],
  ['application/jsonp', 415],
  ['application/x-www-form-urlencoded', 415],
  ['multipart/form-data; boundary=x', 415],
]

for (const [type, status] of CONTENT_TYPES)
  test(`JSON routes ${status === undefined ? 'take' : 'refuse'} content-type ${type}`, () => {
    assert.equal(checkJson(type)?.status, status)
  })

test('the guard throws for no request, and lets none through to a foreign name', () => {
  const allowed = allowedNames(LOCAL)
  const name = fc.constantFrom('host', 'Host', 'origin', 'authorization', 'x-other')
  const value = fc.oneof(fc.constantFrom('127.0.0.1:8642', 'localhost:8642', 'evil.example'), fc.string())
  const headers = fc.array(fc.tuple(name, value)).map(fields => fields.flat())
  const target = fc.oneof(
    fc.string({ unit: 'binary' }),
    fc.string().map(text => `/${text}`),
    fc.array(fc.constantFrom('/', '.', '..', '%2e', '\\', 'a', '?', '#', '@')).map(parts => `/${parts.join('')}`),
  )
  fc.assert(
    fc.property(fc.constantFrom('GET', 'POST'), target, headers, (method, target, headers) => {
      if (checkTarget({ method, target, headers }, allowed) !== undefined) return
      const url = new URL(`http://upstream.example/base${target}`)
      assert.equal(url.host, 'upstream.example')
      assert.ok(url.pathname.startsWith('/base/'))
      const hosts = headers.filter((_, at) => at % 2 === 1 && headers[at - 1]?.toLowerCase() === 'host')
      assert.equal(hosts.length, 1)
      assert.match(hosts[0] ?? '', /^(?:127\.0\.0\.1|localhost):8642$/)
    }),
    { numRuns: 2000 },
  )
})
