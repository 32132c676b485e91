import assert from 'node:assert/strict'
import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { suite, test } from 'node:test'
import { whyNotInstalled } from './on-demand.ts'

suite('a folder that is installed on demand', () => {
  test('is installed once, whoever asks for it at the same time', async () => {
    await using folder = await folderWith({})
    const asked = [whyNotInstalled(folder.path), whyNotInstalled(folder.path)]
    assert.deepEqual(await Promise.all(asked), [false, false])
    assert.deepEqual((await readdir(folder.path)).sort(), ['node_modules', 'package-lock.json', 'package.json'])
  })

  test('is installed anew when its lock file has changed', async () => {
    await using folder = await folderWith({})
    await whyNotInstalled(folder.path)
    await folder.want({ nowhere: { version: '1.0.0', resolved: 'http://127.0.0.1:1/nowhere.tgz' } })
    assert.match(`${await whyNotInstalled(folder.path)}`, /^npm ci ended with 1: .*ECONNREFUSED/)
  })

  test('is not tried again at once when that has failed', async () => {
    await using folder = await folderWith({ nowhere: { version: '1.0.0', resolved: 'http://127.0.0.1:1/nowhere.tgz' } })
    const reason = `${await whyNotInstalled(folder.path)}`
    await folder.want({})
    const file = join(folder.path, '.not-installed')
    assert.equal(await whyNotInstalled(folder.path), `${reason} (remove ${file} to try again)`)
    await rm(file)
    assert.equal(await whyNotInstalled(folder.path), false)
    assert.deepEqual((await readdir(folder.path)).sort(), ['node_modules', 'package-lock.json', 'package.json'])
  })
})

type Wanted = Readonly<Record<string, { readonly version: string; readonly resolved: string }>>

async function folderWith(wanted: Wanted) {
  const path = await mkdtemp(join(tmpdir(), 'millrace-demand-'))
  const folder = {
    path,
    async want(wanted: Wanted): Promise<void> {
      const versions = Object.entries(wanted).map(([name, { version }]) => [name, version])
      const root = { dependencies: Object.fromEntries(versions) }
      const installed = Object.entries(wanted).map(([name, entry]) => [`node_modules/${name}`, entry])
      const lock = { lockfileVersion: 3, packages: { '': root, ...Object.fromEntries(installed) } }
      await writeFile(join(path, 'package.json'), JSON.stringify(root))
      await writeFile(join(path, 'package-lock.json'), JSON.stringify(lock))
    },
    [Symbol.asyncDispose]: () => rm(path, { recursive: true }),
  }
  await folder.want(wanted)
  return folder
}
