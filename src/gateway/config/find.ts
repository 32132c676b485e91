import { existsSync, readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { messageOf } from '../../errors.ts'
import { ConfigError } from './error.ts'
import { defaultConfig, type ParseOptions, parseConfig } from './parse.ts'
import type { Config } from './types.ts'

const NAMES = ['millrace.yaml', 'millrace.yml']

/**
 * The file to read: the one of `--config`, whether it exists or not; else `millrace.yaml` or
 * `millrace.yml` in the working directory; else undefined.
 */
export function findConfig(cwd: string, flag: string | undefined): string | undefined {
  return flag ?? NAMES.find(name => existsSync(resolve(cwd, name)))
}

export interface LoadOptions extends Omit<ParseOptions, 'file'> {
  readonly cwd: string
  /** The value of `--config`. */
  readonly flag?: string
}

/** A configuration that has been read. */
export interface LoadedConfig {
  /** The configuration, settled. */
  readonly config: Config
  /** The file it came from, as the user would name it; undefined when there is none. */
  readonly file: string | undefined
}

/**
 * Finds, reads and parses the configuration.
 *
 * @throws {ConfigError} when the file cannot be read or used
 */
export function loadConfig({ cwd, flag, ...options }: LoadOptions): LoadedConfig {
  const file = findConfig(cwd, flag)
  if (file === undefined) return { config: defaultConfig(options.env, options.server), file }
  return { config: parseConfig(readText(resolve(cwd, file), file), { ...options, file }), file }
}

function readText(path: string, file: string): string {
  try {
    return readFileSync(path, 'utf8')
  } catch (cause) {
    const message = `cannot be read: ${messageOf(cause)}`
    throw new ConfigError(file, [{ path: [], message, place: undefined }], { cause })
  }
}
