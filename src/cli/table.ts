import { oneLine } from '../redact.ts'
import { fitTo, widthOf } from './width.ts'

/** A column of a table. */
export interface Column {
  readonly name: string
  /** Default: left. */
  readonly align?: 'right'
  /** It may be cut to this many columns of the terminal; absent: it is never cut. */
  readonly minWidth?: number
}

const GAP = '  '

/**
 * Rows in aligned columns, in so many columns of a terminal where that can be done: the widest of those that may
 * be cut are cut first. What others wrote stays on its line and steers no terminal.
 */
export function formatTable(
  columns: readonly Column[],
  rows: readonly (readonly string[])[],
  width = Number.POSITIVE_INFINITY,
): string {
  const lines = [columns.map(({ name }) => name), ...rows.map(row => row.map(oneLine))]
  const widths = columns.map((_, at) => Math.max(...lines.map(line => widthOf(line[at] ?? ''))))
  narrow(columns, widths, width - GAP.length * (columns.length - 1))
  return lines
    .map(line => {
      const cells = columns.map(({ align }, at) => pad(fitTo(line[at] ?? '', widths[at] as number), widths[at], align))
      return `${cells.join(GAP).trimEnd()}\n`
    })
    .join('')
}

function narrow(columns: readonly Column[], widths: number[], room: number): void {
  for (;;) {
    const tooMuch = widths.reduce((sum, width) => sum + width, 0) - room
    const widest = widths.reduce<number | undefined>((found, width, at) => {
      const { minWidth = width } = columns[at] as Column
      return width > minWidth && width > (found === undefined ? 0 : (widths[found] as number)) ? at : found
    }, undefined)
    if (tooMuch <= 0 || widest === undefined) return
    widths[widest] = (widths[widest] as number) - 1
  }
}

function pad(text: string, width = 0, align?: 'right'): string {
  const blanks = ' '.repeat(Math.max(0, width - widthOf(text)))
  return align === 'right' ? blanks + text : text + blanks
}
