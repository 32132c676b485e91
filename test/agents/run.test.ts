/** `millrace run` with the programs themselves, on the simulator. */
import assert from 'node:assert/strict'
import { rm } from 'node:fs/promises'
import { delimiter, join } from 'node:path'
import { suite, test } from 'node:test'
import { whyNotInstalled } from '../on-demand.ts'
import { Program } from '../process.ts'
import { makeHome, PROGRAMS, QUIET } from './house.ts'

const skip = await whyNotInstalled(import.meta.dirname)

const ARGUMENTS = {
  claude: ['--model', 'sim/agent', '--print', 'say Ground'],
  codex: ['exec', '--skip-git-repo-check', '--model', 'sim/agent', 'say Ground'],
} as const

suite('millrace run', { skip }, () => {
  for (const name of ['claude', 'codex'] as const)
    test(`starts ${name}, which answers through the gateway that is started with it`, async () => {
      const home = await makeHome()
      const { variables, flags } = QUIET[name]
      const command = ['run', name, '--port', '0', '--', ...flags, ...ARGUMENTS[name]]
      const path = `${PROGRAMS}${delimiter}${process.env.PATH}`
      const env = { ...variables, PATH: path, HOME: home, CODEX_HOME: join(home, '.codex') }
      const { code, stdout, stderr } = await Program.run(command, undefined, env)
      await rm(home, { recursive: true, maxRetries: 5 })
      assert.deepEqual([code, stdout], [0, 'Ground\n'], stderr)
    })
})
