import assert from 'node:assert/strict'
import { test } from 'node:test'
import { functionOf, isCustomTool, toJsonInput, toTextInput } from './tool-bridge.ts'

const PATCH = {
  kind: 'custom',
  name: 'apply_patch',
  description: 'Edits files',
  grammar: { syntax: 'lark', definition: 'start: "*** Begin Patch"' },
} as const

test('a custom tool is a function with one text, and its grammar is told', () => {
  const { kind, name, description, schema } = functionOf(PATCH)
  assert.deepEqual([kind, name], ['function', 'apply_patch'])
  assert.equal(
    description,
    'Edits files\n\nThe `input` must be text of this lark grammar, and no JSON:\nstart: "*** Begin Patch"',
  )
  assert.deepEqual(schema?.required, ['input'])
})

test('the text of a call comes back as it was', () => {
  const text = '*** Begin Patch\n"ä"\n'
  assert.equal(toTextInput(toJsonInput(text)), text)
})

test('what a model calls in another form is handed on as it is', () => {
  for (const payload of ['', '{"patch":"x"}', '*** Begin Patch', '{"input":1}'])
    assert.equal(toTextInput(payload), payload)
})

test('only a custom tool of the request is one', () => {
  const request = { model: 'm', stream: false, instructions: [], turns: [], tools: [PATCH], sampling: {} }
  assert.equal(isCustomTool(request, 'apply_patch'), true)
  assert.equal(isCustomTool(request, 'other'), false)
  assert.equal(isCustomTool(undefined, 'apply_patch'), false)
})
