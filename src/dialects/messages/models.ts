import { fromUtf8, toUtf8 } from '../../bytes.ts'
import type { DialectModels } from '../dialect.ts'
import { idsIn } from '../openai-models.ts'
import { objectOf, parseJson, textOf } from '../value.ts'
import { DEFAULT_VERSION } from './tables.ts'

/** When nobody says when a model was made. */
const UNKNOWN_TIME = '1970-01-01T00:00:00Z'

/** The API refuses a request that does not say its version. */
export const models: DialectModels = {
  headers: ['anthropic-version', DEFAULT_VERSION],
  decode(body) {
    const list = objectOf(parseJson(toUtf8(body)))
    const last = textOf(list?.last_id)
    const hasMore = list?.has_more === true && last !== undefined
    const next = hasMore ? `?after_id=${encodeURIComponent(last)}` : undefined
    return { names: idsIn(list), next }
  },
  encode: names =>
    fromUtf8(
      JSON.stringify({
        data: names.map(id => ({ type: 'model', id, display_name: id, created_at: UNKNOWN_TIME })),
        has_more: false,
        first_id: names[0] ?? null,
        last_id: names.at(-1) ?? null,
      }),
    ),
}
