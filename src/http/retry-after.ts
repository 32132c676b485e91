import type { RawHeaders } from './client.ts'
import { getHeader } from './headers.ts'

/**
 * How long the answer asks to wait, in milliseconds; undefined when it says nothing that can be read.
 *
 * `retry-after-ms`, which some providers send beside it, is finer than `retry-after` and goes first. A
 * date that has passed is 0.
 *
 * @param nowMs the wall clock, against which a date is measured
 * @see https://www.rfc-editor.org/rfc/rfc9110#section-10.2.3
 */
export function retryAfterMs(headers: RawHeaders, nowMs: number = Date.now()): number | undefined {
  const milliseconds = toNumber(getHeader(headers, 'retry-after-ms'))
  if (milliseconds !== undefined) return milliseconds
  const value = getHeader(headers, 'retry-after')
  const seconds = toNumber(value)
  if (seconds !== undefined) return seconds * 1000
  const date = toDate(value)
  return date === undefined ? undefined : Math.max(0, date - nowMs)
}

function toNumber(value: string | undefined): number | undefined {
  return value !== undefined && /^\d{1,12}(\.\d+)?$/.test(value.trim()) ? Number(value) : undefined
}

/** One of the three forms of HTTP, all of which begin with a weekday; the oldest does not name its zone, GMT. */
function toDate(value: string | undefined): number | undefined {
  if (value === undefined || !/^(Mon|Tue|Wed|Thu|Fri|Sat|Sun)/.test(value)) return undefined
  const time = Date.parse(value.endsWith('GMT') ? value : `${value} GMT`)
  return Number.isNaN(time) ? undefined : time
}
