import { oneLine, Redactor } from '../redact.ts'

/** Characters of one name. */
const MAX_LENGTH = 100

/** What stands for all names that found no place. */
export const OTHER = 'other'

/**
 * Names that others chose, as labels: few, short, on one line and without secrets.
 *
 * A name is known once it has proved itself, and as long as there is room; until then, and when there is none, it
 * is `other`. Who makes names up gets no labels for them.
 */
export class KnownNames {
  readonly #limit: number
  readonly #redactor: Redactor
  readonly #labels = new Map<string, string>()

  /**
   * @param limit how many names are known at most
   * @param redactor takes secrets out of them; default: one that knows shapes only
   */
  constructor(limit: number, redactor = new Redactor()) {
    this.#limit = limit
    this.#redactor = redactor
  }

  /** @param isProven whether an upstream has taken the name for one of its own */
  label(name: string, isProven: boolean): string {
    const known = this.#labels.get(name)
    if (known !== undefined) return known
    if (!isProven || name.length > MAX_LENGTH || this.#labels.size >= this.#limit) return OTHER
    const label = oneLine(this.#redactor.text(name.toWellFormed()))
    this.#labels.set(name, label)
    return label
  }
}
