export type { Finish, FinishReason } from './finish.ts'
export { finishOf } from './finish.ts'
export type { Lane, Outcome, Shape } from './outcome.ts'
export type { Provenance, Usage } from './usage.ts'
