import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import { configReference } from './reference.ts'

const page = readFileSync(new URL('../../../docs/configuration.md', import.meta.url), 'utf8')

test('docs/configuration.md ends with the reference: `node scripts/reference.ts` writes it', () => {
  assert.ok(page.endsWith(`-->\n\n${configReference()}`))
})
