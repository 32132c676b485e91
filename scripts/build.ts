/** Compiles `src` to `dist`, and the web page to `dist/dashboard`: `dist` is what npm ships and what `bin` runs. */
import { execFileSync } from 'node:child_process'
import { chmodSync, existsSync, rmSync } from 'node:fs'
import { resolve } from 'node:path'
import { build } from 'vite'

const root = resolve(import.meta.dirname, '..')
rmSync(resolve(root, 'dist'), { recursive: true, force: true })
execFileSync(resolve(root, 'node_modules/.bin/tsc'), ['-p', 'tsconfig.build.json'], { cwd: root, stdio: 'inherit' })
const bin = resolve(root, 'dist/cli/main.js')
if (existsSync(bin)) chmodSync(bin, 0o755)
await build({ configFile: resolve(root, 'dashboard/vite.config.ts'), logLevel: 'warn' })
