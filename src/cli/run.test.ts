import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import { Program } from '../../test/process.ts'
import { VERSION } from '../version.ts'

suite('the command line', { concurrency: 2 }, () => {
  test('--version prints the version', async () => {
    assert.deepEqual(await Program.run(['--version']), { code: 0, stdout: `${VERSION}\n`, stderr: '' })
  })

  test('--help prints the commands, and those of a command its options', async () => {
    const all = await Program.run(['--help'])
    assert.deepEqual([all.code, all.stderr], [0, ''])
    assert.match(all.stdout, /^Usage: millrace \[options\] \[command\]\n.* {2}serve .* {2}simulate .* {2}config /s)
    const serve = await Program.run(['serve', '--help'])
    assert.equal(serve.code, 0)
    assert.match(serve.stdout, /--config <file>.*--host <address>.*--port <number>/s)
  })

  const MISUSES: readonly (readonly [line: string, said: RegExp])[] = [
    ['', /^Usage: millrace/],
    ['serv', /^error: unknown command 'serv'\n\(Did you mean serve\?\)/],
    ['serve --prot 1', /^error: unknown option '--prot'\n\(Did you mean --port\?\)/],
    ['serve extra', /^error: too many arguments/],
    ['serve --port', /^error: option '--port <number>' argument missing/],
    ['simulate --port 70000', /^error: .*'70000' is invalid\. it takes a number from 0 to 65535\./],
  ]
  for (const [line, said] of MISUSES)
    test(`\`millrace ${line}\` is told as misuse, with exit code 2`, async () => {
      const { code, stdout, stderr } = await Program.run(line === '' ? [] : line.split(' '))
      assert.deepEqual([code, stdout], [2, ''])
      assert.match(stderr, said)
    })
})
