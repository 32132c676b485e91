/** Small disks of their own, for whoever may mount them. */
import { execFileSync } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

export class SmallDisk implements Disposable {
  readonly folder: string

  /** @returns why there can be none, when that is so */
  static mount(bytes: number): SmallDisk | string {
    if (process.platform !== 'linux') return 'a small disk is mounted on Linux only'
    const folder = mkdtempSync(join(tmpdir(), 'millrace-disk-'))
    try {
      run('mount', '-t', 'tmpfs', '-o', `size=${bytes}`, 'tmpfs', folder)
      return new SmallDisk(folder)
    } catch {
      rmSync(folder, { recursive: true })
      return 'this user may not mount a small disk'
    }
  }

  private constructor(folder: string) {
    this.folder = folder
  }

  remount(options: string): void {
    run('mount', '-o', `remount,${options}`, this.folder)
  }

  [Symbol.dispose](): void {
    // Not while somebody who is being killed still has it open.
    run('umount', '-l', this.folder)
    rmSync(this.folder, { recursive: true })
  }
}

function run(program: string, ...args: readonly string[]): void {
  execFileSync(program, args, { stdio: 'pipe', timeout: 10_000 })
}
