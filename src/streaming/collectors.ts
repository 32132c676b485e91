import { DIALECTS, type DialectName } from '../dialects/index.ts'
import { type IStreamingMetricsCollector, MeterCollector } from '../observe/index.ts'

/** The built-in collector of a dialect: for text that does not pass through an exchange. */
export function createMetricsCollector(dialect: DialectName): IStreamingMetricsCollector {
  return new MeterCollector(DIALECTS[dialect].createMeter)
}
