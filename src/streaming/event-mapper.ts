import { MillraceError } from '../errors.ts'
import type { Adapter } from '../exchange/index.ts'
import type { MapEvents } from '../model/index.ts'
import type { RequestContext } from '../observe/index.ts'
import type { HandlerConfig } from './handler-config.ts'

/** How the exchange makes what maps its events. */
export function mapperOf(config: HandlerConfig | undefined, context: RequestContext): (() => MapEvents) | undefined {
  const make = config?.mapEvents
  return make && (() => make(context))
}

/** @throws {MillraceError} `bad-request` when nobody knows how to read what passes there */
export function assertReadable({ from }: Adapter): void {
  if (from !== 'any') return
  const why = 'neither `formatContext` nor `responseAdapter` says what the upstream speaks'
  throw new MillraceError('bad-request', `Cannot map events: ${why}`)
}
