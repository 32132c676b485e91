/** The suite as a program, for Node, Bun and Deno: `program.ts <runtime> <upstream>`. */
import { runSuite } from './suite.ts'

declare const process: { readonly argv: readonly string[] }

const [runtime, upstream = ''] = process.argv.slice(2)
await runSuite({ upstream, isNode: runtime === 'node' }, line => console.log(line))
