/**
 * Prints `docs/conformance.md`: what the official clients make of every recorded stream that comes from an
 * upstream of another dialect, through a gateway and over real sockets. `npm run conformance`.
 */
import { writeFileSync } from 'node:fs'
import { resolve } from 'node:path'
import type { DialectName } from '../src/dialects/index.ts'
import { messageOf } from '../src/errors.ts'
import type { StreamReport } from '../src/observe/index.ts'
import { corpora } from '../test/corpus.ts'
import { CLIENTS, type Client } from '../test/matrix/clients/index.ts'
import { checkPassage, Matrix, PAIRS, type Passage, SHAPES, streamsFor } from '../test/matrix/matrix.ts'
import { table } from './table.ts'

const HEAD = `# Conformance

Every stream of the project, and every recorded one, from an upstream of its dialect through the gateway to the official clients of the other dialects: text, reasoning, refusal, tool calls with parsed arguments, finish and every count of tokens, compared with what a correct reader makes of the stream, minus the losses that the gateway reported. Each client asks twice: for a stream, with its strict helper that accumulates, and for a whole body, while the upstream only streams. Where the upstream fails, or is cut, the client has to raise its own error with the upstream's words.

Printed by \`npm run conformance\`; the same comparisons are tests, in \`test/matrix\`. What a loss is stands in [dialects.md](dialects.md).
`

/** What one client made of one stream, in both shapes. */
interface Verdict {
  readonly client: Client
  /** `<dialect>/<upstream>-<feature>` */
  readonly stream: string
  readonly upstream: DialectName
  /** The client has raised what it had to raise. */
  readonly hasFailed: boolean
  /** What is wrong; none when it is right. */
  readonly faults: readonly string[]
  readonly lost: readonly string[]
}

const UNSAID: Readonly<Record<NonNullable<Client['unsaid']>[number], string>> = {
  reasoning: 'reasoning in full',
  refusal: 'a refusal is told as text',
  cacheWrite: 'tokens written to a cache',
  candidates: 'several candidates become one: not asked',
}

const verdicts: Verdict[] = []
for (const corpus of corpora()) {
  const matrix = await Matrix.start(corpus)
  for (const [client, upstream] of PAIRS)
    for (const stream of streamsFor(client, upstream, corpus)) {
      const passages: Passage[] = []
      for (const shape of SHAPES) passages.push(await matrix.pass(stream, client, shape))
      verdicts.push({
        client,
        stream: stream.id,
        upstream,
        hasFailed: passages.every(({ told }) => told === undefined),
        faults: passages.flatMap((passage, at) => faultsOf(() => checkPassage(stream, passage), SHAPES[at] as string)),
        lost: lossesOf(passages[0]?.report),
      })
    }
  await matrix.close()
}

const DIALECTS = [...new Set(CLIENTS.map(({ dialect }) => dialect))]

writeFileSync(
  resolve(import.meta.dirname, '../docs/conformance.md'),
  [HEAD, summary(), limits(), ...DIALECTS.flatMap(client => DIALECTS.map(upstream => details(client, upstream)))]
    .filter(section => section !== '')
    .join('\n'),
)
process.exitCode = verdicts.every(isRight) ? 0 : 1

function faultsOf(check: () => void, shape: string): readonly string[] {
  try {
    check()
    return []
  } catch (error) {
    return [`${shape}: ${messageOf(error).split('\n', 1)[0]?.replaceAll('|', '\\|')}`]
  }
}

function isRight({ faults }: Verdict): boolean {
  return faults.length === 0
}

/** Right streams of all, a row for each client. */
function summary(): string {
  const rows = CLIENTS.map(client => [
    `\`${client.name}\``,
    client.dialect,
    ...DIALECTS.map(upstream => countOf(verdicts.filter(of => of.client === client && of.upstream === upstream))),
  ])
  return `## Streams that are right\n\n${table(['client', 'speaks', ...DIALECTS.map(name => `over ${name}`)], rows)}`
}

function countOf(some: readonly Verdict[]): string {
  return some.length === 0 ? '' : `${some.filter(isRight).length} of ${some.length}`
}

/** What clients cannot say, whoever answers them. */
function limits(): string {
  const rows = CLIENTS.flatMap(({ name, unsaid = [] }) =>
    unsaid.length === 0 ? [] : [[`\`${name}\``, unsaid.map(what => UNSAID[what]).join('; ')]],
  )
  return `## What clients have no place for\n\nIt is in the bytes that they get, and not compared.\n\n${table(['client', 'what'], rows)}`
}

/** One row for each stream of a pair; all clients of a dialect get the same bytes, and lose the same. */
function details(dialect: DialectName, upstream: DialectName): string {
  const some = verdicts.filter(({ client, upstream: name }) => client.dialect === dialect && name === upstream)
  if (some.length === 0) return ''
  const rows = [...Map.groupBy(some, ({ stream }) => stream)].map(([stream, of]) => [
    stream.slice(upstream.length + 1),
    outcomeOf(of),
    [...new Set(of.flatMap(({ lost }) => lost))].join(', '),
  ])
  return `## ${dialect} clients, ${upstream} upstream\n\n${table(['stream', 'outcome', 'lost, but for cosmetic things'], rows)}`
}

function outcomeOf(of: readonly Verdict[]): string {
  const wrong = of.filter(verdict => !isRight(verdict))
  if (wrong.length > 0) return wrong.map(({ client, faults }) => `**wrong** (${client.name}): ${faults[0]}`).join('; ')
  return of.every(({ hasFailed }) => hasFailed) ? 'fails as it should' : 'right'
}

function lossesOf(report: StreamReport | undefined): readonly string[] {
  const lost = (report?.losses ?? []).filter(({ reason }) => reason !== 'cosmetic').map(({ path }) => generalized(path))
  return [...new Set(lost)].map(path => `\`${path}\``)
}

/** One path for all items of a list. */
function generalized(path: string): string {
  const short = path.replace(/\/\d+(?=\/|$)/g, '/*').replace('/candidates/*', '')
  return short === '' ? '/candidates/*' : short
}
