import { MillraceError } from '../errors.ts'
import type { FinishReason } from '../model/index.ts'
import { act } from './agent.ts'
import type { Asked, OfferedTool } from './asked.ts'
import { type Block, type Script, scriptOf, sealOf, wordsOf } from './script.ts'
import type { Settings } from './settings.ts'
import { CUT_SHORT, REFUSAL, SHORT, STORY, THOUGHT, TOOLS_DONE } from './texts.ts'
import { type JsonObject, listOf, objectOf, textOf } from './wire-json.ts'

export interface SimulatedModel {
  /** Settings that the model brings along; the request's own go before them. */
  readonly settings?: Settings
  /** Default `stop`, or `tool-calls` where there are any. */
  readonly finish?: FinishReason
  readonly blocks: (asked: Asked, settings: Settings) => readonly Block[]
}

/** Every simulated model. A name that is not of the simulator answers as `sim/story`. */
export const MODELS = Object.freeze<Readonly<Record<string, SimulatedModel>>>({
  'sim/story': { blocks: (_, { words }) => [text(resize(STORY, words))] },
  'sim/tools': { blocks: asked => (asked.endsWithToolResult ? [text(TOOLS_DONE)] : twoCalls(asked.tools)) },
  'sim/agent': { blocks: asked => orElse(act(asked), text(SHORT)) },
  'sim/thinking': { blocks: asked => [{ kind: 'reasoning', text: THOUGHT, seal: sealOf(asked) }, text(SHORT)] },
  'sim/error': { settings: { status: 500 }, blocks: () => [text(STORY)] },
  'sim/long': { settings: { words: 2000 }, blocks: (_, { words }) => [text(resize(STORY, words))] },
  'sim/echo': { blocks: asked => [text(asked.userText)] },
  'sim/length': { finish: 'length', blocks: () => [text(CUT_SHORT)] },
  'sim/refusal': { finish: 'refusal', blocks: () => [{ kind: 'refusal', text: REFUSAL }] },
})

/** What a model answers, by its name without settings. */
export function answerOf(name: string, asked: Asked, settings: Settings): Script {
  const model = modelOf(name)
  const blocks = model.blocks(asked, settings)
  const isCall = blocks.some(({ kind }) => kind === 'tool-call')
  return scriptOf(asked, name, blocks, model.finish ?? (isCall ? 'tool-calls' : 'stop'))
}

/** @throws {MillraceError} not-found, when a name of the simulator's own is not in the table. */
export function modelOf(name: string): SimulatedModel {
  const model = Object.hasOwn(MODELS, name) ? MODELS[name] : undefined
  if (model === undefined && name.startsWith('sim/')) {
    throw new MillraceError('not-found', `Cannot simulate "${name}": the models are ${Object.keys(MODELS).join(', ')}`)
  }
  return model ?? (MODELS['sim/story'] as SimulatedModel)
}

function orElse(blocks: readonly Block[], other: Block): readonly Block[] {
  return blocks.length === 0 ? [other] : blocks
}

function text(words: string): Block {
  return { kind: 'text', text: words }
}

/** So many words of a text, from its beginning again where it ends. */
function resize(story: string, count: number | undefined): string {
  if (count === undefined) return story
  const words = wordsOf(`\n\n${story}`)
  return Array.from({ length: count }, (_, at) => words[at % words.length])
    .join('')
    .trimStart()
}

const FALLBACK_TOOLS: readonly OfferedTool[] = ['get_weather', 'get_time'].map(name => ({
  name,
  schema: { required: ['place'], properties: { place: { default: 'Löwenbrück' } } },
}))

/** Calls of the first two tools offered; of the only one twice. */
function twoCalls(offered: readonly OfferedTool[]): readonly Block[] {
  const tools = offered.length === 0 ? FALLBACK_TOOLS : offered
  return [...tools, ...tools].slice(0, 2).map(({ name, schema }, call) => {
    return { kind: 'tool-call', call, name, input: JSON.stringify(sample(schema)) }
  })
}

/** An input that fits the required properties of a schema, and means nothing. */
function sample(schema: JsonObject): Record<string, unknown> {
  const properties = objectOf(schema.properties)
  const names = listOf(schema.required).flatMap(name => textOf(name) ?? [])
  return Object.fromEntries(names.map(name => [name, sampleValue(objectOf(properties[name]))]))
}

const SAMPLES: Readonly<Record<string, unknown>> = { integer: 1, number: 1.5, boolean: true, array: [] }

function sampleValue(schema: JsonObject): unknown {
  const type = (textOf(schema.type) ?? 'string').toLowerCase()
  if (type === 'object') return sample(schema)
  return schema.default ?? listOf(schema.enum)[0] ?? SAMPLES[type] ?? 'mill'
}
