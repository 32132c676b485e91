/** Answers of the project's own corpus as web responses, for whoever works on those. */
import { type CorpusStream, ownCorpus } from './corpus.ts'

const EVENT_STREAM = { 'content-type': 'text/event-stream', 'x-request-id': 'upstream-1' }

/** A stream of the project's own corpus: `chat/openai-parallel-tools`. */
export function streamNamed(id: string): CorpusStream {
  const found = ownCorpus().find(stream => stream.id === id)
  if (found === undefined) throw new Error(`No stream ${id} in the corpus`)
  return found
}

/** It as a response, in pieces of so many bytes. */
export function responseOf(id: string, pieceBytes = 64): Response {
  return streamed(streamNamed(id).bytes, pieceBytes)
}

/** Bytes as a stream's response, in pieces of so many. */
export function streamed(bytes: Uint8Array, pieceBytes: number): Response {
  return new Response(piecesOf(bytes, pieceBytes), { headers: EVENT_STREAM })
}

export function piecesOf(bytes: Uint8Array, pieceBytes: number): ReadableStream<Uint8Array<ArrayBuffer>> {
  let at = 0
  return new ReadableStream({
    pull(controller) {
      if (at >= bytes.length) {
        controller.close()
        return
      }
      controller.enqueue(Uint8Array.from(bytes.subarray(at, at + pieceBytes)))
      at += pieceBytes
    },
  })
}

/** A source that counts what is asked of it, and hears when nobody wants any more. */
export class Source {
  pulls = 0
  cancelled = 0
  readonly body: ReadableStream<Uint8Array<ArrayBuffer>>

  /** @param next the piece of each turn; undefined: it never comes */
  constructor(next: (turn: number) => Uint8Array<ArrayBuffer> | undefined) {
    this.body = new ReadableStream(
      {
        pull: async controller => {
          const piece = next(this.pulls++)
          if (piece === undefined) await new Promise(() => {})
          else controller.enqueue(piece)
        },
        cancel: () => {
          this.cancelled++
        },
      },
      { highWaterMark: 0 },
    )
  }

  get response(): Response {
    return new Response(this.body, { headers: EVENT_STREAM })
  }
}
