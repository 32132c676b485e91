import type { buildConnector } from 'undici'

/** Errors of sockets that had carried an answer before. */
const stale = new WeakSet<Error>()

/**
 * Whether the error befell a socket that had read something. Before any byte of an answer that means:
 * it was a pooled one, closed by the peer as idle while our request was on its way.
 */
export function isOfUsedSocket(error: Error): boolean {
  return stale.has(error)
}

/** Marks the errors of used sockets; undici itself does not tell which socket a request failed on. */
export function markUsedSockets(connect: buildConnector.connector): buildConnector.connector {
  return (options, callback) =>
    connect(options, (error, socket) => {
      if (error !== null) return callback(error, null)
      socket.on('error', (failed: Error) => {
        if (socket.bytesRead > 0) stale.add(failed)
      })
      callback(null, socket)
    })
}
