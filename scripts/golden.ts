/** Writes the golden files of `test/golden` anew: `npm run golden`. Read their diff before you commit it. */
import { writeFileSync } from 'node:fs'
import { goldens } from '../test/golden/goldens.ts'

for (const { path, fresh } of goldens()) writeFileSync(path, fresh)
