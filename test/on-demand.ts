/**
 * Packages too heavy for everybody's `npm ci`: a folder of `test/` that has a `package.json` and a
 * `package-lock.json` of its own is installed when the first test asks for it.
 */
import { copyFile, mkdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { runProgram } from './package/program.ts'

/** How long an installation may take, in milliseconds. */
const LIMIT_MS = 180_000

const LOOK_EVERY_MS = 200

const LOCK = 'package-lock.json'

/** Why the last try failed, so that the other tests of a run do not wait for a network that is not there. */
const REASON = '.not-installed'

/** How long that holds, in milliseconds. */
const REASON_MS = 300_000

/**
 * Installs what the folder's lock file says, unless that has been done.
 *
 * Safe to be called by several processes at once. Takes {@link LIMIT_MS} at most, and fails soon without a network.
 *
 * @returns why it could not be installed, for the `skip` of a test; false when it is there
 */
export async function whyNotInstalled(folder: string): Promise<string | false> {
  const giveUpAt = performance.now() + LIMIT_MS
  while (!(await isInstalled(folder))) {
    const reason = await lastReason(folder)
    if (reason !== undefined) return reason
    // npm works in a folder that holds the place of everybody else who wants to install.
    const workshop = join(folder, '.installing')
    if (await isMine(workshop)) {
      try {
        return await install(folder, workshop)
      } finally {
        await rm(workshop, { recursive: true, force: true })
      }
    }
    if (performance.now() > giveUpAt) return `${workshop} is in the way: somebody else's installation has not ended`
    await sleep(LOOK_EVERY_MS)
  }
  return false
}

/** What is installed keeps the lock file that it was installed from. */
async function isInstalled(folder: string): Promise<boolean> {
  const [wanted, found] = await Promise.all(
    [folder, join(folder, 'node_modules')].map(place => readFile(join(place, LOCK), 'utf8').catch(() => undefined)),
  )
  return found !== undefined && found === wanted
}

async function lastReason(folder: string): Promise<string | undefined> {
  const file = join(folder, REASON)
  const written = await stat(file).catch(() => undefined)
  if (written === undefined || Date.now() - written.mtimeMs > REASON_MS) return undefined
  return `${await readFile(file, 'utf8')} (remove ${file} to try again)`
}

async function isMine(workshop: string): Promise<boolean> {
  const isNew = await mkdir(workshop).then(
    () => true,
    (error: NodeJS.ErrnoException) => {
      if (error.code === 'EEXIST') return false
      throw error
    },
  )
  if (isNew) return true
  // Whoever was killed in the middle of an installation has left it.
  const made = await stat(workshop).catch(() => undefined)
  if (made !== undefined && Date.now() - made.birthtimeMs > LIMIT_MS)
    await rm(workshop, { recursive: true, force: true })
  return false
}

async function install(folder: string, workshop: string): Promise<string | false> {
  for (const file of ['package.json', LOCK]) await copyFile(join(folder, file), join(workshop, file))
  const command = ['ci', '--no-audit', '--no-fund', '--fetch-retries=0']
  const { code, stderr } = await runProgram('npm', command, workshop, LIMIT_MS)
  if (code !== 0) {
    const reason = `npm ci ended with ${code}: ${stderr.split('\n').slice(0, 3).join(' ')}`
    await writeFile(join(folder, REASON), reason)
    return reason
  }
  await rm(join(folder, REASON), { force: true })
  const modules = join(workshop, 'node_modules')
  await mkdir(modules, { recursive: true })
  await copyFile(join(workshop, LOCK), join(modules, LOCK))
  await rm(join(folder, 'node_modules'), { recursive: true, force: true })
  await rename(modules, join(folder, 'node_modules'))
  return false
}
