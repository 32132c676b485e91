import type { RawHeaders } from '../../http/index.ts'
import type { Visit } from '../visit.ts'
import type { PageFile } from './files.ts'

/** The page loads its own files and nothing else, runs no code that stands in a text, and stands in no frame. */
const POLICY = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "connect-src 'self'",
  "img-src 'self' data:",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
  // Nothing is ever made of a text but a text.
  "require-trusted-types-for 'script'",
  "trusted-types 'none'",
].join('; ')

const GUARDS: RawHeaders = [
  ...['content-security-policy', POLICY],
  ...['x-content-type-options', 'nosniff'],
  ...['x-frame-options', 'DENY'],
  ...['referrer-policy', 'no-referrer'],
  ...['cross-origin-opener-policy', 'same-origin'],
  ...['cross-origin-resource-policy', 'same-origin'],
  ...['permissions-policy', 'camera=(), geolocation=(), microphone=()'],
]

const FOREVER = 'public, max-age=31536000, immutable'
const NOT_BUILT = 'The page is not built: run `npm run build` and start the gateway again.\n'
const NOT_THERE = 'There is no such file. The page is at /\n'

/** Answers with a file of the page, or says that it is not there. */
export function answerFile({ request, response }: Visit, file: PageFile | undefined, path: string): void {
  const found = file ?? missing(path)
  const takesGzip =
    /\bgzip\b/.test(request.headers['accept-encoding'] ?? '') && found.gzipped.length < found.bytes.length
  const body = takesGzip ? found.gzipped : found.bytes
  response.writeHead(file === undefined ? (path === '/' ? 503 : 404) : 200, [
    ...['content-type', found.type],
    ...['content-length', String(body.length)],
    ...['cache-control', found.isHashed ? FOREVER : 'no-store'],
    ...['vary', 'accept-encoding'],
    ...(takesGzip ? ['content-encoding', 'gzip'] : []),
    ...GUARDS,
  ])
  response.end(body)
}

function missing(path: string): PageFile {
  const bytes = Buffer.from(path === '/' ? NOT_BUILT : NOT_THERE)
  return { type: 'text/plain; charset=utf-8', bytes, gzipped: bytes, isHashed: false }
}
