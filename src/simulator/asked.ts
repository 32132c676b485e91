import type { DialectName } from '../dialects/index.ts'
import { type JsonObject, listOf, objectOf, textOf } from './wire-json.ts'

/** A tool that the request offers and the client runs. */
export interface OfferedTool {
  readonly name: string
  /** The group that it belongs to: Responses only. */
  readonly namespace?: string
  /** It is called with text and not with JSON: Responses only. */
  readonly isFreeText?: boolean
  /** JSON Schema of its input. */
  readonly schema: JsonObject
}

/** What a request asks for, in no dialect's words. */
export interface Asked {
  readonly dialect: DialectName
  /** As the client named it, settings and all; undefined when it named none. */
  readonly model: string | undefined
  readonly stream: boolean
  /** The last text of the last turn of the user. */
  readonly userText: string
  /** All texts of all turns of the user, oldest first. */
  readonly userTexts: readonly string[]
  /** The texts of the results of tools, oldest first. */
  readonly toolResults: readonly string[]
  readonly tools: readonly OfferedTool[]
  readonly endsWithToolResult: boolean
  /** Whether a stream of chat shall end with its usage. */
  readonly includeUsage: boolean
  /** All that the model would read: what is counted, and what the ids are made from. */
  readonly prompt: string
}

/** The last text of a content, which is a text or a list of parts. */
export function lastText(content: unknown): string {
  return textsOf(content).at(-1) ?? ''
}

/** The texts of a content, which is a text or a list of parts. */
export function textsOf(content: unknown): readonly string[] {
  const text = textOf(content)
  return text === undefined ? listOf(content).flatMap(part => textOf(objectOf(part).text) ?? []) : [text]
}

export function tool(name: unknown, schema: unknown): OfferedTool[] {
  return typeof name === 'string' ? [{ name, schema: objectOf(schema) }] : []
}
