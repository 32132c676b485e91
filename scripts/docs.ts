/** Writes the generated parts of the docs: `npm run docs`. */
import { writeFileSync } from 'node:fs'
import { generatedPages } from './pages.ts'

for (const { path, fresh } of generatedPages()) writeFileSync(path, fresh)
