import * as z from 'zod'
import type { Path } from './error.ts'
import { fileSchema } from './schema.ts'

export type JsonSchema = z.core.JSONSchema.BaseSchema

/** JSON Schema (draft 2020-12) of the configuration file, for editors and for the reference. */
export function configSchema(): JsonSchema {
  const schema = z.toJSONSchema(fileSchema, { io: 'input' })
  return { title: 'Millrace configuration', ...schema }
}

const root = configSchema()

/** The part of the schema that a member must fit; undefined for what is no member. */
export function schemaAt(path: Path): JsonSchema | undefined {
  return path.reduce<JsonSchema | undefined>((schema, step) => schema && childOf(schema, step), root)
}

/** The members that a map may have; empty where any name will do. */
export function memberNames(path: Path): readonly string[] {
  return Object.keys(schemaAt(path)?.properties ?? {})
}

function childOf(schema: JsonSchema, step: string | number): JsonSchema | undefined {
  const { properties = {}, additionalProperties, items, anyOf = [] } = schema
  const child =
    typeof step === 'number' ? items : Object.hasOwn(properties, step) ? properties[step] : additionalProperties
  if (typeof child === 'object' && !Array.isArray(child)) return child
  return anyOf.map(way => childOf(way, step)).find(found => found !== undefined)
}
