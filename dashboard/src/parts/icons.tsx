import type { State } from '../wire.ts'

/** The mark of the page: three races. */
export function Mill() {
  return (
    <svg class="mill" viewBox="0 0 24 24" aria-hidden="true">
      <path d="M3 7c3-3 6 3 9 0s6 3 9 0" />
      <path d="M3 12c3-3 6 3 9 0s6 3 9 0" />
      <path d="M3 17c3-3 6 3 9 0s6 3 9 0" />
    </svg>
  )
}

/** A shape for each state, so that nobody has to tell colours apart. */
const SHAPES: Readonly<Record<State, string>> = {
  // A ring.
  waiting: 'M8 3a5 5 0 1 0 0 10 5 5 0 0 0 0-10zm0 2a3 3 0 1 1 0 6 3 3 0 0 1 0-6z',
  // Three dots.
  thinking:
    'M3 6.4a1.6 1.6 0 1 0 0 3.2 1.6 1.6 0 0 0 0-3.2zm5 0a1.6 1.6 0 1 0 0 3.2 1.6 1.6 0 0 0 0-3.2zm5 0a1.6 1.6 0 1 0 0 3.2 1.6 1.6 0 0 0 0-3.2z',
  // Lines of text.
  writing: 'M2 3.5h12v1.8H2zm0 3.6h9v1.8H2zm0 3.6h6v1.8H2z',
  // Braces of a call.
  tool: 'M6 2.5H4.6A1.6 1.6 0 0 0 3 4.1v2.2L1.6 8 3 9.7v2.2a1.6 1.6 0 0 0 1.6 1.6H6v-1.7H4.7V9.1L3.8 8l.900-1.1V4.2H6zm4 0h1.4A1.6 1.6 0 0 1 13 4.1v2.2L14.4 8 13 9.7v2.2a1.6 1.6 0 0 1-1.6 1.6H10v-1.7h1.3V9.1L12.2 8l-.900-1.1V4.2H10z',
  // A triangle that warns.
  stalled: 'M8 2 14.5 13.5H1.5zm-.900 4v3.8h1.8V6zm0 4.8v1.6h1.8v-1.6z',
  // A tick.
  done: 'M6.3 12.4 2.2 8.3l1.3-1.3 2.8 2.8 6.2-6.2 1.3 1.3z',
  // A cross.
  failed: 'm4.1 2.8 3.9 3.9 3.9-3.9 1.3 1.3L9.3 8l3.9 3.9-1.3 1.3L8 9.3l-3.9 3.9-1.3-1.3L6.7 8 2.8 4.1z',
}

export function StateMark({ state }: { readonly state: State }) {
  return (
    <svg class="mark" viewBox="0 0 16 16" aria-hidden="true">
      <path fill-rule="evenodd" d={SHAPES[state]} />
    </svg>
  )
}

export function StateBadge({ state, label }: { readonly state: State; readonly label?: string }) {
  return (
    <span class={`state ${state}`}>
      <StateMark state={state} />
      {label ?? state}
    </span>
  )
}
