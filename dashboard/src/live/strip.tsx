import { useLayoutEffect, useRef } from 'preact/hooks'
import { colours, prepared } from '../parts/canvas.ts'

const BAR = 3
/** A bar of full height is a silence of so many milliseconds; the scale is that of its powers. */
const TALLEST_MS = 10_000
const LONG_MS = 1000

interface StripProps {
  readonly gaps: readonly number[]
  /** Changes whenever `gaps` may have. */
  readonly count: number
  readonly isOpen: boolean
}

/** The silences of a stream, one bar each: a quiet stream is a low lawn, a pause is a tree. */
export function Strip({ gaps, count, isOpen }: StripProps) {
  const canvas = useRef<HTMLCanvasElement>(null)
  // Gaps are changed in place; the count says when.
  useLayoutEffect(() => {
    const pen = prepared(canvas.current)
    if (pen === undefined) return
    const { context, width, height } = pen
    const { accent, warn, faint } = colours()
    const from = Math.max(0, gaps.length - Math.floor(width / BAR))
    for (let at = from; at < gaps.length; at++) {
      const ms = gaps[at] as number
      const tall = Math.min(1, Math.log10(1 + ms) / Math.log10(1 + TALLEST_MS))
      const bar = Math.max(2, tall * height)
      context.fillStyle = ms >= LONG_MS ? warn : isOpen ? accent : faint
      context.fillRect(width - (gaps.length - at) * BAR, height - bar, BAR - 1, bar)
    }
  }, [count, gaps.length, isOpen])
  const longest = Math.max(0, ...gaps)
  return <canvas ref={canvas} role="img" aria-label={`Longest of the last silences: ${longest} ms`} />
}
