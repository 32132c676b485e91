/** How numbers are shown to people; what is not known is a dash. */

const UNKNOWN = '-'

export function formatCount(count: number | null): string {
  return count === null ? UNKNOWN : count.toLocaleString('en-US')
}

/** Dollars, with as many digits as small ones need. */
export function formatUsd(usd: number | null): string {
  if (usd === null) return UNKNOWN
  if (usd > 0 && usd < 0.0001) return '<$0.0001'
  return `$${usd.toFixed(usd >= 100 ? 2 : 4)}`
}

export function formatMs(ms: number | null): string {
  if (ms === null) return UNKNOWN
  if (ms < 1000) return `${Math.round(ms)} ms`
  if (ms < 60_000) return `${(ms / 1000).toFixed(1)} s`
  const seconds = Math.round(ms / 1000)
  return `${Math.floor(seconds / 60)}m ${String(seconds % 60).padStart(2, '0')}s`
}

/** Date and time of this machine's clock, as in `2026-11-03 09:12:44`. */
export function formatTime(time: number): string {
  const at = new Date(time)
  const two = (number: number) => String(number).padStart(2, '0')
  const date = [at.getFullYear(), two(at.getMonth() + 1), two(at.getDate())].join('-')
  return `${date} ${[at.getHours(), at.getMinutes(), at.getSeconds()].map(two).join(':')}`
}
