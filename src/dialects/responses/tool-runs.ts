import type { DialectToolRuns } from '../dialect.ts'
import { countOf, objectOf, parseJson, textOf, type Wire } from '../value.ts'

/** Items of tools that are billed by the call, and what the tool is called. */
const BILLED: Readonly<Record<string, string>> = {
  web_search_call: 'web_search',
  file_search_call: 'file_search',
  code_interpreter_call: 'code_interpreter',
}

/** What a search tool does that is no search: it reads a page that was found. */
const FREE_ACTIONS: ReadonlySet<string> = new Set(['open_page', 'find_in_page', 'find'])

/** Tools that OpenAI and others run and bill, which no usage counts. */
export const toolRuns: DialectToolRuns = {
  ofCall({ item }, input) {
    return toolOf({ ...objectOf(item), ...objectOf(parseJson(input)) })
  },
  inNative: ({ tool_usage }) => toolUsage(tool_usage),
}

/** The tool that an item counts for. */
export function toolOf({ type, action }: Wire): string | undefined {
  const tool = Object.hasOwn(BILLED, textOf(type) ?? '') ? BILLED[type as string] : undefined
  const does = textOf(objectOf<{ type: unknown }>(action)?.type)
  return does !== undefined && FREE_ACTIONS.has(does) ? undefined : tool
}

/** The provider's own count, where it gives one. */
export function toolUsage(value: unknown): Readonly<Record<string, number>> | undefined {
  const said = objectOf<{ web_search: unknown; image_gen: unknown }>(value)
  if (said === undefined) return undefined
  const searches = countOf(objectOf<Wire>(said.web_search)?.num_requests)
  const pictures = countOf(objectOf<Wire>(said.image_gen)?.total_tokens) ?? 0
  return {
    ...(searches === undefined ? {} : { web_search: searches }),
    ...(pictures === 0 ? {} : { image_generation: 1 }),
  }
}
