import type { DialectToolRuns } from '../dialect.ts'
import { itemsOf, objectOf } from '../value.ts'

/** Searches that Google runs, which its usage does not count. */
export const toolRuns: DialectToolRuns = {
  inNative: ({ groundingMetadata }) => searchesOf(groundingMetadata),
}

/** What a candidate has been grounded on. */
export function searchesOf(grounding: unknown): Readonly<Record<string, number>> | undefined {
  const queries = itemsOf(objectOf<{ webSearchQueries: unknown }>(grounding)?.webSearchQueries)
  return queries.length === 0 ? undefined : { google_search: queries.length }
}
