import assert from 'node:assert/strict'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { ConfigError } from './error.ts'
import { findConfig, loadConfig } from './find.ts'

function folder(t: TestContext, files: Readonly<Record<string, string>>): string {
  const path = mkdtempSync(join(tmpdir(), 'millrace-config-'))
  t.after(() => rmSync(path, { recursive: true }))
  for (const [name, text] of Object.entries(files)) writeFileSync(join(path, name), text)
  return path
}

test('the file of --config comes first, also when there is none', t => {
  assert.equal(findConfig(folder(t, { 'millrace.yaml': '' }), 'other.yaml'), 'other.yaml')
})

test('millrace.yaml comes before millrace.yml', t => {
  assert.equal(findConfig(folder(t, { 'millrace.yml': '', 'millrace.yaml': '' }), undefined), 'millrace.yaml')
  assert.equal(findConfig(folder(t, { 'millrace.yml': '' }), undefined), 'millrace.yml')
  assert.equal(findConfig(folder(t, {}), undefined), undefined)
})

test('loadConfig reads what it finds', t => {
  const cwd = folder(t, { 'millrace.yaml': 'server: { port: 9000 }', 'other.yaml': 'server: { port: 9001 }' })
  const found = loadConfig({ cwd, env: {} })
  assert.equal(found.config.server.port, 9000)
  assert.equal(found.file, 'millrace.yaml')
  assert.equal(loadConfig({ cwd, env: {}, flag: 'other.yaml' }).config.server.port, 9001)
  assert.equal(loadConfig({ cwd, env: {}, server: { port: 0 } }).config.server.port, 0)
})

test('without a file the environment decides', t => {
  const { config, file } = loadConfig({ cwd: folder(t, {}), env: { OPENAI_API_KEY: 'k' }, server: { port: 1 } })
  assert.deepEqual(
    config.upstreams.map(({ name }) => name),
    ['openai'],
  )
  assert.equal(config.server.port, 1)
  assert.equal(file, undefined)
})

test('a file that cannot be read is a ConfigError that names it', t => {
  const cwd = folder(t, {})
  assert.throws(
    () => loadConfig({ cwd, env: {}, flag: 'none.yaml' }),
    (error: unknown) => {
      assert.ok(error instanceof ConfigError)
      assert.match(error.message, /^Cannot use configuration "none\.yaml":\n {2}cannot be read: ENOENT/)
      return true
    },
  )
})
