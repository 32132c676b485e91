import type { Edit, FrameKind } from '../dialects/index.ts'

/**
 * A declared change of single frames. Gets a whole frame, one character a byte, and gives the frame to
 * send instead, `''` to leave it out, or undefined to send it as it came.
 */
export interface FrameEdit {
  readonly name: Edit
  apply(text: string, start: number, end: number, kind: FrameKind): string | undefined
}

/** Takes secrets out of a text. */
export type Redact = (text: string) => string

/** Leaves out the frame that holds nothing but the usage that only we asked for. */
export const DROP_USAGE_FRAME: FrameEdit = {
  name: 'usage-frame',
  apply: (_text, _start, _end, kind) => (kind === 'usage' ? '' : undefined),
}

/** An upstream's error text may quote a key. */
export function redactFailures(redact: Redact): FrameEdit {
  return {
    name: 'redacted',
    apply(text, start, end, kind) {
      if (kind !== 'failure' && kind !== 'foreign-failure') return undefined
      const frame = text.slice(start, end)
      const clean = redact(frame)
      return clean === frame ? undefined : clean
    },
  }
}
