import { dollars, duration, short, whole } from '../format.ts'
import type { Colours } from '../parts/canvas.ts'
import type { Sums } from '../wire.ts'

export interface Line {
  readonly name: string
  readonly colour: keyof Colours
  readonly value: (sums: Sums) => number | null
  /** Bars for what is counted in a step, a line for what is measured. */
  readonly form: 'bars' | 'line'
}

/** One plot: its lines, and how their numbers read. */
export interface PlotKind {
  readonly title: string
  readonly read: (value: number | null) => string
  readonly lines: readonly Line[]
}

export const PLOTS: readonly PlotKind[] = [
  {
    title: 'Requests',
    read: whole,
    lines: [
      { name: 'all', colour: 'accent', form: 'bars', value: ({ requests }) => requests },
      { name: 'failed', colour: 'bad', form: 'bars', value: ({ failed }) => failed },
    ],
  },
  {
    title: 'First token',
    read: duration,
    lines: [
      { name: 'p99', colour: 'faint', form: 'line', value: ({ firstTokenMs }) => firstTokenMs?.p99 ?? null },
      { name: 'p95', colour: 'think', form: 'line', value: ({ firstTokenMs }) => firstTokenMs?.p95 ?? null },
      { name: 'p50', colour: 'accent', form: 'line', value: ({ firstTokenMs }) => firstTokenMs?.p50 ?? null },
    ],
  },
  {
    title: 'Tokens',
    read: short,
    lines: [
      { name: 'in', colour: 'faint', form: 'bars', value: ({ inputTokens }) => inputTokens },
      { name: 'out', colour: 'accent', form: 'bars', value: ({ outputTokens }) => outputTokens },
    ],
  },
  {
    title: 'Tokens a second',
    read: value => (value === null ? '–' : value.toFixed(1)),
    lines: [{ name: 'pace', colour: 'accent', form: 'line', value: ({ tokensPerSecond }) => tokensPerSecond }],
  },
  {
    title: 'Cost',
    read: dollars,
    lines: [{ name: 'known', colour: 'accent', form: 'bars', value: ({ costUsd }) => costUsd }],
  },
  {
    title: 'Failed',
    read: value => (value === null ? '–' : `${value.toFixed(1)} %`),
    lines: [
      {
        name: 'share',
        colour: 'bad',
        form: 'line',
        value: ({ requests, failed }) => (requests === 0 ? null : (100 * failed) / requests),
      },
    ],
  },
]
