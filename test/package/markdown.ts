import { globSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { ROOT } from './project.ts'

/** The README and the docs for users; plans and decisions show sketches. */
export const PAGES: readonly string[] = ['README.md', ...globSync('docs/*.md', { cwd: ROOT })].filter(
  page => page !== 'docs/architecture.md' && page !== 'docs/lifecycle.md',
)

/** The blocks of code of a page in one language. */
export function blocksOf(page: string, language: string): readonly string[] {
  const text = readFileSync(join(ROOT, page), 'utf8')
  const blocks = text.matchAll(new RegExp(`^\`\`\`${language}\\n(.*?)^\`\`\``, 'gms'))
  return [...blocks].map(([, code]) => code as string)
}

/** The lines of a text that run curl, from there on. */
export function curlLines(text: string): readonly string[] {
  return [...text.matchAll(/\bcurl .*$/gm)].map(([line]) => line)
}
