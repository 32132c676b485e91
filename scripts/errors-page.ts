import { toUtf8 } from '../src/bytes.ts'
import { DIALECTS, type Dialect } from '../src/dialects/index.ts'
import { FAILURES, type FailureCode, failure } from '../src/errors.ts'
import { table } from './table.ts'

const CODES = Object.keys(FAILURES) as FailureCode[]

/** What fails in the examples, and where. */
const FAILED = failure('truncated', FAILURES.truncated.meaning)
const REQUEST_ID = '5f0c2a9b-e1d8-4c2f-9a3f-6a1d7b0e4c11'
const LAST_EVENT = 'event: response.output_text.delta\ndata: {"sequence_number":41}\n\n'
const ANSWER_ID = 'resp_68a1'

/** The tables of `docs/errors.md` in Markdown: the catalogue, and what the dialects' encoders make of it. */
export function errorReference(): string {
  return [catalogue(), ...Object.values(DIALECTS).map(section)].join('\n')
}

function catalogue(): string {
  const rows = Object.entries(FAILURES).map(([code, { status, meaning, remedy }]) => [
    `\`${code}\``,
    String(status),
    meaning,
    remedy,
  ])
  return `## The catalogue\n\n${table(['code', 'status', 'meaning', 'what to do'], rows)}`
}

function section({ name, failure: { encode, encodeInStream } }: Dialect): string {
  return `## In ${name}

${words(encode)}
An answer:

\`\`\`json
${toUtf8(encode(FAILED, REQUEST_ID))}
\`\`\`

Inside a stream:

\`\`\`text
${encodeInStream(FAILED, LAST_EVENT, ANSWER_ID).trimEnd()}
\`\`\`
`
}

/** The members of an error body that tell one code from another. */
function words(encode: Dialect['failure']['encode']): string {
  const bodies = CODES.map(code => leavesOf(JSON.parse(toUtf8(encode(failure(code, ''))))))
  const paths = [...new Set(bodies.flatMap(body => [...body.keys()]))]
  const telling = paths.filter(path => new Set(bodies.map(body => body.get(path))).size > 1)
  const rows = CODES.map((code, at) => [`\`${code}\``, ...telling.map(path => shown(bodies[at]?.get(path)))])
  return table(['code', ...telling.map(path => `\`${path}\``)], rows)
}

/** Path and value of all that is no object itself. */
function leavesOf(value: unknown, path = ''): ReadonlyMap<string, unknown> {
  if (typeof value !== 'object' || value === null) return new Map([[path, value]])
  return new Map(
    Object.entries(value).flatMap(([name, member]) => [...leavesOf(member, path === '' ? name : `${path}.${name}`)]),
  )
}

function shown(value: unknown): string {
  return value === undefined ? '' : `\`${value}\``
}
