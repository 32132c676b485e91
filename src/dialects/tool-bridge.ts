import type { CustomTool, FunctionTool, Request } from '../model/index.ts'
import { objectOf, parseJson } from './value.ts'

/**
 * Custom tools, which are called with free text, toward a model that only knows functions, and back.
 *
 * The request encoder of a dialect without custom tools writes `functionOf(tool)`, and the calls of it in
 * the history with `toJsonInput`. The model then calls a function; the answer encoder of the client's
 * dialect sees in its context that the client meant a custom tool, and writes `toTextInput` of the payload.
 */
export function functionOf({ name, description, grammar, cache }: CustomTool): FunctionTool {
  const rule =
    grammar && `The \`${INPUT}\` must be text of this ${grammar.syntax} grammar, and no JSON:\n${grammar.definition}`
  const text = [description, rule].filter(line => line !== undefined && line !== '').join('\n\n')
  return {
    kind: 'function',
    name,
    ...(text === '' ? {} : { description: text }),
    schema: SCHEMA,
    ...(cache === undefined ? {} : { cache }),
  }
}

const INPUT = 'input'

const SCHEMA = {
  type: 'object',
  properties: { [INPUT]: { type: 'string', description: 'The whole input of the tool, as free text' } },
  required: [INPUT],
  additionalProperties: false,
} as const

/** The payload of a custom call as the arguments of the function in its place. */
export function toJsonInput(text: string): string {
  return JSON.stringify({ [INPUT]: text })
}

/** The text that a model meant with the arguments of such a function; they themselves when it did not keep the form. */
export function toTextInput(payload: string): string {
  const input = objectOf(parseJson(payload))?.[INPUT]
  return typeof input === 'string' ? input : payload
}

/** Whether the client knows a tool of this name as a custom one. */
export function isCustomTool(request: Request | undefined, name: string): boolean {
  return request?.tools.some(tool => tool.kind === 'custom' && tool.name === name) ?? false
}
