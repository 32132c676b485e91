import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { connect } from 'node:net'
import { dirname } from 'node:path'
import { eventually } from '../eventually.ts'
import { freePort } from '../free-port.ts'

const LOOK_EVERY_MS = 50

/** A program that listens on loopback, and what it has printed. Ends when it is disposed of. */
export class Running implements AsyncDisposable {
  readonly url: string
  stdout = ''
  readonly #child: ChildProcess
  readonly #exit: Promise<unknown>

  constructor(child: ChildProcess, port: number) {
    this.url = `http://127.0.0.1:${port}`
    this.#child = child
    this.#exit = once(child, 'exit')
    child.stdout?.setEncoding('utf8').on('data', text => {
      this.stdout += text
    })
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#child.kill()
    await this.#exit
  }
}

/**
 * Runs a file that listens where PORT says, and waits until it does.
 * @param runtime a program with its arguments
 */
export async function runServer(
  file: string,
  env: Readonly<Record<string, string>>,
  [runtime, ...args]: readonly [string, ...string[]] = [process.execPath],
): Promise<Running> {
  const port = await freePort()
  const child = spawn(runtime, [...args, file], {
    cwd: dirname(file),
    env: { PATH: process.env.PATH, ...env, PORT: `${port}` },
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const running = new Running(child, port)
  try {
    await eventually(() => isListening(port), LOOK_EVERY_MS)
  } catch (error) {
    await running[Symbol.asyncDispose]()
    throw error
  }
  return running
}

/** Undefined: not yet. */
async function isListening(port: number): Promise<true | undefined> {
  const socket = connect(port, '127.0.0.1')
  try {
    await once(socket, 'connect')
    return true
  } catch {
    return undefined
  } finally {
    socket.destroy()
  }
}
