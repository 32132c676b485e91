import assert from 'node:assert/strict'
import { test } from 'node:test'
import { normaliseBaseUrl } from './base-url.ts'
import { findPreset, PRESETS } from './presets.ts'

test('every base URL of a preset is in its one spelling', () => {
  const urls = Object.values(PRESETS).flatMap(({ baseUrls }) => Object.values(baseUrls))
  assert.deepEqual(urls.map(normaliseBaseUrl), urls)
})

test('findPreset knows the names of the table and nothing else', () => {
  assert.equal(findPreset('openai'), PRESETS.openai)
  assert.equal(findPreset('OpenAI'), undefined)
  assert.equal(findPreset('constructor'), undefined)
  assert.equal(findPreset('__proto__'), undefined)
})
