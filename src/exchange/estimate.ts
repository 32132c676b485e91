import type { Reading } from '../dialects/index.ts'
import type { Usage } from '../model/index.ts'
import type { Stage } from './stage.ts'

/** Counts tokens that an upstream did not tell. Where it rejects they are judged by their length. */
export interface TokenEstimator {
  /** Of this exchange's request; undefined where it cannot be read. */
  input(): Promise<number | undefined>
  /** Of a text of the answer. */
  output(text: string): Promise<number>
}

const BYTES_PER_TOKEN = 4

/**
 * Whether an answer has brought what no count of its upstream holds: because it broke off, or because
 * this upstream tells none. Where no content came nothing is estimated: an error is not billed.
 */
export function isUncounted({ usage, isUsageFinal, textBytes, uncountedFrom }: Reading): boolean {
  return !isUsageFinal && textBytes > 0 && (usage.output === undefined || textBytes > uncountedFrom)
}

/**
 * The usage of an answer with what no count of its upstream holds: at once by its length, later where somebody
 * counts. It never rejects.
 *
 * @returns undefined when nothing is missing
 */
export function estimateUsage(
  stage: Stage | undefined,
  estimator?: TokenEstimator,
): Usage | Promise<Usage> | undefined {
  const reading = stage?.seen.reading
  if (reading === undefined || !isUncounted(reading)) return undefined
  if (estimator === undefined) return byLength(reading)
  return byText(reading, stage?.keptText?.(), estimator).catch(() => byLength(reading))
}

/** With the answer by its bytes, the request not at all. */
function byLength(reading: Reading): Usage {
  return { ...reading.usage, output: outputByLength(reading) }
}

/** Tokens of the answer: what was told, and what came since by its bytes. */
export function outputByLength({ usage, textBytes, uncountedFrom }: Reading): number {
  return (usage.output ?? 0) + Math.ceil((textBytes - uncountedFrom) / BYTES_PER_TOKEN)
}

/** The same with the request, and with the answer counted where its text has been kept. */
async function byText(reading: Reading, kept: string | undefined, estimator: TokenEstimator): Promise<Usage> {
  const judged = byLength(reading)
  const [input, output] = await Promise.all([
    reading.usage.input ?? estimator.input(),
    kept === undefined ? judged.output : estimator.output(kept),
  ])
  return {
    ...judged,
    ...(input === undefined ? {} : { input }),
    output: Math.max(output ?? 0, reading.usage.output ?? 0),
  }
}
