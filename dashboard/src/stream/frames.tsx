import { useSignal } from '@preact/signals'
import { useEffect, useRef } from 'preact/hooks'
import { duration } from '../format.ts'
import type { Capture, Moment } from './capture.ts'

/** Moments that are drawn until somebody asks for more. */
const SHOWN = 300
/** Of one frame. */
const MAX_CHARS = 4000
const SPEEDS = [0.5, 1, 2, 5, 20] as const

/** What the upstream said and what the client got, side by side by time, and once more as it happened. */
export function Frames({ capture }: { readonly capture: Capture }) {
  const { moments } = capture
  const shown = useSignal(SHOWN)
  /** Undefined: everything is there at once. */
  const playhead = useSignal<number | undefined>(undefined)
  const isPlaying = useSignal(false)
  const speed = useSignal(1)
  const list = useRef<HTMLOListElement>(null)
  const endMs = moments.at(-1)?.atMs ?? 0

  useEffect(() => {
    if (!isPlaying.value) return
    let last = performance.now()
    let frame = requestAnimationFrame(function step(now) {
      const next = (playhead.peek() ?? 0) + (now - last) * speed.peek()
      last = now
      if (next >= endMs) {
        playhead.value = undefined
        isPlaying.value = false
        return
      }
      playhead.value = next
      frame = requestAnimationFrame(step)
    })
    return () => cancelAnimationFrame(frame)
  }, [isPlaying.value, endMs])

  const at = playhead.value
  const came = at === undefined ? moments.length : firstAfter(moments, at)
  const from = at === undefined ? 0 : Math.max(0, came - SHOWN)
  const visible = moments.slice(from, at === undefined ? shown.value : came)
  // What came last is followed while it plays.
  useEffect(() => {
    if (isPlaying.value && list.current !== null) list.current.scrollTop = list.current.scrollHeight
  }, [came])

  return (
    <section class="card frames" aria-labelledby="frames">
      <h2 id="frames">Frames</h2>
      <div class="player">
        <button
          type="button"
          onClick={() => {
            playhead.value ??= 0
            isPlaying.value = !isPlaying.value
          }}
        >
          {isPlaying.value ? 'Pause' : 'Play again'}
        </button>
        <label>
          Speed{' '}
          <select
            value={speed.value}
            onChange={event => {
              speed.value = Number(event.currentTarget.value)
            }}
          >
            {SPEEDS.map(times => (
              <option key={times} value={times}>
                {times}×
              </option>
            ))}
          </select>
        </label>
        <input
          type="range"
          aria-label="Moment"
          min={0}
          max={Math.max(1, Math.ceil(endMs))}
          value={at ?? endMs}
          onInput={event => {
            const ms = Number(event.currentTarget.value)
            playhead.value = ms >= endMs ? undefined : ms
          }}
        />
        <output>{duration(at ?? endMs)}</output>
      </div>
      <div class="sides" aria-hidden="true">
        <span>at</span>
        <span>from the upstream</span>
        <span>to the client</span>
      </div>
      <ol ref={list} class="moments">
        {visible.map((moment, offset) => (
          <li key={from + offset}>
            <time>{duration(moment.atMs)}</time>
            <Said text={moment.upstream} by="from the upstream" />
            <Said text={moment.client} by="to the client" />
          </li>
        ))}
      </ol>
      {at === undefined && moments.length > shown.value && (
        <button
          type="button"
          onClick={() => {
            shown.value += SHOWN * 3
          }}
        >
          {moments.length - shown.value} more
        </button>
      )}
    </section>
  )
}

function Said({ text, by }: { readonly text: string | undefined; readonly by: string }) {
  if (text === undefined) return <span class="said none" />
  const isLong = text.length > MAX_CHARS
  return (
    <pre class="said" title={by}>
      {isLong ? `${text.slice(0, MAX_CHARS)}… and ${text.length - MAX_CHARS} more` : text}
    </pre>
  )
}

function firstAfter(moments: readonly Moment[], ms: number): number {
  const index = moments.findIndex(({ atMs }) => atMs > ms)
  return index < 0 ? moments.length : index
}
