import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Redactor } from '../redact.ts'
import { KnownNames } from './known-names.ts'

test('a name is known once it has proved itself, and stays so', () => {
  const names = new KnownNames(2)
  assert.equal(names.label('m', false), 'other')
  assert.equal(names.label('m', true), 'm')
  assert.equal(names.label('m', false), 'm')
})

test('what finds no place is other', () => {
  const names = new KnownNames(1)
  names.label('first', true)
  assert.equal(names.label('second', true), 'other')
  assert.equal(names.label('first', true), 'first')
})

test('a label is short, on one line, well-formed and without secrets', () => {
  const names = new KnownNames(9, new Redactor(['our-own-secret']))
  assert.equal(names.label('a\nb\u001b[31m', true), 'a\\nb\\u001b[31m')
  assert.equal(names.label('x\ud800', true), 'x\ufffd')
  assert.equal(names.label('m-our-own-secret', true), 'm-[redacted]')
  assert.equal(names.label('x'.repeat(101), true), 'other')
})
