import type { Path } from './error.ts'
import { type JsonSchema, schemaAt } from './json-schema.ts'
import { PRESETS } from './presets.ts'

/** Every table of the reference: its heading, and where its members stand in the schema. */
const SECTIONS: readonly (readonly [heading: string, path: Path])[] = [
  ['server', ['server']],
  ['upstreams.&lt;name&gt;', ['upstreams', 'name']],
  ['models[]', ['models', 0]],
  ['onClientGone.drain', ['upstreams', 'name', 'onClientGone', 'drain']],
  ['seals', ['seals']],
  ['timeouts', ['timeouts']],
  ['limits', ['limits']],
  ['responses', ['responses']],
  ['ledger', ['ledger']],
  ['metrics', ['metrics']],
  ['telemetry', ['telemetry']],
  ['capture', ['capture']],
  ['prices', ['prices']],
  ['prices.overrides[]', ['prices', 'overrides', 0]],
  ['log', ['log']],
  ['trace', ['trace']],
]

/** The tables of `docs/configuration.md` in Markdown, from the schema and the presets. */
export function configReference(): string {
  return [...SECTIONS.map(([heading, path]) => section(heading, path)), single(), presets()].join('\n')
}

/** The members of the file itself that are no sections. */
function single(): string {
  const members = Object.entries(schemaAt([])?.properties ?? {}) as (readonly [string, JsonSchema])[]
  const rows = members.filter(([, { type }]) => type !== 'object' && type !== 'array').map(member => row(...member))
  return table('### Members without a section', ['member', 'values', 'default', 'meaning'], rows)
}

function section(heading: string, path: Path): string {
  const { properties = {}, description } = schemaAt(path) ?? {}
  const whole = description ?? schemaAt(path.slice(0, 1))?.description
  const rows = Object.entries(properties).map(([name, member]) => row(name, member as JsonSchema))
  return table(`### ${heading}\n\n${whole}`, ['member', 'values', 'default', 'meaning'], rows)
}

function row(name: string, member: JsonSchema): string[] {
  const standard = member.default === undefined ? '' : `\`${JSON.stringify(member.default)}\``
  return [`\`${name}\``, valuesOf(member), standard, member.description ?? '']
}

function valuesOf({ type, const: word, enum: words, minimum, maximum, anyOf, items }: JsonSchema): string {
  if (word !== undefined) return `\`${word}\``
  if (words !== undefined) return words.map(word => `\`${word}\``).join(', ')
  if (minimum !== undefined) return `${minimum} to ${maximum}`
  if (anyOf !== undefined) return anyOf.map(valuesOf).join(' or ')
  if (type === 'array' && Object(items).type === 'object') return 'list of maps'
  return { boolean: '`true`, `false`', array: 'list of texts', object: 'map' }[String(type)] ?? 'text'
}

function presets(): string {
  const rows = Object.entries(PRESETS).map(([name, { baseUrls, keyVariables, globs }]) => [
    `\`${name}\``,
    Object.entries(baseUrls)
      .map(([dialect, url]) => `${dialect}: ${url}`)
      .join('<br>'),
    code(keyVariables),
    code(globs),
  ])
  return table('### Presets', ['name', 'base URLs', 'key variable', 'models'], rows)
}

function code(words: readonly string[]): string {
  return words.map(word => `\`${word}\``).join(', ')
}

function table(title: string, columns: readonly string[], rows: readonly (readonly string[])[]): string {
  const lines = [columns, columns.map(() => '---'), ...rows].map(cells => `| ${cells.join(' | ')} |`)
  return `${title}\n\n${lines.join('\n')}\n`
}
