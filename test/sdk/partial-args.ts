import type { PartialArg } from '@google/genai'

/** Puts arguments together that Gemini streams piece by piece; pieces of one text are appended. */
export function joinArgs(pieces: readonly PartialArg[]): Record<string, unknown> {
  const args: Tree = {}
  for (const { jsonPath = '$', stringValue, numberValue, boolValue } of pieces) {
    const keys = [...jsonPath.matchAll(/\.(\w+)|\[(\d+)\]/g)].map(([, member, index]) => member ?? Number(index))
    const last = keys.at(-1) ?? ''
    const place = keys.slice(0, -1).reduce((tree, key, at) => branch(tree, key, keys[at + 1]), args)
    place[last] = stringValue === undefined ? (numberValue ?? boolValue ?? null) : `${place[last] ?? ''}${stringValue}`
  }
  return args
}

/** An object, or an array: both are reached by key here. */
interface Tree {
  [key: string | number]: unknown
}

function branch(tree: Tree, key: string | number, next: string | number | undefined): Tree {
  tree[key] ??= typeof next === 'number' ? [] : {}
  return tree[key] as Tree
}
