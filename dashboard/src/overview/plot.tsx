import { useEffect, useRef } from 'preact/hooks'
import uPlot from 'uplot'
import { clock, date, day, minute } from '../format.ts'
import { colours } from '../parts/canvas.ts'
import type { Overview } from '../wire.ts'
import type { PlotKind } from './plots.ts'

const HEIGHT = 168
const DARK = matchMedia('(prefers-color-scheme: dark)')

interface PlotProps {
  readonly plot: PlotKind
  readonly data: Overview
}

/** One plot of the range. Its numbers stand in the table below too, for who does not see it. */
export function Plot({ plot, data }: PlotProps) {
  const box = useRef<HTMLDivElement>(null)
  const says = useRef<HTMLParagraphElement>(null)
  useEffect(() => {
    const element = box.current as HTMLDivElement
    let drawn = new uPlot(optionsOf(plot, data, element.clientWidth, says), valuesOf(plot, data), element)
    const redraw = () => {
      drawn.destroy()
      drawn = new uPlot(optionsOf(plot, data, element.clientWidth, says), valuesOf(plot, data), element)
    }
    const watch = new ResizeObserver(() => drawn.setSize({ width: element.clientWidth, height: HEIGHT }))
    watch.observe(element)
    DARK.addEventListener('change', redraw)
    return () => {
      watch.disconnect()
      DARK.removeEventListener('change', redraw)
      drawn.destroy()
    }
  }, [plot, data])
  return (
    <figure class="card plot">
      <figcaption>
        <b>{plot.title}</b>
        {plot.lines.length > 1 &&
          plot.lines.map(({ name, colour }) => (
            <span key={name} class={`key ${colour}`}>
              <i aria-hidden="true" /> {name}
            </span>
          ))}
      </figcaption>
      <div ref={box} class="canvas" role="img" aria-label={`${plot.title} over the range`} />
      <p ref={says} class="says" aria-live="off" />
    </figure>
  )
}

/** Every step of the range, also those in which nothing happened. */
function valuesOf({ lines }: PlotKind, { steps, sinceMs, untilMs, stepMs }: Overview): uPlot.AlignedData {
  const known = new Map(steps.map(step => [step.atMs, step]))
  const times: number[] = []
  for (let at = Math.floor(sinceMs / stepMs) * stepMs; at < untilMs; at += stepMs) times.push(at)
  const series = lines.map(({ value, form }) =>
    times.map(at => {
      const step = known.get(at)
      return step === undefined ? (form === 'bars' ? 0 : null) : value(step)
    }),
  )
  return [times.map(at => at / 1000), ...series]
}

/** Without zeros at the end, which say nothing beside a line. */
function rounded(text: string): string {
  return text.includes('.') ? text.replace(/\.?0+(?=\D*$)/, '') : text
}

function optionsOf(
  { lines, read }: PlotKind,
  { sinceMs, untilMs, stepMs }: Overview,
  width: number,
  says: { readonly current: HTMLParagraphElement | null },
): uPlot.Options {
  const ink = colours()
  const bars = uPlot.paths.bars?.({ size: [0.7, 24], radius: 0.2 })
  const font = '11px system-ui, sans-serif'
  const axis = { stroke: ink.soft, font, ticks: { show: false }, grid: { stroke: ink.line, width: 1 } }
  const isLong = untilMs - sinceMs > 2 * 86_400_000
  const tick = isLong ? date : minute
  const time = isLong ? day : clock
  return {
    width,
    height: HEIGHT,
    padding: [10, 12, 0, 0],
    legend: { show: false },
    cursor: { y: false, points: { size: 6 }, drag: { x: false, y: false } },
    scales: { x: { time: true }, y: { range: (_plot, _min, max) => [0, max === null || max <= 0 ? 1 : max * 1.1] } },
    axes: [
      {
        ...axis,
        grid: { show: false },
        size: 28,
        space: 70,
        values: (_plot, times) => times.map(at => tick(at * 1000)),
      },
      { ...axis, size: 58, values: (_plot, values) => values.map(value => rounded(read(value))) },
    ],
    series: [
      {},
      ...lines.map(({ name, colour, form }) => ({
        label: name,
        stroke: ink[colour],
        width: form === 'line' ? 2 : 0,
        spanGaps: true,
        points: { show: false },
        ...(form === 'bars' && bars !== undefined && { paths: bars, fill: ink[colour] }),
      })),
    ],
    hooks: {
      setCursor: [
        plot => {
          const at = plot.cursor.idx
          if (says.current === null) return
          const [times] = plot.data
          says.current.textContent =
            at === null || at === undefined
              ? ''
              : `${time((times[at] as number) * 1000)} + ${stepMs / 60_000 >= 1 ? `${stepMs / 60_000} min` : `${stepMs / 1000} s`}: ${lines
                  .map(({ name }, line) => `${name} ${read(plot.data[line + 1]?.[at] ?? null)}`)
                  .join(', ')}`
        },
      ],
    },
  }
}
