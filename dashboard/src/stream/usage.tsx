import { dollars, NONE, whole } from '../format.ts'
import type { Report } from '../wire.ts'

const PROVENANCES: Readonly<Record<string, string>> = {
  reported: 'the upstream’s final word',
  partial: 'the upstream’s running word: the stream did not come to its end',
  estimated: 'a count in it is our own',
  none: 'nobody said',
}

/** Tokens with their parts, and what they cost. */
export function Usage({ report: { usage, cost } }: { readonly report: Report }) {
  const { input, cacheRead, cacheWrite, output, reasoning } = usage
  const plainInput = input === null ? null : Math.max(0, input - (cacheRead ?? 0) - (cacheWrite ?? 0))
  const plainOutput = output === null ? null : Math.max(0, output - (reasoning ?? 0))
  const most = Math.max(1, input ?? 0, output ?? 0)
  return (
    <section class="card" aria-labelledby="usage">
      <h2 id="usage">Usage</h2>
      <Tokens
        name="Input"
        total={input}
        most={most}
        parts={[
          ['read from a cache', cacheRead, 'cached'],
          ['written to a cache', cacheWrite, 'written'],
          ['new', plainInput, 'plain'],
        ]}
      />
      <Tokens
        name="Output"
        total={output}
        most={most}
        parts={[
          ['reasoning', reasoning, 'reasoned'],
          ['answer', plainOutput, 'plain'],
        ]}
      />
      <dl class="facts">
        <dt>Counted by</dt>
        <dd>
          <span class="tag">{usage.provenance}</span> {PROVENANCES[usage.provenance]}
        </dd>
        <dt>Cost</dt>
        <dd>
          <b>{dollars(cost?.usd)}</b> {cost === null ? 'the price or the tokens are not known' : `by ${cost.source}`}
        </dd>
        {usage.reportedCostUsd !== null && (
          <>
            <dt>Upstream says</dt>
            <dd>{dollars(usage.reportedCostUsd)}</dd>
          </>
        )}
        {usage.cacheWrite1h !== null && usage.cacheWrite1h > 0 && (
          <>
            <dt>Kept for an hour</dt>
            <dd>{whole(usage.cacheWrite1h)} of what was written to a cache</dd>
          </>
        )}
        {Object.entries(usage.serverTools ?? {}).map(([name, count]) => (
          <>
            <dt>{name}</dt>
            <dd>{whole(count)}</dd>
          </>
        ))}
      </dl>
    </section>
  )
}

interface TokensProps {
  readonly name: string
  readonly total: number | null
  readonly most: number
  readonly parts: readonly (readonly [name: string, count: number | null, kind: string])[]
}

function Tokens({ name, total, most, parts }: TokensProps) {
  const known = parts.filter(([, count]) => count !== null && count > 0)
  return (
    <div class="tokens">
      <p>
        <span>{name}</span> <b>{whole(total)}</b>
      </p>
      <div class="stack" aria-hidden="true">
        {known.map(([part, count, kind]) => (
          <span key={part} class={kind} style={{ width: `${(100 * (count ?? 0)) / most}%` }} />
        ))}
      </div>
      <p class="parts">
        {known.length === 0
          ? NONE
          : known.map(([part, count, kind]) => (
              <span key={part} class={kind}>
                <i aria-hidden="true" /> {whole(count)} {part}
              </span>
            ))}
      </p>
    </div>
  )
}
