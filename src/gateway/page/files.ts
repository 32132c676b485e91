import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { extname, join, resolve } from 'node:path'
import { gzipSync } from 'node:zlib'

const TYPES: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.svg': 'image/svg+xml',
}

/** Beside the compiled gateway; and where the build puts it, for a gateway that runs from its sources. */
const FOLDERS = ['../../dashboard', '../../../dist/dashboard'].map(path => resolve(import.meta.dirname, path))

/** A file of the page. */
export interface PageFile {
  readonly type: string
  readonly bytes: Uint8Array
  readonly gzipped: Uint8Array
  /** Its name tells its content, so that it may be kept for ever. */
  readonly isHashed: boolean
}

/** Where the built page is; undefined when it was not built. */
export function pageFolder(): string | undefined {
  return FOLDERS.find(folder => existsSync(join(folder, 'index.html')))
}

/**
 * All files of the built page, by their paths; `/` is the page itself. They are read once and found by
 * name alone, so that no path can lead out of the folder.
 */
export function readPage(folder: string): ReadonlyMap<string, PageFile> {
  const files = new Map<string, PageFile>()
  for (const name of readdirSync(folder, { recursive: true, encoding: 'utf8' })) {
    const type = TYPES[extname(name)]
    if (type === undefined) continue
    const bytes = readFileSync(join(folder, name))
    const path = name === 'index.html' ? '/' : `/${name.replaceAll('\\', '/')}`
    files.set(path, { type, bytes, gzipped: gzipSync(bytes), isHashed: path.startsWith('/assets/') })
  }
  return files
}
