import assert from 'node:assert/strict'
import { test } from 'node:test'
import { toJsonSchema } from './schema.ts'

const CASES: readonly (readonly [own: Readonly<Record<string, unknown>>, schema: object])[] = [
  [
    { type: 'STRING', format: 'enum', enum: ['a'] },
    { type: 'string', format: 'enum', enum: ['a'] },
  ],
  [
    { type: 'STRING', nullable: true, enum: ['a'] },
    { type: ['string', 'null'], enum: ['a', null] },
  ],
  [{ anyOf: [{ type: 'NUMBER' }], nullable: true }, { anyOf: [{ anyOf: [{ type: 'number' }] }, { type: 'null' }] }],
  [
    { type: 'ARRAY', items: { type: 'INTEGER' }, max_items: '3' },
    { type: 'array', items: { type: 'integer' }, maxItems: 3 },
  ],
  [
    { type: 'OBJECT', properties: { type: { type: 'BOOLEAN' } }, property_ordering: ['type'] },
    { type: 'object', properties: { type: { type: 'boolean' } }, propertyOrdering: ['type'] },
  ],
  [{ type: 'TYPE_UNSPECIFIED', example: 1 }, { examples: [1] }],
]

for (const [own, schema] of CASES)
  test(`${JSON.stringify(own)} is ${JSON.stringify(schema)}`, () => {
    assert.deepEqual(toJsonSchema(own), schema)
  })
