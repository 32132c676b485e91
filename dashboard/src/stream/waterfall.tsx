import { duration, NONE } from '../format.ts'
import type { Report } from '../wire.ts'

interface Phase {
  readonly name: string
  readonly fromMs: number
  readonly toMs: number
  readonly kind: string
}

/** When what came, each from what came before it. */
export function Waterfall({ report }: { readonly report: Report }) {
  const phases = phasesOf(report)
  const { totalMs } = report.times
  return (
    <section class="card" aria-labelledby="times">
      <h2 id="times">Times</h2>
      <ol class="waterfall">
        {phases.map(({ name, fromMs, toMs, kind }) => (
          <li key={name}>
            <span>{name}</span>
            <span class="track">
              <span
                class={`bar ${kind}`}
                style={{ left: share(fromMs, totalMs), width: share(toMs - fromMs, totalMs) }}
              />
            </span>
            <span class="number">{duration(toMs)}</span>
          </li>
        ))}
      </ol>
      <Silences gaps={report.times.gaps} longestMs={report.times.longestGapMs} />
    </section>
  )
}

function phasesOf({ times, attempts, outcome }: Report): Phase[] {
  const phases: Phase[] = []
  // Attempts that were given up, before the one that answered.
  for (const [at, { sentMs, endMs, upstream, error }] of attempts.slice(0, -1).entries())
    phases.push({ name: `${at + 1}. ${upstream ?? NONE}: ${error ?? ''}`, fromMs: sentMs, toMs: endMs, kind: 'lost' })
  let fromMs = attempts.at(-1)?.sentMs ?? 0
  const steps = [
    ['Connect', times.connectMs, 'connect'],
    ['Head', times.headMs, 'head'],
    ['First event', times.firstEventMs, 'event'],
    ['First reasoning', times.firstReasoningMs, 'reasoning'],
    ['First token', times.firstTokenMs, 'token'],
    [outcome === null ? 'So far' : 'End', times.totalMs, 'end'],
  ] as const
  for (const [name, toMs, kind] of steps) {
    if (toMs === null) continue
    phases.push({ name, fromMs: Math.min(fromMs, toMs), toMs, kind })
    fromMs = toMs
  }
  return phases
}

function share(ms: number, of: number): string {
  return of <= 0 ? '0%' : `${Math.min(100, (100 * ms) / of)}%`
}

const BOUNDS = ['< 10', '20', '50', '100', '250', '500', '1 s', '2.5', '5', '10', '> 10 s'] as const

/** How many silences were how long. */
function Silences({ gaps, longestMs }: { readonly gaps: readonly number[]; readonly longestMs: number | null }) {
  if (gaps.length === 0) return null
  const most = Math.max(...gaps)
  return (
    <figure class="silences">
      <figcaption>
        Silences between reads; the longest {duration(longestMs)}. Bars are of a logarithmic scale.
      </figcaption>
      <ol>
        {BOUNDS.map((bound, at) => {
          const count = gaps[at] ?? 0
          const height = count === 0 ? 0 : (100 * Math.log(1 + count)) / Math.log(1 + most)
          return (
            <li key={bound} class={at >= 7 ? 'long' : undefined}>
              <small>{count === 0 ? '' : count}</small>
              <span style={{ height: `${height}%` }} />
              <small>{bound}</small>
            </li>
          )
        })}
      </ol>
    </figure>
  )
}
