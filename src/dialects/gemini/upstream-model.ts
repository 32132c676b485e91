/** What the models of this API can do, by their names. */

/** They think by budget. A model of another name is newer. */
export function isBudgeted(model: string | undefined): boolean {
  return /\bgemini-[12]\b/.test(model ?? '')
}

/** They cannot do without any thinking, or with the least of it. */
export function isPro(model: string | undefined): boolean {
  return /\bpro\b/.test(model ?? '')
}

/** They refuse calls in the history that have no signature. */
export function wantsSignatures(model: string | undefined): boolean {
  return /\bgemini-(?![12]\b)\d/.test(model ?? '')
}
