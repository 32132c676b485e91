import assert from 'node:assert/strict'
import { test } from 'node:test'
import { readSettings, splitModel } from './settings.ts'

test('settings are read from one line, parted by commas or ampersands', () => {
  const settings = { delay: 20, cut: 1, fault: 'reset', at: 'middle' }
  assert.deepEqual(readSettings('delay=20,cut=1,fault=reset,at=middle'), settings)
  assert.deepEqual(readSettings(' delay=20 & cut=1&fault=reset, at=middle,'), settings)
  assert.deepEqual(readSettings(''), {})
})

test('each kind of value is read', () => {
  assert.deepEqual(readSettings('cut=random'), { cut: 'random' })
  assert.deepEqual(readSettings('cut=all'), { cut: 'all' })
  assert.deepEqual(readSettings('nodone=yes,lastblank=no'), { nodone: true, lastblank: false })
  assert.deepEqual(readSettings('type=text/html; charset=utf-8'), { type: 'text/html; charset=utf-8' })
})

for (const wrong of ['delay=soon', 'delay=-1', 'cut=0', 'status=99', 'nodone=maybe', 'eol=', 'fault=fire', 'type=']) {
  test(`"${wrong}" is refused with the values that would do`, () => {
    assert.throws(() => readSettings(wrong), { code: 'bad-request', message: /^Cannot use ".+": wanted \S/ })
  })
}

for (const unknown of ['pace=1', 'constructor=1', '__proto__=1', 'delay20']) {
  test(`the unknown setting "${unknown}" is refused with the known ones`, () => {
    assert.throws(() => readSettings(unknown), { code: 'bad-request', message: /the settings are head, first, delay/ })
  })
}

test('a model is parted from its settings at a question mark or a semicolon', () => {
  assert.deepEqual(splitModel('sim/story'), { name: 'sim/story', settings: '' })
  assert.deepEqual(splitModel('sim/story?cut=1'), { name: 'sim/story', settings: 'cut=1' })
  assert.deepEqual(splitModel('sim/story;type=a;b'), { name: 'sim/story', settings: 'type=a;b' })
})
