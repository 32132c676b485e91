import { useSignal } from '@preact/signals'
import { useEffect, useRef } from 'preact/hooks'
import { short, whole } from '../format.ts'
import { Stop, stopping } from '../parts/stop.tsx'
import { connection, flow, follow, listed, pause, revision } from './feed.ts'
import { List } from './list.tsx'
import { River } from './river.tsx'

/** The front: streams as they run. */
export function Live() {
  const filter = useSignal('')
  const field = useRef<HTMLInputElement>(null)
  useEffect(() => {
    if (connection.value !== 'paused') follow()
    const onKey = (event: KeyboardEvent) => {
      if (event.ctrlKey || event.metaKey || event.altKey || stopping.value !== undefined) return
      const isTyping = event.target instanceof HTMLInputElement
      if (event.key === '/' && !isTyping) {
        event.preventDefault()
        field.current?.focus()
      } else if (event.key === 'p' && !isTyping) toggle()
      else if (event.key === 'Escape' && event.target === field.current) {
        filter.value = ''
        document.querySelector<HTMLElement>('.list')?.focus()
      }
    }
    document.addEventListener('keydown', onKey)
    return () => document.removeEventListener('keydown', onKey)
  }, [filter])
  const shown = matching(filter.value)
  return (
    <div class="front">
      <h1 class="unseen">Live streams</h1>
      <Sums />
      <div class="tools" role="search">
        <label for="filter" class="unseen">
          Filter streams
        </label>
        <input
          id="filter"
          ref={field}
          type="search"
          placeholder="Filter by model, upstream, dialect, state …"
          spellcheck={false}
          autocomplete="off"
          value={filter.value}
          onInput={event => {
            filter.value = event.currentTarget.value
          }}
        />
        <kbd>/</kbd>
        <button type="button" onClick={toggle} aria-pressed={connection.value === 'paused'}>
          {connection.value === 'paused' ? 'Go on' : 'Pause'}
        </button>
      </div>
      <List streams={shown} isFiltered={filter.value.trim() !== ''} revision={revision.value} />
      <Stop />
    </div>
  )
}

function toggle(): void {
  if (connection.value === 'paused') {
    connection.value = 'lost'
    follow()
  } else pause()
}

function matching(filter: string) {
  const words = filter.toLowerCase().split(/\s+/).filter(Boolean)
  if (words.length === 0) return listed()
  return listed().filter(({ row, words: said }) => words.every(word => said.includes(word) || row.state === word))
}

function Sums() {
  const { open, unlisted, tokensPerSecond, byState } = flow.value
  return (
    <section class="sums" aria-label="All streams together">
      <Sum name="open" value={whole(open)} note={unlisted > 0 ? `${whole(unlisted)} not listed` : ''} />
      <Sum name="tokens/s" value={tokensPerSecond < 100 ? tokensPerSecond.toFixed(1) : short(tokensPerSecond)} />
      <Sum name="thinking" value={whole(byState.thinking)} />
      <Sum name="stalled" value={whole(byState.stalled)} isBad={byState.stalled > 0} />
      <River />
    </section>
  )
}

interface SumProps {
  readonly name: string
  readonly value: string
  readonly note?: string
  readonly isBad?: boolean
}

function Sum({ name, value, note = '', isBad = false }: SumProps) {
  return (
    <div class={isBad ? 'sum bad' : 'sum'}>
      <b>{value}</b>
      <span>
        {name}
        {note !== '' && <small> · {note}</small>}
      </span>
    </div>
  )
}
