/**
 * Prints `docs/conformance.md`: what the official clients make of every recorded stream that comes from an
 * upstream of another dialect, through a gateway and over real sockets. `npm run conformance`.
 */
import { writeFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { messageOf } from '../src/errors.ts'
import type { StreamReport } from '../src/observe/index.ts'
import { type Corpus, type CorpusStream, corpora } from '../test/corpus.ts'
import type { ClientName, Shape } from '../test/matrix/clients.ts'
import { checkPassage, Matrix, PAIRS, SHAPES } from '../test/matrix/matrix.ts'
import { table } from './table.ts'

const HEAD = `# Conformance

Every stream of the project, and every recorded one, from an upstream of its dialect through the gateway to the official client of another dialect (\`openai\`, \`@anthropic-ai/sdk\`) with its strict, accumulating helper: text, reasoning, refusal, tool calls with parsed arguments, finish and every count of tokens, compared with what a correct reader makes of the stream, minus the losses that the gateway reported. *stream*: the client streams. *whole*: it asks for a whole body, and the upstream only streams. *fails as it should*: the upstream's error, or the cut, is raised by the client.

Printed by \`npm run conformance\`; the same comparisons are tests, in \`test/matrix\`. What a loss is stands in [dialects.md](dialects.md).
`

interface Row {
  readonly name: string
  readonly cells: readonly string[]
  readonly isRight: boolean
}

const sections: string[] = []
let isAllRight = true
for (const [client, upstream] of PAIRS) {
  const rows = (await Promise.all(corpora().map(corpus => rowsOf(corpus, client, upstream)))).flat()
  const right = rows.filter(({ isRight }) => isRight).length
  isAllRight &&= right === rows.length
  sections.push(
    `## A ${client} client, a ${upstream} upstream\n\n${right} of ${rows.length} streams are right.\n\n${table(
      ['stream', ...SHAPES, 'lost, but for cosmetic things'],
      rows.map(({ name, cells }) => [name, ...cells]),
    )}`,
  )
}
writeFileSync(resolve(import.meta.dirname, '../docs/conformance.md'), `${HEAD}\n${sections.join('\n')}`)
process.exitCode = isAllRight ? 0 : 1

async function rowsOf(corpus: Corpus, client: ClientName, upstream: ClientName): Promise<readonly Row[]> {
  const matrix = await Matrix.start(corpus)
  const rows: Row[] = []
  for (const stream of corpus.streams.filter(({ dialect }) => dialect === upstream))
    rows.push(await rowOf(matrix, stream, client))
  await matrix.close()
  return rows
}

async function rowOf(matrix: Matrix, stream: CorpusStream, client: ClientName): Promise<Row> {
  const passages = []
  for (const shape of SHAPES) passages.push(await verdictOf(matrix, stream, client, shape))
  return {
    name: stream.id.slice(stream.dialect.length + 1),
    cells: [...passages.map(({ verdict }) => verdict), lossesOf(passages[0]?.report)],
    isRight: passages.every(({ isRight }) => isRight),
  }
}

async function verdictOf(matrix: Matrix, stream: CorpusStream, client: ClientName, shape: Shape) {
  const passage = await matrix.pass(stream, client, shape)
  try {
    checkPassage(stream, passage)
    return {
      verdict: passage.told === undefined ? 'fails as it should' : 'right',
      isRight: true,
      report: passage.report,
    }
  } catch (error) {
    const [words] = messageOf(error).split('\n')
    return { verdict: `**wrong**: ${words?.replaceAll('|', '\\|')}`, isRight: false, report: passage.report }
  }
}

function lossesOf(report: StreamReport | undefined): string {
  const lost = (report?.losses ?? []).filter(({ reason }) => reason !== 'cosmetic').map(({ path }) => generalized(path))
  return [...new Set(lost)].map(path => `\`${path}\``).join(', ')
}

/** One path for all items of a list. */
function generalized(path: string): string {
  return path.replace(/\/\d+(?=\/|$)/g, '/*').replace('/candidates/*', '')
}
