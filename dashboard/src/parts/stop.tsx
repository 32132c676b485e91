import { signal } from '@preact/signals'
import { useEffect, useRef } from 'preact/hooks'
import { Refused, stopStream } from '../api.ts'

interface Stopping {
  readonly id: string
  readonly model: string | null
}

/** The stream that somebody wants to stop, while he is asked whether he does. */
export const stopping = signal<Stopping | undefined>(undefined)
const problem = signal('')

/** Asks before a stream is stopped: its client gets an error. */
export function Stop() {
  const dialog = useRef<HTMLDialogElement>(null)
  const asked = stopping.value
  useEffect(() => {
    if (asked !== undefined) dialog.current?.showModal()
    else dialog.current?.close()
  }, [asked])
  const stop = async () => {
    if (asked === undefined) return
    try {
      await stopStream(asked.id)
      done()
    } catch (error) {
      problem.value = error instanceof Refused ? error.message : 'The gateway does not answer'
    }
  }
  return (
    <dialog ref={dialog} onClose={done} aria-labelledby="stop-title">
      <h2 id="stop-title">Stop this stream?</h2>
      <p>
        <b class="name">{asked?.model ?? asked?.id}</b> is cut off at its upstream, and its client gets an error in its
        own dialect.
      </p>
      <p role="alert" class="problem">
        {problem.value}
      </p>
      <div class="answers">
        <button type="button" onClick={done}>
          Let it run
        </button>
        <button type="button" class="danger" onClick={stop}>
          Stop it
        </button>
      </div>
    </dialog>
  )
}

function done(): void {
  problem.value = ''
  stopping.value = undefined
}
