import assert from 'node:assert/strict'
import { test } from 'node:test'
import { nearest } from './nearest.ts'

const KNOWN = ['baseUrl', 'apiKey', 'port', 'host', 'hosts', 'usage']

for (const [word, meant] of [
  ['baseURL', 'baseUrl'],
  ['base_url', 'baseUrl'],
  ['apikey', 'apiKey'],
  ['prot', 'port'],
  ['hots', 'host'],
  ['hostss', 'hosts'],
  ['colour', undefined],
  ['x', undefined],
  ['', undefined],
] as const)
  test(`${JSON.stringify(word)} means ${meant ?? 'nothing known'}`, () => {
    assert.equal(nearest(word, KNOWN), meant)
  })
