import assert from 'node:assert/strict'
import { test } from 'node:test'
import { isSampleKey } from './sample-keys.ts'

const SAMPLES = [
  'changeme',
  'CHANGE_ME',
  'change-this',
  'your-key',
  'YOUR_API_KEY',
  '<your-api-key-here>',
  'sk-xxx',
  'sk-xxxxxxxxxxxxxxxxxxxxxxxx',
  'sk-...',
  'sk-ant-xxxxxxxx',
  'sk-proj-your-key-here',
  '0000000000000000',
  '********',
  'example-key',
]

test('placeholders of documentation are sample keys', () => {
  assert.deepEqual(
    SAMPLES.filter(key => !isSampleKey(key)),
    [],
  )
})

test('keys of one own are not', () => {
  const own = ['5f1c7f0e93d24b6c8a7e', 'test-key', 'sk-ant-api03-4QmZ', 'correct-horse-battery', 'exampleton-7']
  assert.deepEqual(own.filter(isSampleKey), [])
})
