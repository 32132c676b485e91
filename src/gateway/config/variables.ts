import type { Environment } from './types.ts'

/** What a text of the file becomes. */
export type Substituted =
  /** `isVariable`: the whole text was one variable, so that it may stand for a number. */
  | { readonly kind: 'text'; readonly text: string; readonly isVariable: boolean }
  /** A `${NAME:-}` had nothing to give: the member or list item is left out. */
  | { readonly kind: 'absent' }
  | { readonly kind: 'problem'; readonly message: string }

// `$${` comes first, so that what it protects is not read as a variable.
const VARIABLE = /\$\$\{|\$\{([A-Za-z_][A-Za-z0-9_]*)(?::-([^}]*))?\}|\$\{/g
const ONE_VARIABLE = /^\$\{[^}]*\}$/

/**
 * Replaces the variables in one text of the file.
 *
 * `${NAME}` must be set. `${NAME:-text}` gives the text when the variable is unset or empty;
 * `${NAME:-}` leaves the whole text out then. `$${` stands for `${`. Values are not read again.
 */
export function substitute(text: string, env: Environment): Substituted {
  let problem: string | undefined
  let isAbsent = false
  const replaced = text.replace(VARIABLE, (found: string, name?: string, fallback?: string) => {
    if (found === '$${') return '${'
    const value = name === undefined ? undefined : env[name]
    if (fallback === undefined) {
      if (value === undefined) problem ??= name === undefined ? MALFORMED : unset(name)
      return value ?? ''
    }
    if (!value && fallback === '') isAbsent = true
    return value || fallback
  })
  if (problem !== undefined) return { kind: 'problem', message: problem }
  if (isAbsent) return { kind: 'absent' }
  return { kind: 'text', text: replaced, isVariable: ONE_VARIABLE.test(text) }
}

const MALFORMED = `holds a "\${" that begins no variable: write \${NAME}, or $\${ for the characters themselves`

function unset(name: string): string {
  return `uses \${${name}}, but that variable is not set: set it, or write \${${name}:-} to leave the member out`
}
