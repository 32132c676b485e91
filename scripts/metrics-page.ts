import { type MetricFacts, Metrics } from '../src/telemetry/index.ts'
import { table } from './table.ts'

/** The tables of `docs/metrics.md` in Markdown, from the registry itself. */
export function metricsReference(): string {
  const { catalogue } = new Metrics({ process: true })
  const isOurs = ({ name }: MetricFacts) => name.startsWith('millrace_')
  return [
    `## Of the gateway\n\n${rows(catalogue.filter(isOurs))}`,
    `## Of the process\n\n${rows(catalogue.filter(metric => !isOurs(metric)))}`,
  ].join('\n')
}

function rows(metrics: readonly MetricFacts[]): string {
  return table(
    ['metric', 'type', 'labels', 'meaning'],
    metrics.map(({ name, type, labelNames, help }) => [
      `\`${name}\``,
      type,
      labelNames.map(label => `\`${label}\``).join(', '),
      help,
    ]),
  )
}
