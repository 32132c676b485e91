import { useSignal } from '@preact/signals'

const TOLD_MS = 1500

interface CopyProps {
  readonly name: string
  readonly text: () => string
}

/** Copies a text, and says so. */
export function Copy({ name, text }: CopyProps) {
  const told = useSignal('')
  const copy = async () => {
    try {
      await navigator.clipboard.writeText(text())
      told.value = 'Copied'
    } catch {
      told.value = 'Cannot copy'
    }
    setTimeout(() => {
      told.value = ''
    }, TOLD_MS)
  }
  return (
    <button type="button" onClick={copy} aria-live="polite">
      {told.value === '' ? name : told.value}
    </button>
  )
}
