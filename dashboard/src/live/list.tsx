import { useSignal } from '@preact/signals'
import { useEffect, useLayoutEffect, useRef } from 'preact/hooks'
import { stopping } from '../parts/stop.tsx'
import { go } from '../route.ts'
import type { LiveStream } from './feed.ts'
import { Row } from './row.tsx'

/** Rows beyond the edge that are drawn all the same. */
const MARGIN = 4
const NARROW = matchMedia('(max-width: 46rem)')

const COLUMNS = [
  ['State', ''],
  ['Model', ''],
  ['Way', ''],
  ['Silences', ''],
  ['Tokens', 'number'],
  ['tok/s', 'number'],
  ['First', 'number'],
  ['Time', 'number'],
  ['Stop', 'unseen'],
] as const

interface ListProps {
  readonly streams: readonly LiveStream[]
  readonly isFiltered: boolean
  /** Streams are changed in place: with each revision the list is drawn anew. */
  readonly revision: number
}

/** All streams, of which only those are drawn that can be seen: rows have one height. */
export function List({ streams, isFiltered }: ListProps) {
  const grid = useRef<HTMLDivElement>(null)
  const box = useRef<HTMLDivElement>(null)
  const top = useSignal(0)
  const height = useSignal(800)
  const chosen = useSignal<string | undefined>(undefined)
  const rowHeight = NARROW.matches ? 76 : 48

  useLayoutEffect(() => {
    const element = box.current as HTMLDivElement
    const watch = new ResizeObserver(() => {
      height.value = element.clientHeight
    })
    watch.observe(element)
    return () => watch.disconnect()
  }, [height])
  // Who reads further down keeps what he reads, also when rows come in above it.
  const anchor = useRef({ n: -1, index: 0 })
  useLayoutEffect(() => {
    const element = box.current as HTMLDivElement
    const index = streams.findIndex(({ row }) => row.n === anchor.current.n)
    if (index >= 0 && element.scrollTop > rowHeight) element.scrollTop += (index - anchor.current.index) * rowHeight
    const top = Math.floor(element.scrollTop / rowHeight)
    anchor.current = { n: streams[top]?.row.n ?? -1, index: top }
  })
  // The keys of the list work as long as nothing else has the focus.
  useEffect(() => {
    const onKey = (event: KeyboardEvent) => {
      const isFree = document.activeElement === document.body || document.activeElement?.id === 'main'
      if (isFree && event.key.startsWith('Arrow')) {
        event.preventDefault()
        grid.current?.focus({ preventScroll: true })
        grid.current?.dispatchEvent(new KeyboardEvent('keydown', { key: event.key }))
      }
    }
    document.addEventListener('keydown', onKey)
    return () => document.removeEventListener('keydown', onKey)
  }, [])

  const first = Math.max(0, Math.floor(top.value / rowHeight) - MARGIN)
  const last = Math.min(streams.length, Math.ceil((top.value + height.value) / rowHeight) + MARGIN)
  const at = streams.findIndex(({ row }) => row.id === chosen.value)

  const choose = (index: number) => {
    const stream = streams[Math.max(0, Math.min(streams.length - 1, index))]
    if (stream === undefined) return
    chosen.value = stream.row.id
    scrollTo(box.current as HTMLDivElement, streams.indexOf(stream) * rowHeight, rowHeight)
  }
  const page = Math.max(1, Math.floor(height.value / rowHeight) - 1)
  const steps: Readonly<Record<string, () => void>> = {
    ArrowDown: () => choose(at + 1),
    ArrowUp: () => choose(at < 0 ? 0 : at - 1),
    PageDown: () => choose(at + page),
    PageUp: () => choose(at - page),
    Home: () => choose(0),
    End: () => choose(streams.length - 1),
    Enter: () => open(streams[at]),
    Delete: () => askToStop(streams[at]),
    Escape: () => {
      chosen.value = undefined
    },
  }
  const onKey = (event: KeyboardEvent) => {
    const step = steps[event.key]
    if (step === undefined || event.target !== event.currentTarget) return
    event.preventDefault()
    step()
  }

  return (
    <div
      ref={grid}
      class="list"
      role="grid"
      aria-label="Streams"
      aria-rowcount={streams.length + 1}
      aria-activedescendant={at < 0 ? undefined : `stream-${at}`}
      tabIndex={0}
      onKeyDown={onKey}
    >
      <div class="row head" role="row">
        {COLUMNS.map(([name, kind]) => (
          <span key={name} role="columnheader" class={kind}>
            {name}
          </span>
        ))}
      </div>
      <div
        ref={box}
        class="rows"
        role="rowgroup"
        onScroll={event => {
          top.value = event.currentTarget.scrollTop
        }}
      >
        {streams.length === 0 ? (
          <Nothing isFiltered={isFiltered} />
        ) : (
          <div class="all" role="presentation" style={{ height: `${streams.length * rowHeight}px` }}>
            {streams.slice(first, last).map((stream, offset) => (
              <Row
                key={stream.row.n}
                stream={stream}
                index={first + offset}
                top={(first + offset) * rowHeight}
                isChosen={first + offset === at}
              />
            ))}
          </div>
        )}
      </div>
    </div>
  )
}

function open(stream: LiveStream | undefined): void {
  if (stream !== undefined) go({ at: 'stream', id: stream.row.id })
}

function askToStop(stream: LiveStream | undefined): void {
  if (stream !== undefined && stream.row.outcome === null) stopping.value = stream.row
}

function scrollTo(box: HTMLDivElement, rowTop: number, rowHeight: number): void {
  if (rowTop < box.scrollTop) box.scrollTop = rowTop
  else if (rowTop + rowHeight > box.scrollTop + box.clientHeight) box.scrollTop = rowTop + rowHeight - box.clientHeight
}

function Nothing({ isFiltered }: { readonly isFiltered: boolean }) {
  if (isFiltered) return <p class="nothing">No stream fits the filter.</p>
  return (
    <div class="nothing">
      <p>No streams yet. Send one through this gateway:</p>
      <pre>{`curl -N ${location.origin}/v1/chat/completions -H 'content-type: application/json' \\
  -d '{"model":"sim/story?delay=80,words=400","stream":true,"messages":[{"role":"user","content":"Hi"}]}'`}</pre>
    </div>
  )
}
