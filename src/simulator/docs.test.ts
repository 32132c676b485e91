import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { test } from 'node:test'
import { FAULT_NAMES, FAULTS } from './faults.ts'
import { MODELS } from './models.ts'
import { POINTS } from './points.ts'
import { SETTING_NAMES } from './settings.ts'

const docs = readFileSync(resolve(import.meta.dirname, '../../docs/simulator.md'), 'utf8')

test('docs/simulator.md tells every model, setting, point and fault', () => {
  const names = [...Object.keys(MODELS), ...SETTING_NAMES, ...POINTS, ...FAULT_NAMES]
  assert.deepEqual(
    names.filter(name => !docs.includes(`\`${name}\``)),
    [],
  )
})

test('docs/simulator.md tells where each fault strikes', () => {
  assert.deepEqual(
    FAULT_NAMES.filter(name => !docs.includes(`| \`${name}\` | \`${FAULTS[name].at}\` |`)),
    [],
  )
})
