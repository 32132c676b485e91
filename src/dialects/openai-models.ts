import { fromUtf8, toUtf8 } from '../bytes.ts'
import type { DialectModels } from './dialect.ts'
import { itemsOf, objectOf, parseJson, textOf, type Wire } from './value.ts'

/** The list of models as OpenAI has it, for both of its APIs. */
export const openaiModels: DialectModels = {
  headers: [],
  decode: body => ({ names: idsIn(objectOf(parseJson(toUtf8(body)))) }),
  encode: names =>
    fromUtf8(
      JSON.stringify({
        object: 'list',
        data: names.map(id => ({ id, object: 'model', created: 0, owned_by: 'millrace' })),
      }),
    ),
}

/** The names in a list whose items have ids. */
export function idsIn(list: Wire | undefined): readonly string[] {
  return itemsOf(list?.data).flatMap(item => textOf(objectOf(item)?.id) ?? [])
}
