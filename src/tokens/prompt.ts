import { type Part, type Request, type Tool, textsOf } from '../model/index.ts'
import type { TextCounter, TokenCount } from './counter.ts'

/** What the APIs add around each turn, about. */
const PER_TURN = 4

/** A picture or a page, about: what the vendors say of a picture of a million pixels lies between 260 and 1600. */
const PER_MEDIUM = 1000

/**
 * Estimates the tokens of a request: its texts are counted, and what stands around them is added in round
 * numbers. Opaque tokens, and items that only one dialect understands, are not counted.
 */
export async function countRequest(request: Request, counter: TextCounter): Promise<TokenCount> {
  const { instructions, turns, tools } = request
  const parts = [...instructions, ...turns.flatMap(turn => turn.parts)].flatMap(withContent)
  const texts = [...parts.flatMap(textsOf), ...tools.map(textOf)]
  const { tokens, by } = await counter.count(texts.filter(text => text !== '').join('\n'))
  const media = parts.filter(isMedium).length
  return { tokens: tokens + PER_TURN * turns.length + PER_MEDIUM * media, by }
}

/** A part with what stands in it. */
function withContent(part: Part): readonly Part[] {
  return part.kind === 'tool-result' ? [part, ...part.content.flatMap(withContent)] : [part]
}

function isMedium(part: Part): boolean {
  return part.kind === 'media' && part.source.type !== 'text'
}

/** What a model reads of a tool; those of the provider's cost what the provider says. */
function textOf(tool: Tool): string {
  switch (tool.kind) {
    case 'function':
      return `${tool.name}\n${tool.description ?? ''}\n${JSON.stringify(tool.schema ?? {})}`
    case 'custom':
      return `${tool.name}\n${tool.description ?? ''}\n${tool.grammar?.definition ?? ''}`
    case 'provider':
      return ''
  }
}
