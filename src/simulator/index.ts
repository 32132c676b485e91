export type { Clock } from './clock.ts'
export type { SeenRequest } from './log.ts'
export type { Simulator, SimulatorOptions } from './simulator.ts'
export { startSimulator } from './simulator.ts'
