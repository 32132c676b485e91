import { appendFile, unlink } from 'node:fs/promises'
import { type Config, secretsOf } from '../gateway/index.ts'
import { accessLogHook, FileTracer, HookManager, type Log, tracerHook } from '../observe/index.ts'
import { Redactor } from '../redact.ts'
import { LogFile } from './log-file.ts'
import { makeFolder, openForAppending } from './private-files.ts'

export interface ProgramHooks {
  readonly manager: HookManager
  /** Resolves when what they wrote is on its way to the disk. */
  close(): Promise<void>
}

/**
 * The hooks that a configuration asks for: an access log, and files that trace exchanges.
 * @returns undefined when it asks for none
 * @throws when their files cannot be opened
 */
export function configuredHooks(config: Config, log: Log): ProgramHooks | undefined {
  const closing: (() => Promise<void>)[] = []
  const manager = new HookManager({
    onError: (hook, error) => log.warn({ hook, error: String(error) }, 'a hook failed'),
  })
  const {
    log: { access },
    trace,
  } = config
  if (access !== undefined) {
    const file = new LogFile(openForAppending(access), {
      onError: ({ message }) => log.error({ error: message }, 'cannot write the access log'),
    })
    manager.register(accessLogHook({ write: line => file.write(`${line}\n`) }))
    closing.push(() => file.drain())
  }
  if (trace.folder !== undefined) {
    const tracer = fileTracer({ ...trace, folder: trace.folder }, config, log)
    manager.register(tracerHook(tracer, 'file-tracer'))
    closing.push(() => tracer.flush())
  }
  if (closing.length === 0) return undefined
  return {
    manager,
    async close() {
      await Promise.all(closing.map(close => close()))
    },
  }
}

function fileTracer(
  { folder, bodies, maxFiles, maxFileBytes }: Config['trace'] & { readonly folder: string },
  config: Config,
  log: Log,
): FileTracer {
  makeFolder(folder)
  let isTold = false
  return new FileTracer({
    ...{ folder, maxFiles, maxFileBytes, includeBodies: bodies, redactor: new Redactor(secretsOf(config)) },
    append: (path, text) => appendFile(path, text, { mode: 0o600 }),
    remove: unlink,
    // A full disk would say so for every line.
    onError(error) {
      if (!isTold) log.error({ error: String(error) }, 'cannot write a trace')
      isTold = true
    },
  })
}
