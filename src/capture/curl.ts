import { isUtf8, toUtf8 } from '../bytes.ts'
import { getHeader, HOP_BY_HOP, type RawHeaders } from '../http/index.ts'
import { oneLine, REDACTED } from '../redact.ts'
import type { Capture, CapturedRequest, Side } from './capture.ts'

/** What curl says itself. */
const SAID_BY_CURL: ReadonlySet<string> = new Set([...HOP_BY_HOP, 'host', 'content-length', 'expect'])

/** Headers and the query parameter that hold the credential of an API. */
const CREDENTIALS: ReadonlySet<string> = new Set(['authorization', 'x-api-key', 'x-goog-api-key', 'api-key', 'key'])

/** The system takes no longer argument than 128 KiB; what a shell pipes has no such limit. */
const MAX_ARGUMENT_BYTES = 100_000

/**
 * A captured request as a command for `sh`; undefined where that side was asked nothing.
 *
 * Secrets stand as variables, named after the upstream (`$OPENAI_API_KEY`), `$MILLRACE_KEY` for a client's, or
 * after their header. Nothing of the request is run by the shell, whatever it is.
 *
 * @param side whose request: what the client asked, or what the upstream was asked
 * @param origin where the gateway listens, for a client's request
 */
export function toCurl(capture: Capture, side: Side, origin: string): string | undefined {
  const request = capture[side]
  if (request === undefined) return undefined
  const variable = side === 'client' ? 'MILLRACE_KEY' : `${variableOf(capture.upstreamName ?? 'upstream')}_API_KEY`
  const { input, options } = bodyOf(request)
  const url = request.url.startsWith('/') ? `${origin}${request.url}` : request.url
  const isPosted = options.length > 0
  const words = [
    `curl -N${/[[\]{}]/.test(url.replaceAll(REDACTED, '')) ? 'g' : ''}`,
    ...(request.method === (isPosted ? 'POST' : 'GET') ? [] : [`-X ${quote(request.method)}`]),
    urlWord(oneLine(url), variable),
    ...headerWords(request.headers, variable, isPosted),
    ...options,
  ]
  return `${noteOf(request)}${input}${words.join(' \\\n  ')}\n`
}

function noteOf({ leftOut, body }: CapturedRequest): string {
  const cut = leftOut > 0 ? `# ${leftOut} bytes of the body were not kept: it ends early.\n` : ''
  const isRedacted = Buffer.from(body).includes(REDACTED)
  return isRedacted ? `${cut}# The body held secrets: "${REDACTED}" stands for each.\n` : cut
}

/** How the body comes to curl: as an argument, or through a pipe before it. */
function bodyOf({ body }: CapturedRequest): { readonly input: string; readonly options: readonly string[] } {
  if (body.length === 0) return { input: '', options: [] }
  const text = isUtf8(body) ? toUtf8(body) : undefined
  // What could steer the terminal that shows it is not shown.
  const isShowable = text !== undefined && oneLine(text.replace(/[\n\t]/g, '')) === text.replace(/[\n\t]/g, '')
  if (isShowable && body.length <= MAX_ARGUMENT_BYTES) return { input: '', options: [`--data-raw ${quote(text)}`] }
  const options = ['--data-binary @-']
  if (isShowable) return { input: `printf %s ${quote(text)} |\n`, options }
  return { input: `printf %s ${quote(Buffer.from(body).toString('base64'))} | base64 -d |\n`, options }
}

function headerWords(headers: RawHeaders, variable: string, hasBody: boolean): readonly string[] {
  const words: string[] = []
  for (let at = 0; at < headers.length; at += 2) {
    const [name, value] = [headers[at] as string, headers[at + 1] as string]
    const lower = name.toLowerCase()
    if (SAID_BY_CURL.has(lower)) continue
    const known = CREDENTIALS.has(lower) ? variable : variableOf(name)
    // Nobody but Bearer carries a key to an upstream.
    const shown = lower === 'authorization' && value === REDACTED ? `Bearer ${REDACTED}` : value
    words.push(`-H ${shown === '' ? quote(`${name};`) : withVariable(oneLine(`${name}: ${shown}`), known)}`)
  }
  // Curl would call it a form.
  if (hasBody && getHeader(headers, 'content-type') === undefined) words.push(`-H 'content-type:'`)
  return words
}

/** Each parameter that was a secret has a variable of its own. */
function urlWord(url: string, variable: string): string {
  const [first = '', ...others] = url.split(REDACTED)
  let word = quote(first)
  let before = first
  for (const piece of others) {
    const name = /[?&]([^?&=]*)=[^?&]*$/.exec(before)?.[1] ?? 'secret'
    word += `"$${CREDENTIALS.has(name) ? variable : variableOf(name)}"${piece === '' ? '' : quote(piece)}`
    before = piece
  }
  return word
}

/** The text as one word, with the variable where a secret stood. */
function withVariable(text: string, variable: string): string {
  if (!text.includes(REDACTED)) return quote(text)
  const isAtEnd = text.indexOf(REDACTED) === text.length - REDACTED.length
  const before = text.slice(0, -REDACTED.length)
  if (isAtEnd && /^[\w :.,/=?&-]*$/.test(before)) return `"${before}$${variable}"`
  const pieces = text.split(REDACTED).map(piece => (piece === '' ? '' : quote(piece)))
  return pieces.join(`"$${variable}"`)
}

/** A name for a variable of the shell. */
function variableOf(name: string): string {
  const word = name.toUpperCase().replace(/[^A-Z0-9]+/g, '_')
  return /^[A-Z]/.test(word) ? word : `_${word}`
}

/** Between single quotes nothing means anything but the quote itself. */
function quote(text: string): string {
  return `'${text.replaceAll("'", String.raw`'\''`)}'`
}
