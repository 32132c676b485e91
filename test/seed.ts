/**
 * Properties draw the same cases in every run, so that a red run is about the change and not about luck.
 * Other cases: `MILLRACE_SEED=random npm run suites`, or any number.
 */
import fc from 'fast-check'

const { MILLRACE_SEED = '20261125' } = process.env

if (MILLRACE_SEED !== 'random') fc.configureGlobal({ seed: Number(MILLRACE_SEED) })
