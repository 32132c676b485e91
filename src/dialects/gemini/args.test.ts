import assert from 'node:assert/strict'
import { test } from 'node:test'
import { PartialArgs } from './args.ts'

const CASES: readonly (readonly [pieces: readonly object[], json: string])[] = [
  [[], '{}'],
  [
    [
      { jsonPath: '$.a', stringValue: 'x' },
      { jsonPath: '$.a', stringValue: 'y' },
    ],
    '{"a":"xy"}',
  ],
  [
    [
      { jsonPath: '$.a.b[1]', numberValue: 2 },
      { jsonPath: '$.a.b[0]', numberValue: 1 },
    ],
    '{"a":{"b":[1,2]}}',
  ],
  [[{ jsonPath: '$.list[0].name', boolValue: false }], '{"list":[{"name":false}]}'],
  [[{ jsonPath: '$[\'a b\']["c"]', nullValue: 'NULL_VALUE' }], '{"a b":{"c":null}}'],
  [[{ jsonPath: '$.__proto__', stringValue: 'x' }], '{"__proto__":"x"}'],
  [[{ jsonPath: '$.a', stringValue: '' }, { jsonPath: '$.b' }, { stringValue: 'x' }], '{"a":""}'],
  [[{ jsonPath: `$${'.a'.repeat(200)}`, stringValue: 'x' }], '{}'],
]

for (const [pieces, json] of CASES)
  test(`${JSON.stringify(pieces).slice(0, 80)} gives ${json}`, () => {
    const args = new PartialArgs()
    for (const piece of pieces) args.push([piece])
    assert.equal(args.json, json)
  })
