#!/usr/bin/env node
import { setFlagsFromString } from 'node:v8'

// Nothing of ours is imported before the check: an older Node would die on the imports with a stack trace.
const OLDEST = [24, 18, 1] as const

const version = process.versions.node.split('.').map(Number)
const differsAt = OLDEST.findIndex((part, at) => part !== version[at])

if (differsAt >= 0 && (version[differsAt] ?? 0) < (OLDEST[differsAt] as number)) {
  process.stderr.write(`millrace needs Node ${OLDEST.join('.')} or newer, this is ${process.versions.node}\n`)
  process.exitCode = 1
} else {
  // Much code that runs once a request is slow to leave the middle tier: without it a warm short
  // exchange takes 120 µs of CPU, with it 160 to 280 (docs/decisions/0006).
  setFlagsFromString('--no-maglev')
  const { run } = await import('./run.ts')
  await run(process.argv)
}
