/** The program as people run it: another process, steered by its command line and by signals. */
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'

const MAIN = resolve(import.meta.dirname, '../src/cli/main.ts')

export interface Ended {
  readonly code: number | null
  readonly stdout: string
  readonly stderr: string
}

export class Program implements AsyncDisposable {
  /** Exit code and signal. */
  readonly exit: Promise<readonly [code: number | null, signal: NodeJS.Signals | null]>
  stdout = ''
  stderr = ''
  readonly #child: ChildProcess
  readonly #folder: string

  /**
   * @param config what stands in the configuration file, if there is to be one
   * @param nodeOptions flags of Node
   * @param variables of the environment, beside the few that it has
   */
  static async start(
    args: readonly string[],
    config?: object | string,
    nodeOptions: readonly string[] = [],
    variables: Readonly<Record<string, string>> = {},
  ): Promise<Program> {
    const folder = await mkdtemp(join(tmpdir(), 'millrace-'))
    const file = join(folder, 'millrace.yaml')
    // JSON is YAML.
    if (config !== undefined) await writeFile(file, typeof config === 'string' ? config : JSON.stringify(config))
    const child = spawn(process.execPath, [...nodeOptions, MAIN, ...args], {
      cwd: folder,
      // Without the provider keys of whoever runs the tests. The cache halves the time to start.
      env: {
        PATH: process.env.PATH,
        NODE_COMPILE_CACHE: join(tmpdir(), 'millrace-compiled'),
        XDG_DATA_HOME: folder,
        ...variables,
      },
      stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
    })
    return new Program(child, folder)
  }

  private constructor(child: ChildProcess, folder: string) {
    this.#child = child
    this.#folder = folder
    child.stdout?.setEncoding('utf8').on('data', text => {
      this.stdout += text
    })
    child.stderr?.setEncoding('utf8').on('data', text => {
      this.stderr += text
    })
    this.exit = once(child, 'close') as Promise<[number | null, NodeJS.Signals | null]>
  }

  /** Runs a command line to its end. */
  static async run(
    args: readonly string[],
    config?: object | string,
    variables: Readonly<Record<string, string>> = {},
  ): Promise<Ended> {
    await using program = await Program.start(args, config, [], variables)
    const [code] = await program.exit
    return { code, stdout: program.stdout, stderr: program.stderr }
  }

  /** Where it listens, once it says so. Rejects when it ends instead. */
  async url(): Promise<string> {
    for (;;) {
      const [, url] = /listening on (\S+)/.exec(this.stdout) ?? []
      if (url !== undefined) return url
      if (this.#child.exitCode !== null) throw new Error(`The program ended: ${this.stderr}`)
      await Promise.race([once(this.#child.stdout as NodeJS.ReadableStream, 'data'), this.exit])
    }
  }

  get pid(): number {
    return this.#child.pid as number
  }

  /** Reads no more of what it prints, as `| head` does. */
  closeStdout(): void {
    this.#child.stdout?.destroy()
  }

  kill(signal: NodeJS.Signals): void {
    this.#child.kill(signal)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#child.kill('SIGKILL')
    await this.exit
    await rm(this.#folder, { recursive: true })
  }
}
