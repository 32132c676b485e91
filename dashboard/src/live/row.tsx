import { duration, elapsed, NONE, whole } from '../format.ts'
import { StateBadge } from '../parts/icons.tsx'
import { stopping } from '../parts/stop.tsx'
import { hrefOf } from '../route.ts'
import type { LiveStream } from './feed.ts'
import { Strip } from './strip.tsx'

interface RowProps {
  readonly stream: LiveStream
  readonly index: number
  readonly top: number
  readonly isChosen: boolean
}

export function Row({ stream: { row, trail }, index, top, isChosen }: RowProps) {
  const isOpen = row.outcome === null
  const isCancelled = row.outcome === 'cancelled'
  return (
    <div
      id={`stream-${index}`}
      class={`row${isChosen ? ' chosen' : ''}${isOpen ? '' : ' over'}`}
      role="row"
      aria-rowindex={index + 2}
      aria-selected={isChosen}
      style={{ transform: `translateY(${top}px)` }}
    >
      <span role="gridcell">
        <StateBadge state={row.state} {...(isCancelled && { label: 'cancelled' })} />
      </span>
      <span role="gridcell" class="model">
        <a href={hrefOf({ at: 'stream', id: row.id })} tabIndex={-1} title={row.model ?? row.id}>
          {row.model ?? row.id}
        </a>
      </span>
      <span role="gridcell" class="way">
        <Way row={row} />
      </span>
      <span role="gridcell" class="gaps">
        <Strip gaps={trail} count={row.bytesIn} isOpen={isOpen} />
      </span>
      <span role="gridcell" class="number">
        {row.isEstimated && row.tokens > 0 && <abbr title="estimated by the length of the text">~</abbr>}
        {whole(row.tokens)}
      </span>
      <span role="gridcell" class="number pace">
        {isOpen ? row.tokensPerSecond.toFixed(1) : NONE}
      </span>
      <span role="gridcell" class="number first">
        {duration(row.firstTokenMs)}
      </span>
      <span role="gridcell" class="number">
        {isOpen ? elapsed(Date.now() - row.startedMs) : duration(row.totalMs)}
      </span>
      <span role="gridcell" class="act">
        {isOpen && (
          <button
            type="button"
            class="quiet"
            tabIndex={-1}
            aria-label={`Stop ${row.model ?? row.id}`}
            onClick={() => {
              stopping.value = row
            }}
          >
            Stop
          </button>
        )}
      </span>
    </div>
  )
}

function Way({ row }: { readonly row: LiveStream['row'] }) {
  return (
    <>
      <span>{row.client ?? NONE}</span>
      <i role="img" aria-label="to">
        →
      </i>
      <span>{row.upstream ?? NONE}</span>
      <small>
        {row.upstreamDialect !== row.client && row.upstreamDialect} {row.lane}
      </small>
    </>
  )
}
