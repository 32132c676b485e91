import assert from 'node:assert/strict'
import { globSync, readFileSync } from 'node:fs'
import { basename } from 'node:path'
import { test } from 'node:test'
import { goldens } from './goldens.ts'

for (const { path, fresh } of goldens())
  test(`${basename(path)} is what goes out; else run \`npm run golden\` and read the diff`, () => {
    assert.equal(readFileSync(path, 'utf8'), fresh)
  })

test('every golden file is one of these', () => {
  const known = goldens().map(({ path }) => basename(path))
  assert.deepEqual(globSync('*.txt', { cwd: import.meta.dirname }).sort(), known.sort())
})
