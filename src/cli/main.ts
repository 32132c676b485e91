#!/usr/bin/env node
import { setFlagsFromString } from 'node:v8'

// Nothing of ours, and nothing that an older Node lacks, is imported before the check: it would die on the
// imports with a stack trace.
const OLDEST = [24, 18, 1] as const

const version = process.versions.node.split('.').map(Number)
const differsAt = OLDEST.findIndex((part, at) => part !== version[at])

if (differsAt >= 0 && (version[differsAt] ?? 0) < (OLDEST[differsAt] as number)) {
  process.stderr.write(`millrace needs Node ${OLDEST.join('.')} or newer, this is ${process.versions.node}\n`)
  process.exitCode = 1
} else {
  // Much code that runs once a request is slow to leave the middle tier; without it, and with the top
  // tier earlier, a short exchange settles at half the CPU (docs/decisions/0006).
  for (const flag of ['--no-maglev', '--invocation-count-for-turbofan=1000']) setFlagsFromString(flag)
  // After the flags, which are part of what is kept. A fifth of the CPU of a start.
  const { enableCompileCache } = await import('node:module')
  enableCompileCache()
  const { run } = await import('./run.ts')
  await run(process.argv)
}
