import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import { formatTable } from './table.ts'
import { fitTo, widthOf } from './width.ts'

const COLUMNS = [
  { name: 'MODEL', minWidth: 5 },
  { name: 'N', align: 'right' },
] as const

suite('a table', () => {
  test('has aligned columns and no blanks at the ends of lines', () => {
    const rows = [
      ['claude-sonnet-5', '1'],
      ['m', '1,234'],
    ]
    assert.equal(
      formatTable(
        [...COLUMNS, { name: 'NOTE' }],
        rows.map(row => [...row, '']),
      ),
      'MODEL                N  NOTE\nclaude-sonnet-5      1\nm                1,234\n',
    )
  })

  test('cuts what may be cut to fit, and no more', () => {
    const rows = [['claude-sonnet-5', '1234']]
    assert.equal(formatTable(COLUMNS, rows, 16), 'MODEL          N\nclaude-so…  1234\n')
    assert.equal(formatTable(COLUMNS, rows, 3), 'MODEL     N\nclau…  1234\n')
  })

  test('cannot be steered by what stands in it', () => {
    assert.equal(
      formatTable(COLUMNS, [['\u001b[31mred\nnext', '1']]),
      'MODEL                N\n\\u001b[31mred\\nnext  1\n',
    )
  })

  test('counts the columns of a terminal and not characters', () => {
    assert.deepEqual(['ab', '日本', '🌾', 'é', ''].map(widthOf), [2, 4, 2, 1, 0])
    assert.deepEqual([fitTo('日本語', 5), fitTo('日本語', 6), fitTo('ab', 2)], ['日本…', '日本語', 'ab'])
    assert.equal(
      formatTable(COLUMNS, [
        ['日本', '1'],
        ['abcdef', '2'],
      ]),
      'MODEL   N\n日本    1\nabcdef  2\n',
    )
  })
})
