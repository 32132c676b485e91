import { messageOf } from '../errors.ts'

/**
 * Stops at the first SIGTERM or SIGINT, at once at the second.
 * @param stop the orderly way, which may take a while
 */
export function stopOnSignals(stop: () => Promise<void>): void {
  let isStopping = false
  const onSignal = (): void => {
    // A code of its own, so that a supervisor can tell a hurried end from an orderly one.
    if (isStopping) process.exit(130)
    isStopping = true
    stop().then(
      () => process.exit(0),
      error => {
        process.stderr.write(`millrace: ${messageOf(error)}\n`)
        process.exit(1)
      },
    )
  }
  process.on('SIGTERM', onSignal)
  process.on('SIGINT', onSignal)
}
