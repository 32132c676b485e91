/** Millrace: a streaming engine for LLM APIs. The front page, and the parts it is made of. */
export * from './dialects/index.ts'
export * from './errors.ts'
export * from './exchange/index.ts'
export * from './http/index.ts'
export * from './model/index.ts'
export * from './sse/index.ts'
export * from './streaming/index.ts'
export { VERSION } from './version.ts'
