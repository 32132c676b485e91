import { countOf, itemsOf, objectOf, type Unread } from '../value.ts'
import type { GeminiPartialArg } from './wire.ts'

/** Deeper places are not written: the text would not be read anywhere. */
const MAX_DEPTH = 100

/** `.name`, `[0]`, `['any name']`, `["any name"]` */
const STEP = /\.([^.[\]]+)|\[(\d+)\]|\['((?:[^'\\]|\\.)*)'\]|\["((?:[^"\\]|\\.)*)"\]/g

/** A value in the making. Names and indices are kept in order of their first piece, arrays by index. */
type Tree = Branch | Leaf

class Branch {
  readonly isArray: boolean
  readonly items = new Map<string | number, Tree>()

  constructor(isArray: boolean) {
    this.isArray = isArray
  }
}

class Leaf {
  value: unknown

  constructor(value: unknown) {
    this.value = value
  }
}

/** Puts the arguments of a call together that come piece by piece. */
export class PartialArgs {
  readonly #root = new Branch(false)

  push(pieces: unknown): void {
    for (const item of itemsOf(pieces)) {
      const piece = objectOf<GeminiPartialArg>(item) ?? {}
      const steps = stepsOf(piece.jsonPath)
      const value = pieceValue(piece)
      if (value !== undefined && steps.length > 0 && steps.length <= MAX_DEPTH) this.#put(steps, value)
    }
  }

  /** The arguments as the text of a JSON object. */
  get json(): string {
    return toJson(this.#root)
  }

  #put(steps: readonly (string | number)[], value: unknown): void {
    let at = this.#root
    for (const [depth, step] of steps.slice(0, -1).entries()) {
      const known = at.items.get(step)
      const next = known instanceof Branch ? known : new Branch(typeof steps[depth + 1] === 'number')
      at.items.set(step, next)
      at = next
    }
    const last = steps.at(-1) as string | number
    const known = at.items.get(last)
    if (known instanceof Leaf && typeof known.value === 'string' && typeof value === 'string') known.value += value
    else at.items.set(last, new Leaf(value))
  }
}

function stepsOf(path: unknown): readonly (string | number)[] {
  if (typeof path !== 'string') return []
  return [...path.matchAll(STEP)].map(([, name, index, single, double]) => {
    if (index !== undefined) return Number(index)
    return name ?? (single ?? double ?? '').replaceAll(/\\(.)/g, '$1')
  })
}

function pieceValue({ stringValue, numberValue, boolValue, nullValue }: Unread<GeminiPartialArg>): unknown {
  if (typeof stringValue === 'string') return stringValue
  return numberValue ?? boolValue ?? (nullValue === undefined ? undefined : null)
}

function toJson(tree: Tree): string {
  if (tree instanceof Leaf) return JSON.stringify(tree.value)
  if (!tree.isArray) {
    const members = [...tree.items].map(([name, item]) => `${JSON.stringify(String(name))}:${toJson(item)}`)
    return `{${members.join(',')}}`
  }
  const items = [...tree.items].sort(([one], [other]) => (countOf(one) ?? 0) - (countOf(other) ?? 0))
  return `[${items.map(([, item]) => toJson(item)).join(',')}]`
}
