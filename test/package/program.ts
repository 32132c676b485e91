import { execFile } from 'node:child_process'
import { delimiter, dirname } from 'node:path'

const LIMIT_MS = 60_000

export interface Output {
  /** Exit code; the system's word or the signal when there is none. */
  readonly code: number | string
  readonly stdout: string
  readonly stderr: string
}

/**
 * Runs a program to its end, with the Node that runs the tests as `node`. Never rejects.
 *
 * @param limitMs after which it is killed
 */
export function runProgram(
  program: string,
  args: readonly string[],
  cwd: string,
  limitMs: number = LIMIT_MS,
): Promise<Output> {
  const env = { ...process.env, PATH: `${dirname(process.execPath)}${delimiter}${process.env.PATH}` }
  return new Promise(resolve => {
    execFile(program, args, { cwd, env, timeout: limitMs }, (error, stdout, stderr) =>
      resolve({ code: error === null ? 0 : (error.code ?? error.signal ?? 'killed'), stdout, stderr }),
    )
  })
}
