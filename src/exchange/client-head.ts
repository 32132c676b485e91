import type { Failure } from '../errors.ts'
import { getHeader, type Head, type RawHeaders, responseHeaders, withoutHeaders } from '../http/index.ts'
import type { Shape } from '../model/index.ts'

export const EVENT_STREAM = 'text/event-stream'

/** What an upstream says of its own body, and of a status that the client does not get. */
const OF_ITS_ANSWER: ReadonlySet<string> = new Set(['content-type', 'location'])
/** Said anew of a body that is another. */
const OF_ITS_BODY: ReadonlySet<string> = new Set(['content-type', 'content-length'])

/**
 * A type that is not JSON's is a stream's when a stream was asked for: some upstreams send none at all.
 *
 * @param wants what the client asked for
 * @param asked what the upstream was asked for
 * @param folds whether a stream can be made a whole answer; else it passes as the stream it is
 */
export function shapeOf(
  wants: Wish,
  { headers }: Head,
  { asked = wants, folds = false }: { asked?: Wish | undefined; folds?: boolean | undefined } = {},
): Shape {
  const type = (getHeader(headers, 'content-type') ?? '').toLowerCase()
  const isStream = asked === 'stream' ? !type.startsWith('application/json') : type.startsWith(EVENT_STREAM)
  if (wants === 'stream') return isStream ? 'stream' : 'expand'
  if (!isStream) return 'whole'
  return folds ? 'collect' : 'stream'
}

type Wish = 'stream' | 'whole'

/**
 * The upstream's headers for the client.
 * @param mediaType of a stream whose upstream names none
 */
export function answerHeaders(
  { headers, decoded }: Head,
  { shape, changesBody, mediaType }: { shape: Shape | undefined; changesBody: boolean; mediaType: string },
): RawHeaders {
  // A stream may get keep-alives and an error from us: its length is not the upstream's.
  const crossing = responseHeaders(headers, { bodyChanges: shape === 'stream' || changesBody || decoded !== undefined })
  const needsType = shape === 'stream' && getHeader(crossing, 'content-type') === undefined
  return needsType ? [...crossing, 'content-type', mediaType] : crossing
}

/** The headers of an answer whose type is not the upstream's. */
export function typedHeaders(headers: RawHeaders, mediaType: string, length: number | undefined): RawHeaders {
  const typed = [...withoutHeaders(headers, OF_ITS_BODY), 'content-type', mediaType]
  return length === undefined ? typed : [...typed, 'content-length', String(length)]
}

/**
 * The headers of an error answer.
 * @param upstream what the upstream's answer brought; undefined when there was none
 * @param mediaType of a body that is not the upstream's own
 */
export function failureHeaders(
  upstream: Head | undefined,
  failed: Failure,
  body: Uint8Array,
  mediaType?: string,
): RawHeaders {
  const crossing = upstream === undefined ? [] : responseHeaders(upstream.headers, { bodyChanges: true })
  const typed =
    mediaType === undefined ? crossing : [...withoutHeaders(crossing, OF_ITS_ANSWER), 'content-type', mediaType]
  const needsRetry = failed.retryAfterMs !== undefined && getHeader(crossing, 'retry-after') === undefined
  const retry = needsRetry ? ['retry-after', String(Math.ceil((failed.retryAfterMs as number) / 1000))] : []
  return [...typed, ...retry, 'content-length', String(body.length)]
}
