import type { Capture, Step } from '../capture/index.ts'
import { MillraceError } from '../errors.ts'
import { getHeader, type Head, HOP_BY_HOP, type RawHeaders, withoutHeaders } from '../http/index.ts'
import type { Answer } from './answer.ts'
import type { Clock } from './clock.ts'
import type { Route } from './routes.ts'

/** A captured exchange whose upstream is played again. */
export interface Replayed {
  readonly capture: Capture
  /** How many times faster than it was; 0: without any wait. */
  readonly speed: number
}

/** What is said anew of a body that is sent anew. */
const SAID_ANEW: ReadonlySet<string> = new Set([...HOP_BY_HOP, 'content-length', 'content-encoding'])

/** @throws {MillraceError} bad-request, when the exchange had no upstream to play. */
export function assertReplayable({ capture, speed }: Replayed): void {
  const refuse = (why: string) => new MillraceError('bad-request', `Cannot replay the capture: ${why}`)
  if (capture.upstream === undefined) throw refuse('no upstream was asked')
  if (!(speed >= 0)) throw refuse('the speed is a number from 0')
}

/** Whether a request is one that the captured upstream answered: the same call of a model, or the same path. */
export function isAnsweredBy({ upstream, dialects }: Capture, { dialect, operation }: Route, target: string): boolean {
  const path = new URL(upstream?.url ?? '', 'http://upstream').pathname
  return target.split('?')[0] === path || (operation === 'generate' && dialect === dialects.upstream)
}

/**
 * Answers as the upstream did: the same head, the same bytes in the same writes, at the same times after
 * the request, and the same end. What it left open stays open.
 */
export async function deliverCapture(replayed: Replayed, answer: Answer, clock: Clock): Promise<void> {
  const { capture, speed } = replayed
  const since = clock.now()
  for (const step of stepsOf(capture)) {
    if (speed > 0) await answer.sleep(step.at / speed - (clock.now() - since))
    if (answer.isOver) return
    switch (step.type) {
      case 'head':
        answer.head(step.head.status, headersOf(step.head, capture))
        break
      case 'chunk':
        answer.frameSent()
        await answer.write(step.bytes)
        break
      case 'end':
        finish(step.error?.transport, step.error !== undefined, answer)
        break
      default:
        step satisfies never
    }
  }
  if (isWhole(capture)) await answer.stall()
  else answer.hangUp()
}

/** What the upstream did that was asked last. */
function stepsOf({ steps }: Capture): readonly Step[] {
  const from = steps.findLastIndex(step => step.type === 'head' && step.side === 'upstream')
  return steps.slice(Math.max(0, from)).filter(step => step.type === 'end' || step.side === 'upstream')
}

function finish(transport: string | undefined, hasFailed: boolean, answer: Answer): void {
  if (!hasFailed) answer.end()
  // What was broken is broken again; one that closed, or was no HTTP any more, just closes.
  else if (transport === 'ECONNRESET') answer.reset()
  else answer.hangUp()
}

/** Nothing of what the upstream said is missing: neither left out nor torn off with the file. */
function isWhole({ leftOut, report }: Capture): boolean {
  return leftOut.upstream === 0 && report !== undefined
}

function headersOf({ headers, decoded }: Head, capture: Capture): RawHeaders {
  const steps = stepsOf(capture)
  const hasLength = getHeader(headers, 'content-length') !== undefined && decoded === undefined
  const length = steps.reduce((sum, step) => sum + (step.type === 'chunk' ? step.bytes.length : 0), 0)
  const isComplete = steps.some(step => step.type === 'end' && step.error === undefined)
  return [
    ...withoutHeaders(headers, SAID_ANEW),
    ...(hasLength && isComplete && isWhole(capture) ? ['content-length', `${length}`] : []),
  ]
}
