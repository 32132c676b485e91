import { oneLine } from '../redact.ts'
import type { Hook } from './hook-runner.ts'

/** Where an access log goes. */
export interface AccessLogOptions {
  /** Takes one line, without its line end. */
  readonly write: (line: string) => void
}

/**
 * Writes a line for each HTTP request that was answered, in the combined log format of web servers, with
 * the request's id and its milliseconds behind it. Queries and keys are not in it.
 * @see https://httpd.apache.org/docs/2.4/logs.html#combined
 */
export function accessLogHook({ write }: AccessLogOptions): Hook {
  return {
    name: 'access-log',
    events: ['http.response', 'http.error'],
    handle({ time, requestId, data }) {
      const told = data as Readonly<Record<string, unknown>>
      // What was no request has no line to show.
      if (typeof told.method !== 'string') return
      const line = `${told.method} ${told.path} HTTP/${told.httpVersion}`
      const fields = [told.remoteAddress ?? '-', '-', '-', `[${clfTime(time)}]`, quoted(line), told.status ?? '-']
      write(oneLine([...fields, told.bytesOut, '"-"', quoted(told.userAgent), requestId, told.durationMs].join(' ')))
    },
  }
}

/** Of one user agent or path, in characters. */
const MAX_LENGTH = 500

function quoted(text: unknown): string {
  if (typeof text !== 'string') return '"-"'
  return `"${text.slice(0, MAX_LENGTH).replaceAll('\\', '\\\\').replaceAll('"', '\\"')}"`
}

const MONTHS = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'] as const

/** `26/Nov/2026:03:10:00 +0000` */
function clfTime(time: number): string {
  const [date = '', clock = ''] = new Date(time).toISOString().slice(0, 19).split('T')
  const [year, month, day] = date.split('-')
  return `${day}/${MONTHS[Number(month) - 1]}/${year}:${clock} +0000`
}
