/**
 * Secrets and control characters, taken out of what people and machines will read: logs, traces,
 * reports and error texts. Not for the path of events: it costs a scan with regular expressions.
 */

export const REDACTED = '[redacted]'

/** Shorter values are common words and are not searched for. */
const MIN_SECRET_CHARS = 8

/** Names of headers, members and parameters that hold a secret; `max_tokens` and `tokenCount` count. */
const SECRET_NAME = /authorization|cookie|key|secret|password|credential|token(?!s|[-_]?count)/i

/** True for the name of a header, member or query parameter whose value is nobody's business. */
export function isSecretName(name: string): boolean {
  return SECRET_NAME.test(name)
}

/** Members that hold a credential in any text: fewer than headers, `prompt_cache_key` is a client's own business. */
const CREDENTIAL_MEMBER = String.raw`[\w-]{0,40}(?:authorization|api[-_]?key|access[-_]?token|cookie|secret|password|credential)[\w-]{0,40}`

/** What gives a secret away wherever it stands. Nothing here crosses a quote: redacted JSON stays JSON. */
const SHAPES = new RegExp(
  [
    // Keys of vendors, also half masked by them. An escape such as `\n` may stand before, a word such as `task-` not.
    String.raw`(?<![a-z]{2})(?:sk-|xai-|gsk_|hf_|ghp_|AKIA|AIza)[\w*-]{8,}`,
    // JSON web tokens: `eyJ` is `{"` in base64.
    String.raw`(?<![\w-]{2})eyJ[\w-]{8,}\.[\w-]{8,}(?:\.[\w-]*)?`,
    String.raw`(?<=\bbearer\s{1,4})[\w.~+/=*-]{8,}`,
    // The password of a URL.
    String.raw`(?<=:\/\/[^\s/:@]{0,64}:)[^\s/@"\\]+(?=@)`,
    String.raw`(?<=[?&][\w-]{0,40}(?:${SECRET_NAME.source})[\w-]{0,40}=)[^\s&#"'\\]+`,
    // A line of headers, a member of JSON, and a member of JSON that is itself quoted in a string.
    String.raw`(?<=\b(?:authorization|api[-_]?key|cookie)'?\s?[:=]\s?)(?!\s)[^\r\n"\\]+`,
    String.raw`(?<="${CREDENTIAL_MEMBER}"\s{0,8}:\s{0,8}")(?:[^"\\]|\\.)+`,
    String.raw`(?<="${CREDENTIAL_MEMBER}\\"\s{0,8}:\s{0,8}\\")(?:[^"\\]|\\[^"])+`,
  ].join('|'),
  'gi',
)

/**
 * What stands in every text that a shape fits: a look for it takes a tenth of the time (10 ns a character instead
 * of 100), since nothing is looked for backwards, and most texts have nothing of the kind.
 */
const HINTS = new RegExp(
  [
    'sk-|xai-|gsk_|hf_|ghp_|AKIA|AIza|eyJ',
    String.raw`bearer\s`,
    String.raw`:\/\/[^\s/:@]{0,64}:[^\s/@"\\]+@`,
    String.raw`(?:authorization|cookie|key|secret|password|credential|token)[\w-]{0,40}=`,
    String.raw`(?:authorization|api[-_]?key|cookie)'?\s?[:=]`,
    String.raw`(?:authorization|api[-_]?key|access[-_]?token|cookie|secret|password|credential)[\w-]{0,40}\\?"\s{0,8}:`,
  ].join('|'),
  'i',
)

/**
 * Replaces secrets by `[redacted]`: those it was told of by their value, all others by name and shape.
 *
 * A told secret is found as it is, percent-encoded, and as JSON quotes it. One that was cut in two is
 * not found.
 */
export class Redactor {
  readonly #values: RegExp | undefined

  /** @param secrets every configured key; those under 8 characters are not searched for by value */
  constructor(secrets: Iterable<string> = []) {
    const values = new Set([...secrets].filter(secret => secret.length >= MIN_SECRET_CHARS).flatMap(spellings))
    // The longest first: a key may begin with another.
    const sources = [...values].sort((a, b) => b.length - a.length).map(escapeRegExp)
    this.#values = sources.length === 0 ? undefined : new RegExp(sources.join('|'), 'g')
  }

