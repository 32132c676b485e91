import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import { Program } from '../../test/process.ts'

const CHECK = ['config', 'check']

suite('config', { concurrency: 2 }, () => {
  test('check says what the gateway would have', async () => {
    const { code, stdout } = await Program.run(CHECK, {
      upstreams: {
        local: { baseUrl: 'http://127.0.0.1:1/v1', dialects: ['chat'] },
        both: { dialects: { chat: 'http://127.0.0.1:1/v1', messages: 'http://127.0.0.1:2/v1' } },
      },
    })
    assert.equal(code, 0)
    assert.equal(stdout, 'millrace.yaml: good\nupstreams: local (chat), both (chat, messages)\n')
  })

  test('check says what the gateway would have without a file', async () => {
    const { code, stdout } = await Program.run(CHECK)
    assert.equal(code, 0)
    assert.match(stdout, /^no configuration file.*: good\nno upstreams: the simulator answers\n$/)
  })

  test('check names line, column and member of each mistake, with exit code 2', async () => {
    const { code, stdout, stderr } = await Program.run(
      CHECK,
      `server: { port: 99999 }
servr: {}
upstreams:
  a: { baseUrl: "\${NOT_SET}", dialects: [chat] }
`,
    )
    assert.deepEqual([code, stdout], [2, ''])
    const [head, ...problems] = stderr.trimEnd().split('\n')
    assert.equal(head, 'millrace: Cannot use configuration "millrace.yaml":')
    assert.deepEqual(problems.map(problem => /^ {2}millrace\.yaml:(\d+:\d+ \S+): /.exec(problem)?.[1]).toSorted(), [
      '1:11 server.port',
      '2:1 servr',
      '4:8 upstreams.a.baseUrl',
    ])
    assert.match(stderr, /uses \$\{NOT_SET\}, but that variable is not set/)
  })

  test('check of a file that is not there says so, with exit code 2', async () => {
    const { code, stderr } = await Program.run([...CHECK, '--config', 'none.yaml'])
    assert.equal(code, 2)
    assert.match(stderr, /^millrace: Cannot use configuration "none\.yaml":\n {2}cannot be read: ENOENT/)
  })

  test('example prints a configuration that is good', async () => {
    const { stdout } = await Program.run(['config', 'example'])
    assert.deepEqual([(await Program.run(CHECK, stdout)).code, stdout.includes('upstreams:')], [0, true])
  })

  test('schema prints JSON, reference Markdown', async () => {
    const schema = await Program.run(['config', 'schema'])
    assert.equal(JSON.parse(schema.stdout).title, 'Millrace configuration')
    const reference = await Program.run(['config', 'reference'])
    assert.match(reference.stdout, /^### server\n/)
  })
})
