import assert from 'node:assert/strict'
import { test } from 'node:test'
import { generatedPages } from '../../scripts/pages.ts'

for (const { name, text, fresh } of generatedPages())
  test(`docs/${name} is fresh; else run \`npm run docs\``, () => assert.equal(text, fresh))
