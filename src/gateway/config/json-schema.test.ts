import assert from 'node:assert/strict'
import { test } from 'node:test'
import { configSchema, type JsonSchema, memberNames, schemaAt } from './json-schema.ts'

/** The members below a schema that have no description. */
function undescribed(schema: JsonSchema): string[] {
  const members = Object.entries(schema.properties ?? {}) as [string, JsonSchema][]
  const below = [...members.map(([, member]) => member), schema.items, schema.additionalProperties]
  return [
    ...members.filter(([, { description }]) => description === undefined).map(([name]) => name),
    ...below.flatMap(child => (typeof child === 'object' ? undescribed(child as JsonSchema) : [])),
  ]
}

test('every member has a description', () => {
  assert.deepEqual(undescribed(configSchema()), [])
})

test('nothing is required but what has no default', () => {
  assert.equal(configSchema().required, undefined)
  assert.deepEqual(schemaAt(['models', 0])?.required, ['match', 'upstream'])
  assert.equal(schemaAt(['upstreams', 'any'])?.required, undefined)
})

test('defaults, bounds and units are in the schema', () => {
  assert.deepEqual(schemaAt(['timeouts', 'headHoldMs']), {
    description: "Milliseconds that the client's status line waits for the first frame after the upstream's.",
    default: 250,
    type: 'integer',
    minimum: 0,
    maximum: 604_800_000,
  })
})

test('memberNames are those of the map at the path', () => {
  assert.deepEqual(memberNames(['log']), ['level', 'file', 'access'])
  assert.deepEqual(memberNames(['upstreams']), [])
  assert.deepEqual(memberNames(['nowhere', 'x']), [])
  assert.deepEqual(memberNames(['server', 'constructor']), [])
})
