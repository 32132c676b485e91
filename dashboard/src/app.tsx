import { useEffect, useRef } from 'preact/hooks'
import { closeSession } from './api.ts'
import { connection } from './live/feed.ts'
import { Live } from './live/live.tsx'
import { Overview } from './overview/overview.tsx'
import { Mill } from './parts/icons.tsx'
import { hrefOf, type Place, place } from './route.ts'
import { look, SignIn, session } from './session.tsx'
import { Stream } from './stream/stream.tsx'

const CONNECTIONS = { idle: '', live: 'live', lost: 'reconnecting', paused: 'paused' } as const

export function App() {
  const at = place.value
  const isFirst = useRef(true)
  // A new view begins at its top, for eyes and for screen readers.
  useEffect(() => {
    document.title = at.at === 'live' ? 'Millrace' : at.at === 'overview' ? 'Overview · Millrace' : 'Stream · Millrace'
    if (!isFirst.current) {
      scrollTo(0, 0)
      document.getElementById('main')?.focus({ preventScroll: true })
    }
    isFirst.current = false
  }, [at])
  const whose = session.value
  if (whose === undefined) return null
  if (whose.visitor === null) return <SignIn />
  return (
    <>
      <button type="button" class="skip" onClick={skip}>
        Skip to the content
      </button>
      <header class="top">
        <a class="brand" href={hrefOf({ at: 'live' })}>
          <Mill /> Millrace
        </a>
        <nav aria-label="Views">
          <Tab to={{ at: 'live' }} text="Live" isHere={at.at === 'live'} />
          <Tab to={{ at: 'overview' }} text="Overview" isHere={at.at === 'overview'} />
        </nav>
        <span class={`connection ${connection.value}`} role="status">
          {CONNECTIONS[connection.value]}
        </span>
        {!whose.isOpen && (
          <button type="button" class="quiet" onClick={() => closeSession().finally(look)}>
            {whose.visitor.key === null ? 'Leave' : `Leave ${whose.visitor.key}`}
          </button>
        )}
      </header>
      <main id="main" tabIndex={-1}>
        <View at={at} />
      </main>
    </>
  )
}

/** By hand: the `#` of the address is where one is. */
function skip(): void {
  document.getElementById('main')?.focus()
}

function Tab({ to, text, isHere }: { readonly to: Place; readonly text: string; readonly isHere: boolean }) {
  return (
    <a href={hrefOf(to)} aria-current={isHere ? 'page' : undefined}>
      {text}
    </a>
  )
}

function View({ at }: { readonly at: Place }) {
  switch (at.at) {
    case 'live':
      return <Live />
    case 'stream':
      return <Stream key={at.id} id={at.id} />
    case 'overview':
      return <Overview />
    default:
      return at satisfies never
  }
}
