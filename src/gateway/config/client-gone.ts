import type { ClientGone } from '../../exchange/index.ts'
import type { FileClientGone } from './schema.ts'

/** What becomes of an exchange whose client leaves, as the engine is told. */
export function clientGone(said: FileClientGone = 'cancel'): ClientGone {
  return said === 'cancel' ? { policy: 'cancel' } : { policy: 'drain', ...said.drain }
}
