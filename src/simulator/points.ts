import type { Stage } from './voice.ts'

/**
 * Where a fault strikes: each point names what has been sent last. `accept`: nothing, not even a
 * status line. `end`: everything, and the response is still open.
 */
export const POINTS = ['accept', 'head', 'handshake', 'first', 'middle', 'last', 'finish', 'end'] as const

export type Point = (typeof POINTS)[number]

/** How many pieces of an answer are sent before the point; `accept` is before them all. */
export function piecesBefore(point: Point, stages: readonly Stage[]): number {
  const count = (stage: Stage) => stages.filter(one => one === stage).length
  const [handshake, content] = [count('handshake'), count('content')]
  switch (point) {
    case 'accept':
    case 'head':
      return 0
    case 'handshake':
      return handshake
    case 'first':
      return handshake + Math.min(1, content)
    case 'middle':
      return handshake + Math.ceil(content / 2)
    case 'last':
      return handshake + content
    case 'finish':
      return handshake + content + count('finish')
    case 'end':
      return stages.length
  }
}
