/** Plain requests of each dialect to a gateway, and what came of them. */
import type { DialectName } from '../../src/dialects/index.ts'
import type { TestGateway } from '../gateway.ts'

export interface Wish {
  /** Default `sim/length`. */
  readonly model?: string
  /** `array`: a stream that comes as the items of one JSON array. Default: a whole answer. */
  readonly stream?: boolean | 'array'
  /** Members of the body beside those of a plain request. */
  readonly body?: object
  readonly headers?: Readonly<Record<string, string>>
  /** Appended to the path, with `?`. */
  readonly query?: string
}

export interface Asked {
  readonly response: Response
  /** `cut` when the body broke off. */
  readonly text: string
  readonly report: Awaited<ReturnType<TestGateway['report']>>
}

const TURN = { role: 'user', content: 'Hello' }

/** Path and body of a plain request. */
export function requestOf(
  dialect: DialectName,
  { model = 'sim/length', stream = false, body = {}, query = '' }: Wish = {},
): readonly [path: string, body: Readonly<Record<string, unknown>>] {
  const wish = { model, ...(stream ? { stream } : {}) }
  switch (dialect) {
    case 'chat':
      return [`/v1/chat/completions${query}`, { ...wish, messages: [TURN], ...body }]
    case 'messages':
      return [`/v1/messages${query}`, { ...wish, messages: [TURN], max_tokens: 100, ...body }]
    case 'responses':
      return [`/v1/responses${query}`, { ...wish, input: [TURN], ...body }]
    case 'gemini': {
      const method = stream ? 'streamGenerateContent' : 'generateContent'
      const said = stream === true ? `?alt=sse${query.replace('?', '&')}` : query
      return [
        `/v1beta/models/${model}:${method}${said}`,
        { contents: [{ role: 'user', parts: [{ text: 'Hello' }] }], ...body },
      ]
    }
  }
}

export async function ask(gateway: TestGateway, dialect: DialectName, wish: Wish = {}): Promise<Asked> {
  const [path, body] = requestOf(dialect, wish)
  const response = await fetch(gateway.url + path, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...wish.headers },
    body: JSON.stringify(body),
  })
  const text = await response.text().catch(() => 'cut')
  return { response, text, report: await gateway.report(response.headers.get('x-millrace-request-id'), keyOf(wish)) }
}

/** Reports are for those whose key they are of. */
function keyOf({ headers = {} }: Wish): Readonly<Record<string, string>> {
  const { authorization } = headers
  return authorization === undefined ? {} : { authorization }
}

interface TextPart {
  readonly text?: string
}

interface Answer {
  readonly choices?: readonly { readonly message: { readonly content: string } }[]
  readonly content?: readonly TextPart[]
  readonly output?: readonly { readonly content?: readonly TextPart[] }[]
  readonly candidates?: readonly { readonly content?: { readonly parts?: readonly TextPart[] } }[]
}

/** The words of an answer in one body, or in the items of an array. */
export function textIn(body: string): string {
  const answer = JSON.parse(body) as Answer | readonly Answer[]
  return [answer].flat().map(wordsOf).join('')
}

function wordsOf({ choices, content, output, candidates }: Answer): string {
  const parts =
    content ??
    output?.flatMap(({ content = [] }) => content) ??
    candidates?.flatMap(({ content }) => content?.parts ?? []) ??
    []
  return choices?.[0]?.message.content ?? parts.map(({ text = '' }) => text).join('')
}
