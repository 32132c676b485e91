export interface Pen {
  readonly context: CanvasRenderingContext2D
  /** In CSS pixels. */
  readonly width: number
  readonly height: number
}

/** A clean canvas, as sharp as the screen. */
export function prepared(canvas: HTMLCanvasElement | null): Pen | undefined {
  const context = canvas?.getContext('2d')
  if (canvas === null || context === undefined || context === null) return undefined
  const { width, height } = sizeOf(canvas)
  if (width === 0) return undefined
  const scale = devicePixelRatio
  const [inkWidth, inkHeight] = [Math.round(width * scale), Math.round(height * scale)]
  if (canvas.width !== inkWidth || canvas.height !== inkHeight) {
    canvas.width = inkWidth
    canvas.height = inkHeight
  }
  context.setTransform(scale, 0, 0, scale, 0, 0)
  context.clearRect(0, 0, width, height)
  return { context, width, height }
}

/** Asking for a size makes the browser lay out the page, so it is asked for once, and told of changes. */
const sizes = new WeakMap<HTMLCanvasElement, { width: number; height: number }>()
const watch = new ResizeObserver(entries => {
  for (const { target, contentRect } of entries)
    sizes.set(target as HTMLCanvasElement, { width: contentRect.width, height: contentRect.height })
})

function sizeOf(canvas: HTMLCanvasElement) {
  let size = sizes.get(canvas)
  if (size === undefined) {
    size = { width: canvas.clientWidth, height: canvas.clientHeight }
    sizes.set(canvas, size)
    watch.observe(canvas)
  }
  return size
}

const NAMES = ['accent', 'warn', 'bad', 'faint', 'line', 'text', 'soft', 'think'] as const
export type Colours = Readonly<Record<(typeof NAMES)[number], string>>

let known: Colours | undefined
matchMedia('(prefers-color-scheme: dark)').addEventListener('change', () => {
  known = undefined
})

/** The colours of the page, for what is drawn by hand. */
export function colours(): Colours {
  if (known === undefined) {
    const style = getComputedStyle(document.documentElement)
    known = Object.fromEntries(NAMES.map(name => [name, style.getPropertyValue(`--${name}`).trim()])) as Colours
  }
  return known
}
