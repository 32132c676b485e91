// biome-ignore-all lint/suspicious/noTemplateCurlyInString: these are variables of a configuration file
import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { readSource } from './source.ts'

const ENV = { PORT: '9000', ON: 'true', KEY: '12345678', YAML: 'x, evil: true }\n- y: *z #', EMPTY: '' }

const VALUES: readonly (readonly [text: string, value: unknown])[] = [
  ['', {}],
  ['# nothing\n', {}],
  ['\ufeffserver: { port: 1 }', { server: { port: 1 } }],
  ['server:\r\n  port: 1\r\n', { server: { port: 1 } }],
  ['a: &x { b: 1 }\nc: *x', { a: { b: 1 }, c: { b: 1 } }],
  ['server: { port: "${PORT}" }', { server: { port: 9000 } }],
  ['server:\n  port: ${PORT}', { server: { port: 9000 } }],
  ['server: { port: "1${PORT}" }', { server: { port: '19000' } }],
  ['server: { port: "9000" }', { server: { port: '9000' } }],
  ['server: { port: "${ON}" }', { server: { port: 'true' } }],
  ['upstreams: { a: { apiKey: "${KEY}" } }', { upstreams: { a: { apiKey: '12345678' } } }],
  ['upstreams: { a: { streamOnly: "${ON}" } }', { upstreams: { a: { streamOnly: true } } }],
  ['upstreams: { a: { streamOnly: "${PORT}" } }', { upstreams: { a: { streamOnly: '9000' } } }],
  ['models: [{ timeouts: { idleMs: "${PORT}" } }]', { models: [{ timeouts: { idleMs: 9000 } }] }],
  ['server: { keys: ["${NO:-}", b, "${EMPTY:-}", d], host: "${NO:-}" }', { server: { keys: ['b', 'd'] } }],
  ['server: { host: "${YAML}" }', { server: { host: 'x, evil: true }\n- y: *z #' } }],
  ['1: one\ntrue: two', { 1: 'one', true: 'two' }],
]

for (const [text, value] of VALUES)
  test(`${JSON.stringify(text)} reads as ${JSON.stringify(value)}`, () => {
    const source = readSource(text, ENV)
    assert.deepEqual(source.problems, [])
    assert.deepEqual(source.value, value)
  })

const BROKEN: readonly (readonly [text: string, line: number, column: number, message: RegExp])[] = [
  ['a: 1\nb: {', 2, 5, /^is not legal YAML: /],
  ['a: 1\na: 2', 2, 1, /^is not legal YAML: Map keys must be unique$/],
  ['a: 1\n---\nb: 2', 2, 1, /^is not legal YAML: Source contains multiple documents/],
  ['a: !secret x', 1, 4, /^is not legal YAML: A tag means nothing here$/],
  ['a: |secret\n b', 1, 5, /^is not legal YAML: Block scalar header includes extra characters$/],
  ['a: { "b" "c" }', 1, 10, /^is not legal YAML: Missing , or : between flow map items$/],
  ['? [a]\n: 1', 1, 3, /^is not legal YAML: With stringKeys, all keys must be strings$/],
  ['server: { port: ${PORT} }', 1, 18, /; a text with a variable needs quotes inside \{ \} and \[ \]$/],
  ['a:\n  b: *none', 2, 3, /^is an alias of nothing$/],
  ['a: &x [*x]', 1, 8, /^is too large or too deep for a configuration$/],
  ['__proto__: { a: 1 }', 1, 1, /^is not a legal name$/],
  ['a: 1\nb: ["${KEY}", "${NONE}"]', 2, 15, /^uses \$\{NONE\}, but that variable is not set: /],
]

for (const [text, line, column, message] of BROKEN)
  test(`${JSON.stringify(text)} is a problem at ${line}:${column}`, () => {
    const source = readSource(text, ENV)
    assert.equal(source.problems.length, 1)
    const [problem] = source.problems
    assert.match(problem?.message ?? '', message)
    assert.deepEqual(source.placeOf(problem?.path ?? []), { line, column })
  })

test('aliases that multiply are one problem, and take no time', () => {
  const layers = Array.from(
    { length: 12 },
    (_, at) =>
      `a${at}: &a${at} [${Array(10)
        .fill(`*a${at - 1}`)
        .join(', ')}]`,
  )
  const { problems } = readSource(['a: &a-1 [x]', ...layers].join('\n'), {})
  assert.deepEqual(
    problems.map(({ message }) => message),
    ['is too large or too deep for a configuration'],
  )
})

test('members and items have their own places; what is absent has the place of what is above it', () => {
  const { placeOf } = readSource('server:\n  keys: ["${NO:-}",\n    b]\n  port: 1\nlog: {}\n', {})
  assert.deepEqual(placeOf(['server', 'keys', 0]), { line: 3, column: 5 })
  assert.deepEqual(placeOf(['server', 'port']), { line: 4, column: 3 })
  assert.deepEqual(placeOf(['server', 'host']), { line: 1, column: 1 })
  assert.deepEqual(placeOf(['log', 'level']), { line: 5, column: 1 })
  assert.deepEqual(placeOf(['limits']), { line: 1, column: 1 })
})

test('a value of the environment adds no structure and shows up in no message', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary', minLength: 1 }), value => {
      const text = 'server: { host: "${X}", port: "${X}", keys: ["a${X}"] }\nlog: ${X}'
      const source = readSource(text, { X: value })
      assert.deepEqual(source.problems, [])
      const read = source.value as { server: { host: string; port: unknown; keys: string[] }; log: string }
      assert.deepEqual([read.server.host, read.server.keys, read.log], [value, [`a${value}`], value])
      assert.deepEqual(Object.keys(read), ['server', 'log'])
      assert.equal(String(read.server.port), /^\d{1,15}$/.test(value) ? String(Number(value)) : value)
    }),
  )
})
