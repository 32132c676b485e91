import { itemsOf, objectOf, type Wire } from '../value.ts'

/** Members of a schema that hold a schema, a list of them, or some by name. */
const INNER: Readonly<Record<string, 'one' | 'list' | 'named'>> = {
  items: 'one',
  additionalProperties: 'one',
  anyOf: 'list',
  oneOf: 'list',
  prefixItems: 'list',
  properties: 'named',
  defs: 'named',
}

/** Names that are written otherwise in JSON Schema. */
const RENAMED: Readonly<Record<string, string>> = {
  any_of: 'anyOf',
  one_of: 'oneOf',
  prefix_items: 'prefixItems',
  additional_properties: 'additionalProperties',
  property_ordering: 'propertyOrdering',
  min_items: 'minItems',
  max_items: 'maxItems',
  min_length: 'minLength',
  max_length: 'maxLength',
  min_properties: 'minProperties',
  max_properties: 'maxProperties',
  example: 'examples',
  defs: '$defs',
  ref: '$ref',
}

/** Counts, which the wire has as texts. */
const COUNTS: ReadonlySet<string> = new Set([
  'minItems',
  'maxItems',
  'minLength',
  'maxLength',
  'minProperties',
  'maxProperties',
])

const UNSPECIFIED = 'type_unspecified'

/** Reads Google's own schemas, a kind of OpenAPI 3.0, as JSON Schema. */
export function toJsonSchema(schema: Wire): Wire {
  const result: Record<string, unknown> = {}
  for (const [name, value] of Object.entries(schema)) {
    if (name === 'nullable') continue
    const renamed = Object.hasOwn(RENAMED, name) ? (RENAMED[name] as string) : name
    const member = toMember(name, renamed, value)
    if (member !== undefined)
      Object.defineProperty(result, renamed, { value: member, enumerable: true, writable: true, configurable: true })
  }
  return schema.nullable === true ? toNullable(result) : result
}

function toMember(name: string, renamed: string, value: unknown): unknown {
  if (name === 'type' && typeof value === 'string') {
    const type = value.toLowerCase()
    return type === UNSPECIFIED ? undefined : type
  }
  if (name === 'example') return [value]
  if (COUNTS.has(renamed) && typeof value === 'string') return Number(value)
  const inner = Object.hasOwn(INNER, name) ? INNER[name] : Object.hasOwn(INNER, renamed) ? INNER[renamed] : undefined
  if (inner === undefined) return value
  const toInner = (item: unknown) => (objectOf(item) === undefined ? item : toJsonSchema(objectOf(item) ?? {}))
  if (inner === 'one') return toInner(value)
  if (inner === 'list') return itemsOf(value).map(toInner)
  return Object.fromEntries(Object.entries(objectOf(value) ?? {}).map(([key, item]) => [key, toInner(item)]))
}

function toNullable(schema: Record<string, unknown>): Wire {
  const { type } = schema
  if (typeof type !== 'string') return { anyOf: [schema, { type: 'null' }] }
  const withNull = Array.isArray(schema.enum) ? { enum: [...schema.enum, null] } : {}
  return { ...schema, type: [type, 'null'], ...withNull }
}
