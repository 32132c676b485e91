import { useSignal } from '@preact/signals'
import type { ComponentChildren } from 'preact'
import { useEffect } from 'preact/hooks'
import { capturePath, Refused, readCapture, readStream } from '../api.ts'
import { bytes, day, duration, NONE, whole } from '../format.ts'
import { Copy } from '../parts/copy.tsx'
import { StateBadge } from '../parts/icons.tsx'
import { Stop, stopping } from '../parts/stop.tsx'
import { go, hrefOf } from '../route.ts'
import type { Report, State } from '../wire.ts'
import { type Capture, type CapturedHead, type CapturedRequest, readCaptureFile } from './capture.ts'
import { curlOf } from './curl.ts'
import { Frames } from './frames.tsx'
import { Attempts, Changes } from './passage.tsx'
import { Usage } from './usage.tsx'
import { Waterfall } from './waterfall.tsx'

const LOOK_EVERY_MS = 500
/** A report is there a moment after its stream is gone. */
const MISSES = 6

/** One exchange, open or over. */
export function Stream({ id }: { readonly id: string }) {
  const report = useSignal<Report | undefined>(undefined)
  const capture = useSignal<Capture | undefined>(undefined)
  const problem = useSignal('')

  useEffect(() => {
    let timer: ReturnType<typeof setTimeout> | undefined
    let misses = 0
    const look = async () => {
      try {
        report.value = await readStream(id)
        problem.value = ''
        if (report.value.outcome === null) timer = setTimeout(look, LOOK_EVERY_MS)
        else if (report.value.hasCapture === true) capture.value = readCaptureFile(await readCapture(id))
      } catch (error) {
        problem.value = error instanceof Refused ? error.message : 'The gateway does not answer'
        if (misses++ < MISSES) timer = setTimeout(look, LOOK_EVERY_MS)
      }
    }
    void look()
    const onKey = (event: KeyboardEvent) => {
      if (event.key === 'Escape' && stopping.value === undefined) go({ at: 'live' })
    }
    document.addEventListener('keydown', onKey)
    return () => {
      clearTimeout(timer)
      document.removeEventListener('keydown', onKey)
    }
  }, [id, report, capture, problem])

  const known = report.value
  return (
    <div class="stream">
      <a class="back" href={hrefOf({ at: 'live' })}>
        ← All streams
      </a>
      {known === undefined ? (
        <p role="status">{problem.value === '' ? 'Looking it up …' : problem.value}</p>
      ) : (
        <Whole report={known} capture={capture.value} />
      )}
      <Stop />
    </div>
  )
}

function Whole({ report, capture }: { readonly report: Report; readonly capture: Capture | undefined }) {
  const { id, model, outcome, hasCapture } = report
  return (
    <>
      <header class="title">
        <h1>{model.requested ?? id}</h1>
        <StateBadge state={stateOf(report)} {...(outcome !== null && { label: outcome })} />
        <div class="actions">
          {outcome === null && (
            <button
              type="button"
              class="danger"
              onClick={() => {
                stopping.value = { id, model: model.requested }
              }}
            >
              Stop
            </button>
          )}
          {capture?.request !== undefined && (
            <Copy name="Copy as curl" text={() => curlOf(capture.request as CapturedRequest, location.origin)} />
          )}
          {hasCapture === true && (
            <>
              <Copy
                name="Copy replay command"
                text={() => `millrace record ${id} > ${id}.mlr.jsonl && millrace replay ${id}.mlr.jsonl`}
              />
              <a class="button" href={capturePath(id)} download={`${id}.mlr.jsonl`}>
                Download
              </a>
            </>
          )}
        </div>
      </header>
      {report.error !== null && (
        <p class="failure" role="note">
          <b>{report.error.code}</b> {report.error.message}
        </p>
      )}
      <Facts report={report} />
      <div class="cards">
        <Waterfall report={report} />
        <Usage report={report} />
        <Attempts report={report} />
        <Changes report={report} />
      </div>
      {capture === undefined ? (
        outcome !== null && (
          <p class="hint">
            Its frames were not captured. <code>capture.mode</code> in the configuration says which are.
          </p>
        )
      ) : (
        <>
          <Frames capture={capture} />
          <Headers capture={capture} />
        </>
      )}
    </>
  )
}

function stateOf({ outcome, state }: Report): State {
  return outcome === null ? (state ?? 'waiting') : outcome === 'completed' ? 'done' : 'failed'
}

function Facts({ report }: { readonly report: Report }) {
  const { client, upstream, model, times } = report
  const isRenamed = model.sent !== null && model.sent !== model.requested
  return (
    <dl class="facts wide">
      <Fact name="Began">{day(Date.parse(report.time))}</Fact>
      <Fact name="Took">{duration(times.totalMs)}</Fact>
      <Fact name="Way">
        {client.dialect ?? NONE} → {upstream.name ?? NONE}
        {upstream.dialect !== client.dialect && ` (${upstream.dialect ?? NONE})`}
      </Fact>
      <Fact name="Lane">
        {report.lane ?? NONE}, {report.shape ?? NONE}
      </Fact>
      {isRenamed && <Fact name="Asked for">{model.sent}</Fact>}
      {model.reported !== null && model.reported !== model.sent && <Fact name="Answered by">{model.reported}</Fact>}
      <Fact name="Status">{report.status ?? NONE}</Fact>
      <Fact name="Finish">
        {report.finish === null ? NONE : report.finish.reason}
        {report.finish?.raw && report.finish.raw !== report.finish.reason && ` (${report.finish.raw})`}
      </Fact>
      <Fact name="Events">{whole(report.events)}</Fact>
      <Fact name="Bytes">
        {bytes(report.bytesIn)} in, {bytes(report.bytesOut)} out
      </Fact>
      {report.key !== null && <Fact name="Key">{report.key}</Fact>}
      <Fact name="Id">
        <code>{report.id}</code>
      </Fact>
    </dl>
  )
}

function Fact({ name, children }: { readonly name: string; readonly children: ComponentChildren }) {
  return (
    <div>
      <dt>{name}</dt>
      <dd>{children}</dd>
    </div>
  )
}

/** Requests and heads as they went, secrets taken out. */
function Headers({ capture: { request, asked, heads } }: { readonly capture: Capture }) {
  return (
    <section class="cards headers" aria-label="Requests and headers">
      {request !== undefined && <Asked title="The client asked" request={request} />}
      {asked !== undefined && <Asked title="The upstream was asked" request={asked} />}
      {heads.upstream !== undefined && <Answered title="The upstream answered" head={heads.upstream} />}
      {heads.client !== undefined && <Answered title="The client was answered" head={heads.client} />}
    </section>
  )
}

function Asked({ title, request }: { readonly title: string; readonly request: CapturedRequest }) {
  return (
    <details class="card">
      <summary>{title}</summary>
      <pre>{`${request.method} ${request.url}\n${linesOf(request.headers)}\n\n${pretty(request.body)}`}</pre>
    </details>
  )
}

function Answered({ title, head }: { readonly title: string; readonly head: CapturedHead }) {
  return (
    <details class="card">
      <summary>{title}</summary>
      <pre>{`${head.status}\n${linesOf(head.headers)}`}</pre>
    </details>
  )
}

function linesOf(headers: readonly string[]): string {
  return headers.map((text, at) => (at % 2 === 0 ? `${text}: ` : `${text}\n`)).join('')
}

function pretty(body: string): string {
  try {
    return JSON.stringify(JSON.parse(body), null, 2)
  } catch {
    return body
  }
}
