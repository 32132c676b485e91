/** Writes the generated part of `docs/configuration.md`: `node scripts/reference.ts`. */
import { readFileSync, writeFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { configReference } from '../src/gateway/config/index.ts'

const page = resolve(import.meta.dirname, '../docs/configuration.md')
const [introduction] = readFileSync(page, 'utf8').split(/(?<=<!-- .*scripts\/reference\.ts.* -->\n)/)
writeFileSync(page, `${introduction}\n${configReference()}`)
