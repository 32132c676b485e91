import { homedir, platform } from 'node:os'
import { join } from 'node:path'

/** Where programs of this platform keep what is theirs for good; not created here. */
export function dataFolder(env: NodeJS.ProcessEnv = process.env, os: NodeJS.Platform = platform()): string {
  if (os === 'win32') return join(env.LOCALAPPDATA || join(homedir(), 'AppData', 'Local'), 'millrace')
  if (os === 'darwin') return join(env.HOME || homedir(), 'Library', 'Application Support', 'millrace')
  return join(env.XDG_DATA_HOME || join(env.HOME || homedir(), '.local', 'share'), 'millrace')
}