  /** A text without secrets: those given by value, and what looks like a vendor's key. */
  text(value: string): string {
    // Values before shapes, or the shape of one secret could take half of another.
    const unnamed = this.#values === undefined ? value : value.replace(this.#values, REDACTED)
    return HINTS.test(unnamed) ? unnamed.replace(SHAPES, REDACTED) : unnamed
  }

  /**
   * As `text`, for a text that is cut in pieces: secrets that a cut goes through are found too.
   * @param cuts places in the text, ascending
   * @returns the text and the same places in it; one inside a secret has moved behind it
   */
  pieces(value: string, cuts: readonly number[]): { readonly text: string; readonly cuts: readonly number[] } {
    const unnamed = this.#values === undefined ? { text: value, cuts } : replaceIn(value, this.#values, cuts)
    return HINTS.test(unnamed.text) ? replaceIn(unnamed.text, SHAPES, unnamed.cuts) : unnamed
  }

  /**
   * Raw headers without secrets: also the values of headers whose names tell that they are some.
   * @param raw name, value, name, value
   */
  headers(raw: readonly string[]): string[] {
    return raw.map((text, at) => {
      const isSecret = at % 2 === 1 && isSecretName(raw[at - 1] as string)
      return isSecret ? REDACTED : this.text(text)
    })
  }

  /** A whole URL or a path with its query; parameters are judged as a server reads them, decoded. */
  url(value: string): string {
    const start = value.indexOf('?') + 1
    if (start === 0) return this.text(value)
    const query = value.slice(start).split('&').map(this.#parameter)
    return this.text(value.slice(0, start) + query.join('&'))
  }

  /** A replacer for `JSON.stringify`: numbers, booleans and null stay, whatever their name. */
  readonly member = (name: string, value: unknown): unknown => {
    if (typeof value === 'bigint') return value.toString()
    const hides = value !== null && (typeof value === 'string' || typeof value === 'object')
    if (hides && isSecretName(name)) return REDACTED
    return typeof value === 'string' ? this.text(value) : value
  }

  readonly #parameter = (pair: string): string => {
    const [decoded] = new URLSearchParams(pair)
    if (decoded === undefined) return pair
    const [name, value] = decoded
    if (value === '' || !(isSecretName(name) || this.text(value) !== value)) return pair
    return `${pair.slice(0, pair.indexOf('='))}=${REDACTED}`
  }
}

function replaceIn(text: string, pattern: RegExp, cuts: readonly number[]) {
  const moved = [...cuts]
  let next = 0
  let shift = 0
  const replaced = text.replace(pattern, (secret: string, start: number) => {
    while (next < cuts.length && (cuts[next] as number) <= start) moved[next] = (cuts[next++] as number) + shift
    const end = start + secret.length
    while (next < cuts.length && (cuts[next] as number) < end) moved[next++] = start + shift + REDACTED.length
    shift += REDACTED.length - secret.length
    return REDACTED
  })
  for (; next < cuts.length; next++) moved[next] = (cuts[next] as number) + shift
  return { text: replaced, cuts: moved }
}

function spellings(secret: string): string[] {
  return [secret, encodeURIComponent(secret.toWellFormed()), JSON.stringify(secret).slice(1, -1)]
}

function escapeRegExp(text: string): string {
  return text.replace(/[\\^$.*+?()[\]{}|]/g, String.raw`\$&`)
}

/** Ends of lines, what steers a terminal, and what turns the direction of text. */
const CONTROLS = /[\u0000-\u001f\u007f-\u009f\u200e\u200f\u2028-\u202e\u2066-\u2069]/g

const SHORT_ESCAPES: Readonly<Record<string, string>> = { '\n': '\\n', '\r': '\\r', '\t': '\\t' }

/** The text on one line, with control characters as visible escapes: it can neither forge nor colour a log. */
export function oneLine(text: string): string {
  return text.replace(
    CONTROLS,
    control => SHORT_ESCAPES[control] ?? `\\u${control.charCodeAt(0).toString(16).padStart(4, '0')}`,
  )
}
