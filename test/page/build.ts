import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { build } from 'vite'

const CONFIG = resolve(import.meta.dirname, '../../dashboard/vite.config.ts')

export interface BuiltPage extends AsyncDisposable {
  readonly folder: string
}

/** The page as it is now, built to a folder of its own: others build and pack `dist` at the same time. */
export async function buildPage(): Promise<BuiltPage> {
  const folder = await mkdtemp(join(tmpdir(), 'millrace-page-'))
  await build({ configFile: CONFIG, logLevel: 'error', build: { outDir: folder } })
  return { folder, [Symbol.asyncDispose]: () => rm(folder, { recursive: true }) }
}
