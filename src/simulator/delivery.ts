import type { RawHeaders } from '../http/index.ts'
import type { Answer } from './answer.ts'
import { Coder } from './coder.ts'
import { Cutter } from './cutter.ts'
import { FAULTS, pointOf } from './faults.ts'
import { piecesBefore } from './points.ts'
import type { Reply } from './reply.ts'
import { Sender } from './sender.ts'
import type { Settings } from './settings.ts'
import type { Stage } from './voice.ts'

/**
 * Sends a reply at the pace and in the pieces that the settings ask for, and lets their fault strike.
 * Resolves when the answer is over, however.
 *
 * @throws {MillraceError} bad-request, before anything is sent, when the settings contradict each other.
 */
export async function deliver(reply: Reply, answer: Answer, settings: Settings, random: () => number): Promise<void> {
  const { head = 0, first = 0, delay = 0, encoding, cut } = settings
  const point = pointOf(settings, reply.bodyBytes !== undefined)
  const strikeAt = point === undefined ? undefined : piecesBefore(point, stagesOf(reply))
  const sender = new Sender(answer, new Cutter(cut, random), encoding && new Coder(encoding))
  const rest = reply.pieces()
  const strike = async () => settings.fault && FAULTS[settings.fault].strike({ answer, sender, reply, settings, rest })

  await answer.sleep(head)
  if (point === 'accept') await strike()
  answer.head(settings.status ?? reply.status, headersOf(reply, settings))
  while (!answer.isOver) {
    if (sender.sent === strikeAt) {
      await sender.flush()
      await answer.sleep(sender.sent === 0 ? first : delay)
      await strike()
    }
    const next = answer.isOver ? undefined : rest.next()
    if (next === undefined || next.done) break
    await pause(sender.sent === 0 ? first : delay)
    await sender.send(next.value)
  }
  await sender.end()

  async function pause(delayMs: number): Promise<void> {
    if (delayMs > 0) await sender.flush()
    await answer.sleep(delayMs)
  }
}

function stagesOf(reply: Reply): readonly Stage[] {
  return Array.from(reply.pieces(), ({ stage }) => stage)
}

function headersOf(reply: Reply, { type = reply.mediaType, encoding, padding, fault }: Settings): RawHeaders {
  // A body that is coded or goes wrong has no length known beforehand.
  const hasLength = reply.bodyBytes !== undefined && encoding === undefined && fault === undefined
  return [
    ...(type === undefined || type === 'none' ? [] : ['content-type', type]),
    ...(hasLength && reply.status !== 204 ? ['content-length', `${reply.bodyBytes}`] : []),
    ...(encoding === undefined ? [] : ['content-encoding', encoding]),
    ...reply.headers,
    ...(padding === undefined ? [] : ['x-sim-padding', 'x'.repeat(padding)]),
  ]
}
