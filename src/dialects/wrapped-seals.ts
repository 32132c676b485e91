import { fromUtf8, toLatin1 } from '../bytes.ts'
import { cutItem, cutMember, JsonError, type Member, type Span, scanArray, scanObject } from '../json/index.ts'
import { escapePointer, isWrapped } from '../model/index.ts'
import { valueAt } from './request-body.ts'

/** Where a client of a dialect sends back what another dialect's answer left in our wrapping. */
export interface WrappedPlace {
  /** Members from the outside in, `*` for every item of a list: what stands there is cut. */
  readonly path: readonly string[]
  /** Where in it one of our texts makes it ours; an empty path is the thing itself. */
  readonly holds: readonly (readonly string[])[]
  /** What is cut too when its list has nothing left: the list, or the turn, which may not be empty. */
  readonly emptied: 'list' | 'turn'
}

/** What items have that carry something of ours, though not all of them a seal. */
const FORMAT = 'millrace-v1'

/** How our texts begin, as they are and in slots that hold bytes. */
const TAGS = ['"mr1s.', '"mr1p.', '"bXIxcy4', '"bXIxcC4'] as const

/**
 * Cuts what we wrapped out of a request that goes to an upstream of its own dialect, and touches no other
 * byte: no upstream of this dialect can read it. One search when there is nothing of the kind.
 *
 * @returns the body itself when nothing is cut, and a JSON pointer into it for each thing that is
 */
export function cutWrapped(
  body: Uint8Array,
  places: readonly WrappedPlace[],
): { readonly body: Uint8Array; readonly cut: readonly string[] } {
  const text = toLatin1(body)
  if (!TAGS.some(tag => text.includes(tag))) return { body, cut: [] }
  let rest = body
  const cut: string[] = []
  for (const place of places) rest = new Cutter(rest, place, cut).run()
  return { body: rest, cut }
}

/** What is to be cut below something: single things, or all there is of it. */
type Cuts = readonly (Member | Span)[] | 'all'

const NOTHING: Cuts = []

class Cutter {
  readonly #body: Uint8Array
  readonly #place: WrappedPlace
  readonly #told: string[]

  constructor(body: Uint8Array, place: WrappedPlace, told: string[]) {
    this.#body = body
    this.#place = place
    this.#told = told
  }

  run(): Uint8Array {
    const { length } = this.#body
    const cuts = this.#below({ start: 0, end: length }, 0, '')
    // A request of which nothing would be left goes up as it is: its upstream will say what it thinks of it.
    return cuts === 'all' ? this.#body : cuts.reduceRight(cutOne, this.#body)
  }

  #below(span: Span, depth: number, pointer: string): Cuts {
    const step = this.#place.path[depth]
    if (step === undefined) {
      if (!this.#place.holds.some(path => this.#isOurs(span, path))) return NOTHING
      this.#told.push(pointer)
      return 'all'
    }
    return step === '*' ? this.#inItems(span, depth, pointer) : this.#inMember(span, step, depth, pointer)
  }

  #inItems(span: Span, depth: number, pointer: string): Cuts {
    const items = scanned(() => scanArray(this.#body, span))
    const found = items.map((item, at) => ({ item, cuts: this.#below(item, depth + 1, `${pointer}/${at}`) }))
    if (found.length > 0 && found.every(({ cuts }) => cuts === 'all')) return 'all'
    return found.flatMap(({ item, cuts }) => (cuts === 'all' ? [item] : cuts))
  }

  #inMember(span: Span, key: string, depth: number, pointer: string): Cuts {
    const members = scanned(() => scanObject(this.#body, span)).filter(member => member.key === key)
    const found = members.map(member => ({
      member,
      cuts: this.#below(member, depth + 1, `${pointer}/${escapePointer(key)}`),
    }))
    if (this.#place.emptied === 'turn' && found.some(({ cuts }) => cuts === 'all')) return 'all'
    return found.flatMap(({ member, cuts }) => (cuts === 'all' ? [member] : cuts))
  }

  #isOurs(span: Span, [key, ...rest]: readonly string[]): boolean {
    if (key !== undefined)
      return scanned(() => scanObject(this.#body, span))
        .filter(member => member.key === key)
        .some(member => this.#isOurs(member, rest))
    const value = this.#body[span.start] === QUOTE ? valueAt(this.#body, span) : undefined
    return typeof value === 'string' && (value === FORMAT || isWrapped(value))
  }
}

const QUOTE = fromUtf8('"')[0]

function cutOne(body: Uint8Array, span: Member | Span): Uint8Array {
  return 'keyStart' in span ? cutMember(body, span) : cutItem(body, span)
}

/** What is not of the expected kind holds nothing of ours. */
function scanned<T>(scan: () => T[]): T[] {
  try {
    return scan()
  } catch (error) {
    if (error instanceof JsonError) return []
    throw error
  }
}
