import { useLayoutEffect, useRef } from 'preact/hooks'
import { colours, prepared } from '../parts/canvas.ts'
import { FLOW, pace, revision } from './feed.ts'

/** Tokens in a second over the last minute, of all streams together. */
export function River() {
  const canvas = useRef<HTMLCanvasElement>(null)
  const drawn = revision.value
  // The pace is changed in place; the revision says when.
  useLayoutEffect(() => {
    const pen = prepared(canvas.current)
    if (pen === undefined) return
    const { context, width, height } = pen
    const { accent } = colours()
    const step = width / FLOW
    const shown = pace.slice(-FLOW)
    if (shown.length < 2) return
    const top = Math.max(1, ...shown) * 1.1
    const x = (at: number) => width - (shown.length - 1 - at) * step
    const y = (tokens: number) => height - 1 - (tokens / top) * (height - 4)
    context.beginPath()
    context.moveTo(x(0), height)
    for (let at = 0; at < shown.length; at++) context.lineTo(x(at), y(shown[at] as number))
    context.lineTo(width, height)
    context.closePath()
    context.globalAlpha = 0.16
    context.fillStyle = accent
    context.fill()
    context.globalAlpha = 1
    context.beginPath()
    for (let at = 0; at < shown.length; at++) context.lineTo(x(at), y(shown[at] as number))
    context.strokeStyle = accent
    context.lineWidth = 1.5
    context.lineJoin = 'round'
    context.stroke()
  }, [drawn])
  return <canvas ref={canvas} class="river" role="img" aria-label="Tokens a second over the last minute" />
}
