/** The model `sim/agent`: it does what the user's text says, line by line, as a model does that drives an agent. */
import { MillraceError } from '../errors.ts'
import type { Asked, OfferedTool } from './asked.ts'
import { type Block, sealOf } from './script.ts'

interface Line {
  readonly verb: 'think' | 'call' | 'say'
  readonly words: string
}

/** What stands in `say` for the result of the last tool. */
const RESULT = '{result}'

/**
 * Lines that begin with `think`, `call` or `say` are the script, all others are passed over. What stands
 * up to and including a run of calls is one answer; the next one follows when all of them have results.
 *
 * @returns nothing, when the script is at its end or there is none
 * @throws {MillraceError} bad-request, when a tool is to be called that is not offered or cannot be called so
 */
export function act(asked: Asked): readonly Block[] {
  const scripts = asked.userTexts.map(linesOf).filter(lines => lines.length > 0)
  const callsBefore = scripts.slice(0, -1).flat().filter(isCall).length
  const lines = answerAfter(asked.toolResults.length - callsBefore, scripts.at(-1) ?? [])
  const calls = lines.filter(isCall)
  return lines.map(line => blockOf(line, calls.indexOf(line), asked))
}

function linesOf(text: string): readonly Line[] {
  return [...text.matchAll(/^(think|call|say) (.+)$/gm)].map(([, verb, words]) => ({ verb, words }) as Line)
}

function isCall({ verb }: Line): boolean {
  return verb === 'call'
}

/** The answer that is due when so many calls have results. */
function answerAfter(results: number, script: readonly Line[]): readonly Line[] {
  let left = results
  for (const answer of answersOf(script)) {
    const calls = answer.filter(isCall).length
    if (calls === 0 || left < calls) return answer
    left -= calls
  }
  return []
}

/** Answer by answer: each but the last ends with its calls. */
function answersOf(script: readonly Line[]): readonly (readonly Line[])[] {
  const answers: Line[][] = [[]]
  for (const line of script) {
    const answer = answers.at(-1) as Line[]
    if (!isCall(line) && answer.some(isCall)) answers.push([line])
    else answer.push(line)
  }
  return answers
}

function blockOf({ verb, words }: Line, call: number, asked: Asked): Block {
  switch (verb) {
    case 'think':
      return { kind: 'reasoning', text: words, seal: sealOf(asked) }
    case 'say':
      return { kind: 'text', text: words.replaceAll(RESULT, asked.toolResults.at(-1) ?? '') }
    case 'call': {
      const [name = '', input = '{}'] = words.split(/ (.*)/s)
      return { kind: 'tool-call', call, ...callOf(findTool(asked.tools, name), input) }
    }
  }
}

/** By its own name, or by the last part of one that tells its group too. */
function findTool(tools: readonly OfferedTool[], wanted: string): OfferedTool {
  const found = tools.find(({ name }) => name === wanted) ?? tools.find(({ name }) => name.endsWith(`__${wanted}`))
  if (found !== undefined) return found
  const names = tools.map(({ name }) => name).join(', ')
  throw new MillraceError('bad-request', `Cannot call "${wanted}": the tools are ${names || 'none'}`)
}

/** A JSON text is the input of a tool that takes free text; a tool that takes JSON gets it as its `input`. */
function callOf({ name, namespace, isFreeText = false }: OfferedTool, input: string) {
  const value = parse(input)
  const isText = typeof value === 'string'
  if (isFreeText && !isText) throw new MillraceError('bad-request', `Cannot call "${name}": its input is a JSON string`)
  const written = isFreeText ? `${value}` : isText ? JSON.stringify({ input: value }) : input
  return { name, ...(namespace !== undefined && { namespace }), input: written, isFreeText }
}

function parse(input: string): unknown {
  try {
    return JSON.parse(input)
  } catch (cause) {
    throw new MillraceError('bad-request', `Cannot read the input of a call: it is not JSON: ${input}`, { cause })
  }
}
