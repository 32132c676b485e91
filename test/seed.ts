/**
 * Before every test. What programs keep of their users goes to a folder that is removed at the end.
 *
 * Properties draw the same cases in every run, so that a red run is about the change and not about luck.
 * Other cases: `MILLRACE_SEED=random npm run suites`, or any number.
 */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { isMainThread } from 'node:worker_threads'
import fc from 'fast-check'

const { MILLRACE_SEED = '20261125' } = process.env

if (MILLRACE_SEED !== 'random') fc.configureGlobal({ seed: Number(MILLRACE_SEED) })

// Threads begin here too, and have the folder of their process.
if (isMainThread) {
  const dataHome = mkdtempSync(join(tmpdir(), 'millrace-data-'))
  process.env.XDG_DATA_HOME = dataHome
  process.on('exit', () => rmSync(dataHome, { recursive: true, force: true }))
}
