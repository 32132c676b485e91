import type { Usage } from '../model/index.ts'
import { defined } from './value.ts'

/** A usage in which nobody may have said a member: undefined is the same as absent. */
export type SaidUsage = { readonly [K in keyof Usage]?: Usage[K] | undefined }

/** What was known, with what is said now in its place: the last explicit value wins, a zero too. */
export function mergeUsage(known: Usage, said: SaidUsage): Usage {
  return { ...known, ...defined<Usage>(said) }
}
