import { type DeltaKeys, DeltaShape } from './delta-shape.ts'
import { parseJson } from './value.ts'

/** The last event with text as JSON: tells whether another one differs in its text, padding and counters only. */
export class TextShape {
  readonly #shape: DeltaShape
  readonly #spans: number[] = []
  /** The place of the text among the holes; -1 while nothing is learned. */
  #hole = -1

  /** @param keys members whose strings or numbers may differ, the text among them */
  constructor(keys: DeltaKeys) {
    this.#shape = new DeltaShape(keys)
  }

  forget(): void {
    this.#hole = -1
  }

  /** @returns the text, never empty; undefined for JSON that is not like the learned one */
  read(json: string): string | undefined {
    if (this.#hole === -1 || !this.#shape.fits(json, 0, json.length, this.#spans)) return undefined
    return stringIn(json, this.#spans, this.#hole)
  }

  /**
   * Learned is JSON with one hole that holds the text, told from padding that happens to look the same.
   *
   * @param json is known to be an object
   */
  learn(json: string, text: string): void {
    this.#hole = -1
    const holes = this.#shape.learnJson(json)
    if (!this.#shape.fits(json, 0, json.length, this.#spans)) return
    const alike = Array.from({ length: holes }, (_, hole) => hole).filter(
      hole => stringIn(json, this.#spans, hole) === text,
    )
    if (alike.length === 1) this.#hole = alike[0] as number
  }
}

/** What the JSON string in a hole says. */
function stringIn(json: string, spans: readonly number[], hole: number): string | undefined {
  const raw = json.slice(spans[2 * hole], spans[2 * hole + 1])
  if (!raw.includes('\\')) return raw
  const text = parseJson(`"${raw}"`)
  return typeof text === 'string' ? text : undefined
}
