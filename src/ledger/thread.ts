import { extname } from 'node:path'

/** The program of both threads. */
export const THREAD = new URL(`./worker${extname(import.meta.filename)}`, import.meta.url)

/** Node 24 warns of its SQLite, in the midst of what people read. */
export const THREAD_FLAGS = ['--disable-warning=ExperimentalWarning']
