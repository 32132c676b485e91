import type { StreamEvent } from '../model/index.ts'
import type { Redact } from './frame-edit.ts'

type Tell = (event: StreamEvent) => void

/**
 * Tells events without the secrets of their errors: what an upstream says of a failure may quote a key, in the words
 * that every dialect has and in what its own knows besides.
 */
export function withoutSecrets(tell: Tell | undefined, redact: Redact | undefined): Tell | undefined {
  if (tell === undefined || redact === undefined) return tell
  return event => tell(event.type === 'error' ? JSON.parse(redact(JSON.stringify(event))) : event)
}
