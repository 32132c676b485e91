import { type Failure, failure } from '../errors.ts'
import type { RawHeaders } from './client.ts'
import { getHeader, getHeaders, withoutHeaders } from './headers.ts'

/** The codings that are taken off when an upstream compresses in spite of `identity`. */
export type ContentCoding = 'gzip' | 'deflate' | 'br' | 'zstd'

const CODINGS: Readonly<Record<string, ContentCoding>> = {
  gzip: 'gzip',
  'x-gzip': 'gzip',
  deflate: 'deflate',
  br: 'br',
  zstd: 'zstd',
}

const OF_THE_CODED_BODY: ReadonlySet<string> = new Set(['content-encoding', 'content-length'])

/** The one coding of a body; undefined when it has none; a failure when it is foreign, or has several. */
export function readContentCoding(headers: RawHeaders): ContentCoding | Failure | undefined {
  if (getHeader(headers, 'content-encoding') === undefined) return undefined
  const values = getHeaders(headers, 'content-encoding')
  const names = values.flatMap(value => value.toLowerCase().split(',')).map(name => name.trim())
  const layers = names.filter(name => name !== '' && name !== 'identity')
  const [name] = layers
  if (name === undefined) return undefined
  if (layers.length === 1 && Object.hasOwn(CODINGS, name)) return CODINGS[name]
  return failure('upstream', `Cannot decode the answer: its content coding is "${layers.join(', ')}"`)
}

/** The headers of a body whose coding has been taken off. */
export function decodedHeaders(headers: RawHeaders): RawHeaders {
  return withoutHeaders(headers, OF_THE_CODED_BODY)
}
