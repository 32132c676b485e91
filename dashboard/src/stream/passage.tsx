import { duration, NONE } from '../format.ts'
import type { Report } from '../wire.ts'

/** Each try at an upstream. */
export function Attempts({ report: { attempts } }: { readonly report: Report }) {
  return (
    <section class="card" aria-labelledby="attempts">
      <h2 id="attempts">Attempts</h2>
      {attempts.length === 0 ? (
        <p class="hint">No upstream was asked.</p>
      ) : (
        <ol class="attempts">
          {attempts.map((attempt, at) => (
            <li key={at}>
              <b>{attempt.upstream ?? NONE}</b>
              <span>
                {attempt.dialect}, {attempt.model ?? NONE}
              </span>
              <span class="number">
                {attempt.status ?? NONE} after{' '}
                {duration(attempt.headMs === null ? null : attempt.headMs - attempt.sentMs)}
              </span>
              {attempt.error !== null && <span class="tag bad">{attempt.error}</span>}
            </li>
          ))}
        </ol>
      )}
    </section>
  )
}

const EDITS: Readonly<Record<string, string>> = {
  model: 'the request asks for another model than the client named',
  'answer-model': 'the answer names the model as the client did',
  stream: 'the request asks for a stream in place of a whole answer, or the other way round',
  seals: 'what was wrapped for other issuers was cut out of the history',
  'usage-frame': 'the upstream was asked for its usage on our account; the frame that answers is left out',
  'usage-added': 'the final frame tells the cost, as the client asked',
  ping: 'keep-alives stand between the upstream’s events',
  decoded: 'the upstream compressed in spite of our asking',
  redacted: 'a secret was taken out of an error text',
  ended: 'an error event was added at the end',
  estimated: 'this gateway estimated the tokens itself',
  mapped: 'a program changed what the answer says',
  'early-head': 'the 200 went out before the upstream’s answer',
}

/** What was changed on the way, and what could not be said. */
export function Changes({ report: { edits, losses, lane } }: { readonly report: Report }) {
  const missed = losses.filter(({ reason }) => reason !== 'cosmetic')
  const cosmetic = losses.filter(({ reason }) => reason === 'cosmetic')
  return (
    <section class="card" aria-labelledby="changes">
      <h2 id="changes">Edits and losses</h2>
      {edits.length === 0 && losses.length === 0 && (
        <p class="hint">
          {lane === 'relay' ? 'None: the bytes went through as they came.' : 'None: everything found its place.'}
        </p>
      )}
      {edits.length > 0 && (
        <ul class="changes">
          {edits.map(edit => (
            <li key={edit}>
              <span class="tag">{edit}</span> {EDITS[edit]}
            </li>
          ))}
        </ul>
      )}
      {missed.length > 0 && <Losses losses={missed} />}
      {cosmetic.length > 0 && (
        <details class="losses">
          <summary>{cosmetic.length} cosmetic losses, which nobody acts on</summary>
          <Losses losses={cosmetic} />
        </details>
      )}
    </section>
  )
}

function Losses({ losses }: Pick<Report, 'losses'>) {
  return (
    <table class="losses">
      <thead>
        <tr>
          <th scope="col">In</th>
          <th scope="col">What</th>
          <th scope="col">Why</th>
        </tr>
      </thead>
      <tbody>
        {losses.map((loss, at) => (
          <tr key={at}>
            <td>{loss.in}</td>
            <td>
              <code>{loss.path}</code>
            </td>
            <td>{loss.reason}</td>
          </tr>
        ))}
      </tbody>
    </table>
  )
}
