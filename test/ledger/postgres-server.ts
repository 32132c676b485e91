/** A PostgreSQL of its own, from what Debian installs, in a folder that goes with it. */
import { type ChildProcess, execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import { chownSync, existsSync, globSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { delimiter, join } from 'node:path'
import postgres from 'postgres'
import { eventually } from '../eventually.ts'
import { freePort } from '../free-port.ts'

const START_LIMIT_MS = 60_000

/** It refuses to run as root: whoever runs the tests as root lends it one of these. */
const OTHERS = ['postgres', 'nobody']

interface Owner {
  readonly uid?: number
  readonly gid?: number
}

export class PostgresServer implements AsyncDisposable {
  readonly url: string
  readonly #folder: string
  readonly #bin: string
  readonly #owner: Owner
  readonly #port: number
  #child: ChildProcess | undefined

  /** @returns why it cannot start here, when it cannot */
  static async start(): Promise<PostgresServer | string> {
    const bin = findBin()
    if (bin === undefined) return 'PostgreSQL is not installed'
    const owner = findOwner()
    if (owner === undefined) return 'PostgreSQL does not run as root, and there is no user to lend it'
    const folder = mkdtempSync(join(tmpdir(), 'millrace-postgres-'))
    try {
      if (owner.uid !== undefined) chownSync(folder, owner.uid, owner.gid as number)
      const args = ['-D', join(folder, 'data'), '-U', 'mill', '--auth=trust', '--locale=C', '-E', 'UTF8', '--no-sync']
      execFileSync(join(bin, 'initdb'), args, { ...owner, cwd: folder, stdio: 'pipe', timeout: START_LIMIT_MS })
      const server = new PostgresServer(folder, bin, owner, await freePort())
      await server.resume()
      return server
    } catch (error) {
      rmSync(folder, { recursive: true })
      return `PostgreSQL does not start: ${(error as Error).message}`
    }
  }

  private constructor(folder: string, bin: string, owner: Owner, port: number) {
    this.#folder = folder
    this.#bin = bin
    this.#owner = owner
    this.#port = port
    this.url = `postgres://mill:not-asked-for@127.0.0.1:${port}/postgres`
  }

  /** Starts it again after `stop`. */
  async resume(): Promise<void> {
    const settings = ['listen_addresses=127.0.0.1', `port=${this.#port}`, 'unix_socket_directories=', 'fsync=off']
    const flags = settings.flatMap(setting => ['-c', setting])
    const child = spawn(join(this.#bin, 'postgres'), ['-D', join(this.#folder, 'data'), ...flags], {
      ...this.#owner,
      cwd: this.#folder,
      stdio: 'ignore',
    })
    this.#child = child
    await eventually(async () => {
      if (child.exitCode !== null) throw new Error(`it ended with ${child.exitCode}`)
      return (await this.#isThere()) || undefined
    }, 50)
  }

  /** Ends it at once, with all connections. */
  async stop(): Promise<void> {
    const child = this.#child
    this.#child = undefined
    if (child === undefined || child.exitCode !== null) return
    const exit = once(child, 'exit')
    child.kill('SIGINT')
    await exit
  }

  /** A database with nothing in it. */
  async emptyDatabase(): Promise<string> {
    const name = `test_${crypto.randomUUID().replaceAll('-', '')}`
    const sql = postgres(this.url, { max: 1 })
    await sql.unsafe(`CREATE DATABASE ${name}`)
    await sql.end()
    return this.url.replace(/postgres$/, name)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop()
    rmSync(this.#folder, { recursive: true })
  }

  async #isThere(): Promise<boolean> {
    const sql = postgres(this.url, { max: 1, connect_timeout: 1 })
    try {
      await sql`SELECT 1`
      return true
    } catch {
      return false
    } finally {
      await sql.end({ timeout: 1 })
    }
  }
}

function findBin(): string | undefined {
  const places = [...globSync('/usr/lib/postgresql/*/bin').toSorted().toReversed(), ...pathFolders()]
  return places.find(place => existsSync(join(place, 'initdb')) && existsSync(join(place, 'postgres')))
}

function pathFolders(): string[] {
  return (process.env.PATH ?? '').split(delimiter).filter(Boolean)
}

function findOwner(): Owner | undefined {
  if (process.getuid?.() !== 0) return {}
  for (const name of OTHERS) {
    try {
      const [uid, gid] = ['-u', '-g'].map(flag => Number(execFileSync('id', [flag, name], { stdio: 'pipe' })))
      return { uid, gid } as Owner
    } catch {
      // There is no such user: the next one.
    }
  }
  return undefined
}
