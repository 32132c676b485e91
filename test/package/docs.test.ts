import assert from 'node:assert/strict'
import { existsSync, globSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { test } from 'node:test'
import { generatedPages } from '../../scripts/pages.ts'
import { ROOT } from './project.ts'

for (const { name, text, fresh } of generatedPages())
  test(`docs/${name} is fresh; else run \`npm run docs\``, () => assert.equal(text, fresh))

test('every link between pages leads somewhere', () => {
  const broken = globSync('{README.md,docs/**/*.md}', { cwd: ROOT }).flatMap(page =>
    linksOf(page)
      .filter(link => !existsSync(join(ROOT, dirname(page), link)))
      .map(link => `${page}: ${link}`),
  )
  assert.deepEqual(broken, [])
})

test('docs/README.md lists every page', () => {
  const listed = linksOf('docs/README.md')
  const unlisted = globSync('*.md', { cwd: join(ROOT, 'docs') }).filter(page => !listed.includes(page))
  assert.deepEqual(unlisted, ['README.md'])
})

function linksOf(page: string): readonly string[] {
  const links = readFileSync(join(ROOT, page), 'utf8').matchAll(/\]\(([^)#:]+)(?:#[^)]*)?\)/g)
  return [...links].map(([, link]) => link as string)
}
