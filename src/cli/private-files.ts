import { mkdirSync, openSync } from 'node:fs'
import { dirname } from 'node:path'

/** Opens a file that only its owner may read, with its folder, so that a program that could not keep it does not start. */
export function openForAppending(file: string): number {
  mkdirSync(dirname(file), { recursive: true })
  return openSync(file, 'a', 0o600)
}

/** Makes a folder that only its owner may enter; one that is there stays as it is. */
export function makeFolder(folder: string): void {
  mkdirSync(folder, { recursive: true, mode: 0o700 })
}
