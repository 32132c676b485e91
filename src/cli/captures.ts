import { join } from 'node:path'
import { Captures } from '../capture/index.ts'
import { type CaptureConfig, type Config, type Log, secretsOf } from '../gateway/index.ts'
import { dataFolder } from './data-folder.ts'

/** Where captured exchanges are kept. */
export function capturesFolder({ folder }: Pick<CaptureConfig, 'folder'>): string {
  return folder ?? join(dataFolder(), 'captures')
}

/** The captures of a gateway; nothing is written before something is captured. */
export function openCaptures(config: Config, log: Log): Captures {
  const captures = new Captures({
    settings: config.capture,
    folder: capturesFolder(config.capture),
    secrets: secretsOf(config),
    onError: message => log.error({ error: { message } }, 'capture'),
  })
  captures.start()
  return captures
}
