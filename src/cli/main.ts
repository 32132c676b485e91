#!/usr/bin/env node
// Nothing is imported before the check: an older Node would die on the imports with a stack trace.
const OLDEST = [24, 18, 1] as const

const version = process.versions.node.split('.').map(Number)
const differsAt = OLDEST.findIndex((part, at) => part !== version[at])

if (differsAt >= 0 && (version[differsAt] ?? 0) < (OLDEST[differsAt] as number)) {
  process.stderr.write(`millrace needs Node ${OLDEST.join('.')} or newer, this is ${process.versions.node}\n`)
  process.exitCode = 1
} else {
  const { run } = await import('./run.ts')
  await run(process.argv)
}
