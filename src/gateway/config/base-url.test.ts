import assert from 'node:assert/strict'
import { test } from 'node:test'
import { normaliseBaseUrl } from './base-url.ts'

const URLS: readonly (readonly [text: string, result: string | undefined])[] = [
  ['https://api.example/v1', 'https://api.example/v1'],
  ['https://api.example/v1/', 'https://api.example/v1'],
  ['https://api.example/v1//', 'https://api.example/v1'],
  ['https://api.example', 'https://api.example'],
  ['https://api.example/', 'https://api.example'],
  ['HTTPS://API.example:443/V1', 'https://api.example/V1'],
  ['http://127.0.0.1:11434/v1', 'http://127.0.0.1:11434/v1'],
  ['http://[::1]:8080/a/b', 'http://[::1]:8080/a/b'],
  ['ftp://api.example/v1', undefined],
  ['file:///etc/passwd', undefined],
  ['api.example/v1', undefined],
  ['https://', undefined],
  ['https://user@api.example/v1', undefined],
  ['https://user:password@api.example/v1', undefined],
  ['https://api.example/v1?key=x', undefined],
  ['https://api.example/v1?', undefined],
  ['https://api.example/v1#x', undefined],
  ['', undefined],
]

for (const [text, result] of URLS)
  test(`${JSON.stringify(text)} is ${result ?? 'no base URL'}`, () => {
    assert.equal(normaliseBaseUrl(text), result)
  })
