/** Compiles `src` to `dist`, and nothing else: `dist` is what npm ships and what `bin` runs. */
import { execFileSync } from 'node:child_process'
import { chmodSync, existsSync, rmSync } from 'node:fs'
import { resolve } from 'node:path'

const root = resolve(import.meta.dirname, '..')
rmSync(resolve(root, 'dist'), { recursive: true, force: true })
execFileSync(resolve(root, 'node_modules/.bin/tsc'), ['-p', 'tsconfig.build.json'], { cwd: root, stdio: 'inherit' })
const bin = resolve(root, 'dist/cli/main.js')
if (existsSync(bin)) chmodSync(bin, 0o755)
