import { type Document, isAlias, isMap, isScalar, isSeq, LineCounter, parseDocument } from 'yaml'
import { formatPath, type Path, type Place, type Problem } from './error.ts'
import { type JsonSchema, schemaAt } from './json-schema.ts'
import type { Environment } from './types.ts'
import { substitute } from './variables.ts'

/** A configuration is small: what is larger comes of aliases that multiply. */
const MAX_NODES = 10_000
const MAX_DEPTH = 16

/** What stands in a file. */
export interface Source {
  /** Plain objects, lists, texts, numbers; variables are replaced, absent members left out. */
  readonly value: unknown
  readonly problems: readonly Problem[]
  /** Where a member stands, or the nearest one above it. */
  placeOf(path: Path): Place
}

/**
 * Reads YAML 1.2. Variables are replaced in texts after parsing, so that no value can add structure;
 * a text that is one variable becomes a number or a boolean where the schema wants one.
 */
export function readSource(text: string, env: Environment): Source {
  const lines = new LineCounter()
  const document = parseDocument(text, { lineCounter: lines, stringKeys: true, prettyErrors: false, logLevel: 'error' })
  const [broken] = [...document.errors, ...document.warnings]
  if (broken !== undefined) {
    const place = placeAt(lines, broken.pos[0])
    const message = `is not legal YAML: ${wordsOf(broken)}${quotingHint(text, place)}`
    return { value: undefined, problems: [{ path: [], message }], placeOf: () => place }
  }
  const reader = new Reader(document, env)
  const value = document.contents === null ? {} : reader.read(document.contents, [])
  return { value, problems: reader.problems, placeOf: path => placeAt(lines, reader.offsetOf(path)) }
}

/** Turns nodes into plain values and remembers where their members stand. */
class Reader {
  readonly problems: Problem[] = []
  readonly #document: Document.Parsed
  readonly #env: Environment
  readonly #offsets = new Map<string, number>()
  #nodes = 0

  constructor(document: Document.Parsed, env: Environment) {
    this.#document = document
    this.#env = env
  }

  read(node: unknown, path: Path): unknown {
    if (this.#nodes > MAX_NODES) return undefined
    this.#nodes += path.length > MAX_DEPTH ? MAX_NODES : 1
    if (this.#nodes > MAX_NODES) return this.#report(path, 'is too large or too deep for a configuration')
    if (isAlias(node)) return this.read(node.resolve(this.#document), path)
    if (isMap(node)) return Object.fromEntries(node.items.flatMap(({ key, value }) => this.#member(key, value, path)))
    if (isSeq(node)) return this.#list(node.items, path)
    if (!isScalar(node)) return this.#report(path, 'is an alias of nothing')
    return typeof node.value === 'string' ? this.#text(node.value, path) : node.value
  }

  offsetOf(path: Path): number {
    for (let length = path.length; length > 0; length--) {
      const offset = this.#offsets.get(formatPath(path.slice(0, length)))
      if (offset !== undefined) return offset
    }
    return this.#document.contents?.range[0] ?? 0
  }

  #member(key: unknown, value: unknown, parent: Path): [string, unknown][] {
    const name = isScalar(key) ? String(key.value) : ''
    const path = [...parent, name]
    this.#remember(path, key)
    // The schema would skip it without a word.
    if (name === '__proto__') this.#report(path, 'is not a legal name')
    return present(this.read(value, path)).map(plain => [name, plain])
  }

  /** Items are counted as the reader of the list will count them: without the absent ones. */
  #list(items: readonly unknown[], parent: Path): unknown[] {
    const list: unknown[] = []
    for (const item of items) {
      const path = [...parent, list.length]
      this.#remember(path, item)
      list.push(...present(this.read(item, path)))
    }
    return list
  }

  #text(text: string, path: Path): unknown {
    const result = substitute(text, this.#env)
    if (result.kind === 'absent') return undefined
    if (result.kind === 'problem') {
      this.#report(path, result.message)
      return ''
    }
    return result.isVariable ? coerce(result.text, schemaAt(path)?.type) : result.text
  }

  #remember(path: Path, node: unknown): void {
    const range = isScalar(node) || isMap(node) || isSeq(node) || isAlias(node) ? node.range : undefined
    if (range) this.#offsets.set(formatPath(path), range[0])
  }

  #report(path: Path, message: string): undefined {
    this.problems.push({ path, message })
  }
}

/** A list of the value, or of nothing: what is absent leaves no trace. */
function present(value: unknown): unknown[] {
  return value === undefined ? [] : [value]
}

function coerce(text: string, type: JsonSchema['type']): unknown {
  if (type === 'integer' && /^\d{1,15}$/.test(text)) return Number(text)
  if (type === 'boolean' && /^(true|false)$/.test(text)) return text === 'true'
  return text
}

function placeAt(lines: LineCounter, offset: number): Place {
  const { line, col } = lines.linePos(offset)
  return { line, column: col }
}

/** The parser's words without what it quotes of the file: after a colon, and in what it says of tags. */
function wordsOf({ code, message }: { readonly code: string; readonly message: string }): string {
  return code === 'TAG_RESOLVE_FAILED' ? 'A tag means nothing here' : message.replace(/(?<=\w): .*$/s, '')
}

/** Variables hold braces, which mean something of their own inside `{ }` and `[ ]`. */
function quotingHint(text: string, { line }: Place): string {
  const isLikely = /[:[,]\s*\$\{/.test(text.split('\n')[line - 1] ?? '')
  return isLikely ? '; a text with a variable needs quotes inside { } and [ ]' : ''
}
