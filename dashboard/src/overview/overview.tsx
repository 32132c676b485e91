import { useSignal } from '@preact/signals'
import { useEffect } from 'preact/hooks'
import { Refused, readOverview } from '../api.ts'
import { dollars, duration, NONE, percent, short, whole } from '../format.ts'
import type { Overview as Data, Sums } from '../wire.ts'
import { Plot } from './plot.tsx'
import { PLOTS } from './plots.ts'

const RANGES = [
  ['15m', '15 minutes'],
  ['1h', 'Hour'],
  ['6h', '6 hours'],
  ['24h', 'Day'],
  ['7d', 'Week'],
  ['30d', '30 days'],
] as const
const GROUPS = ['model', 'upstream', 'key'] as const
const REFRESH_MS = 15_000

/** What came through, summed up. */
export function Overview() {
  const range = useSignal<string>('1h')
  const by = useSignal<string>('model')
  const data = useSignal<Data | undefined>(undefined)
  const problem = useSignal('')

  useEffect(() => {
    const abort = new AbortController()
    const load = () =>
      readOverview(range.value, by.value, abort.signal).then(
        overview => {
          data.value = overview
          problem.value = ''
        },
        error => {
          if (abort.signal.aborted) return
          problem.value = error instanceof Refused ? error.message : 'The gateway does not answer'
        },
      )
    void load()
    const timer = setInterval(load, REFRESH_MS)
    return () => {
      abort.abort()
      clearInterval(timer)
    }
  }, [range.value, by.value, data, problem])

  const known = data.value
  return (
    <div class="overview">
      <header class="title">
        <h1>Overview</h1>
        <Choice name="Range" values={RANGES} chosen={range.value} choose={value => (range.value = value)} />
      </header>
      <p role="status" class="problem">
        {problem.value}
      </p>
      {known !== undefined && (
        <>
          <Totals total={known.total} source={known.source} />
          <div class="plots">
            {PLOTS.map(plot => (
              <Plot key={plot.title} plot={plot} data={known} />
            ))}
          </div>
          <section class="card groups" aria-labelledby="groups">
            <header class="title">
              <h2 id="groups">By {known.by}</h2>
              <Choice
                name="Group by"
                values={GROUPS.map(group => [group, group] as const)}
                chosen={by.value}
                choose={value => (by.value = value)}
              />
            </header>
            <Groups data={known} />
          </section>
        </>
      )}
    </div>
  )
}

interface ChoiceProps {
  readonly name: string
  readonly values: readonly (readonly [value: string, text: string])[]
  readonly chosen: string
  readonly choose: (value: string) => void
}

function Choice({ name, values, chosen, choose }: ChoiceProps) {
  return (
    <fieldset class="choice">
      <legend class="unseen">{name}</legend>
      {values.map(([value, text]) => (
        <label key={value}>
          <input type="radio" name={name} value={value} checked={value === chosen} onChange={() => choose(value)} />
          <span>{text}</span>
        </label>
      ))}
    </fieldset>
  )
}

function Totals({ total, source }: { readonly total: Sums; readonly source: string }) {
  const { requests, failed, firstTokenMs } = total
  return (
    <>
      <section class="sums" aria-label="Sums">
        <Total name="requests" value={whole(requests)} />
        <Total name="failed" value={requests === 0 ? NONE : percent(failed / requests)} isBad={failed > 0} />
        <Total name="tokens in" value={short(total.inputTokens)} />
        <Total name="tokens out" value={short(total.outputTokens)} />
        <Total
          name={total.unpriced > 0 ? `cost, ${whole(total.unpriced)} unpriced` : 'cost'}
          value={dollars(total.costUsd)}
        />
        <Total name="first token, p50" value={duration(firstTokenMs?.p50)} />
        <Total name="first token, p95" value={duration(firstTokenMs?.p95)} />
        <Total
          name="tokens a second"
          value={total.tokensPerSecond === null ? NONE : total.tokensPerSecond.toFixed(1)}
        />
      </section>
      {source === 'memory' && (
        <p class="hint">
          No ledger is kept, so these are the last 1000 exchanges of this process. <code>ledger</code> in the
          configuration keeps them.
        </p>
      )}
    </>
  )
}

function Total({
  name,
  value,
  isBad = false,
}: {
  readonly name: string
  readonly value: string
  readonly isBad?: boolean
}) {
  return (
    <div class={isBad ? 'sum bad' : 'sum'}>
      <b>{value}</b>
      <span>{name}</span>
    </div>
  )
}

function Groups({ data: { by, groups } }: { readonly data: Data }) {
  if (groups.length === 0) return <p class="hint">Nothing came through in this range.</p>
  const most = Math.max(...groups.map(({ requests }) => requests))
  return (
    <div class="scroll">
      <table>
        <thead>
          <tr>
            <th scope="col">{by}</th>
            <th scope="col">Requests</th>
            <th scope="col">Failed</th>
            <th scope="col">Tokens in</th>
            <th scope="col">Tokens out</th>
            <th scope="col">Cost</th>
            <th scope="col">First token p50</th>
            <th scope="col">p95</th>
            <th scope="col">p99</th>
            <th scope="col">Tokens/s</th>
          </tr>
        </thead>
        <tbody>
          {groups.map(({ name, ...sums }) => (
            <tr key={name ?? ''}>
              <th scope="row">
                <span class="share" style={{ width: `${(100 * sums.requests) / most}%` }} aria-hidden="true" />
                <span class="name">{name ?? NONE}</span>
              </th>
              <td>{whole(sums.requests)}</td>
              <td class={sums.failed > 0 ? 'bad' : undefined}>{whole(sums.failed)}</td>
              <td>{short(sums.inputTokens)}</td>
              <td>{short(sums.outputTokens)}</td>
              <td>{dollars(sums.costUsd)}</td>
              <td>{duration(sums.firstTokenMs?.p50)}</td>
              <td>{duration(sums.firstTokenMs?.p95)}</td>
              <td>{duration(sums.firstTokenMs?.p99)}</td>
              <td>{sums.tokensPerSecond === null ? NONE : sums.tokensPerSecond.toFixed(1)}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  )
}
