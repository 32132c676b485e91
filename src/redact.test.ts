import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { isSecretName, oneLine, REDACTED, Redactor } from './redact.ts'

const redactor = new Redactor(['gate-way/key=1234', 'short', 'gate-way/key=1234-longer'])

test('Redactor leaves text without secrets as it is', () => {
  const text = 'Cannot reach upstream: a task-with-a-long-name at https://api.example/v1?alt=sse took 12 tokens'
  assert.equal(redactor.text(text), text)
})

test('Redactor finds a told secret as it is, percent-encoded and as JSON quotes it', () => {
  const quoting = new Redactor(['pass"wörd/1'])
  assert.equal(redactor.text('key gate-way/key=1234!'), 'key [redacted]!')
  assert.equal(redactor.text('/a/gate-way%2Fkey%3D1234/b'), '/a/[redacted]/b')
  assert.equal(quoting.text(JSON.stringify({ said: 'pass"wörd/1' })), '{"said":"[redacted]"}')
})

test('Redactor takes the longer of two secrets when one begins with the other', () => {
  assert.equal(redactor.text('<gate-way/key=1234-longer>'), '<[redacted]>')
})

test('Redactor does not search for values under eight characters', () => {
  assert.equal(redactor.text('a short text'), 'a short text')
})

const SHAPES: readonly (readonly [string, string])[] = [
  [
    'Incorrect API key provided: sk-proj-ab12***wxyz. See the docs',
    'Incorrect API key provided: [redacted]. See the docs',
  ],
  ['invalid x-api-key sk-ant-api03-AbCd_12-x', 'invalid x-api-key [redacted]'],
  ['AIzaSyA1234567890', '[redacted]'],
  ['xai-0123456789 gsk_0123456789 hf_0123456789 ghp_0123456789', '[redacted] [redacted] [redacted] [redacted]'],
  ['AKIAIOSFODNN7EXAMPLE', '[redacted]'],
  [String.raw`{"text":"line\nsk-0123456789"}`, String.raw`{"text":"line\n[redacted]"}`],
  ['sent Bearer abc.def-0123', 'sent Bearer [redacted]'],
  ['eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.c2lnbmF0dXJl', '[redacted]'],
  ['GET https://me:hunter2@host/v1?key=1&alt=sse', 'GET https://me:[redacted]@host/v1?key=[redacted]&alt=sse'],
  ['Authorization: Basic bWU6aHVudGVyMg==\r\nAccept: */*', 'Authorization: [redacted]\r\nAccept: */*'],
  ['{"api_key": "1", "prompt_cache_key": "mine"}', '{"api_key": "[redacted]", "prompt_cache_key": "mine"}'],
  [String.raw`{"password":"a\"b","n":1}`, '{"password":"[redacted]","n":1}'],
  [String.raw`"{\"client_secret\":\"abc\",\"n\":1}"`, String.raw`"{\"client_secret\":\"[redacted]\",\"n\":1}"`],
]
for (const [text, expected] of SHAPES)
  test(`Redactor reads ${oneLine(text)}`, () => {
    assert.equal(redactor.text(text), expected)
  })

test('Redactor hides headers by name and by value, in order, repeats kept', () => {
  assert.deepEqual(
    redactor.headers([
      ...['Authorization', 'abc', 'X-Api-Key', 'def', 'x-goog-api-key', 'ghi'],
      ...['Set-Cookie', 'a=1', 'Set-Cookie', 'b=2', 'x-session-token', 'j'],
      ...['anthropic-ratelimit-tokens-remaining', '12', 'x-note', 'it is gate-way/key=1234'],
    ]),
    [
      ...['Authorization', '[redacted]', 'X-Api-Key', '[redacted]', 'x-goog-api-key', '[redacted]'],
      ...['Set-Cookie', '[redacted]', 'Set-Cookie', '[redacted]', 'x-session-token', '[redacted]'],
      ...['anthropic-ratelimit-tokens-remaining', '12', 'x-note', 'it is [redacted]'],
    ],
  )
})

test('Redactor judges query parameters as a server decodes them', () => {
  assert.equal(
    redactor.url('/v1beta/models?key=abc&k%65y=def&access_token=g&q=gate%2dway/key%3D1234&alt=sse&flag&key='),
    '/v1beta/models?key=[redacted]&k%65y=[redacted]&access_token=[redacted]&q=[redacted]&alt=sse&flag&key=',
  )
  assert.equal(redactor.url('https://me:pw@host/a'), 'https://me:[redacted]@host/a')
})

test('Redactor as a replacer of JSON hides by name and by value, and keeps numbers', () => {
  const value = {
    apiKey: 'a',
    credentials: { user: 'b' },
    maxTokens: 5,
    tokenCount: 6n,
    note: 'gate-way/key=1234',
    key: null,
  }
  assert.equal(
    JSON.stringify(value, redactor.member),
    '{"apiKey":"[redacted]","credentials":"[redacted]","maxTokens":5,"tokenCount":"6","note":"[redacted]","key":null}',
  )
})

test('counters of tokens are not secrets', () => {
  const names = ['max_tokens', 'x-ratelimit-limit-tokens', 'promptTokenCount', 'token_count', 'prompt_tokens_details']
  assert.deepEqual(names.filter(isSecretName), [])
})

/** What a key may look like; one inside the mark itself would be no secret. */
const secret = fc
  .oneof(fc.stringMatching(/^[\w.~+/=-]{8,40}$/), fc.string({ minLength: 8, maxLength: 40, unit: 'grapheme' }))
  .filter(text => !REDACTED.includes(text))

test('no told secret survives, wherever it stands', () => {
  fc.assert(
    fc.property(
      fc.array(secret, { minLength: 1, maxLength: 4 }),
      fc.array(fc.string(), { maxLength: 5 }),
      (secrets, rest) => {
        const redacts = new Redactor(secrets)
        const text = secrets.map((value, at) => `${rest[at] ?? ''}${value}`).join('')
        const outputs = [redacts.text(text), ...redacts.headers(['x-a', text]), redacts.url(`/p/${text}?q=${text}`)]
        outputs.push(decodeURIComponent(redacts.url(`/p?q=${encodeURIComponent(text.toWellFormed())}`)))
        for (const output of outputs) for (const value of secrets) assert.ok(!output.includes(value), output)
      },
    ),
  )
})

test('a text is searched for shapes whenever one could fit', () => {
  const pieces = SHAPES.flatMap(([text]) => [text, text.slice(0, 9), text.slice(9), text.toUpperCase()])
  const marks = [
    '"',
    '\\"',
    ' ',
    '\n',
    ':',
    '=',
    '?',
    '&',
    '@',
    '://',
    'x',
    "'",
    'token',
    'Key',
    'api_key',
    'password',
    '{',
    '-',
  ]
  fc.assert(
    fc.property(fc.array(fc.constantFrom(...pieces, ...marks), { maxLength: 12 }), parts => {
      const text = parts.join('')
      // `eyJ` is a reason to search, and no secret by itself.
      assert.equal(redactor.text(`eyJ\r\n${text}`), `eyJ\r\n${redactor.text(text)}`)
    }),
  )
})

test('redacted JSON is still JSON of the same members', () => {
  fc.assert(
    fc.property(
      fc.dictionary(fc.constantFrom('api_key', 'note', 'password', 'url'), fc.string({ unit: 'binary' })),
      value => {
        const once = redactor.text(JSON.stringify(value))
        assert.deepEqual(Object.keys(JSON.parse(once)), Object.keys(JSON.parse(JSON.stringify(value))))
        assert.equal(redactor.text(once), once)
      },
    ),
  )
})

test('oneLine makes ends of lines, terminal sequences and turned text visible', () => {
  assert.equal(
    oneLine('a\r\nb\tc\u001b[31m\u0000\u0085\u2028\u202e é 中'),
    String.raw`a\r\nb\tc\u001b[31m\u0000\u0085\u2028\u202e é 中`,
  )
})

test('no control character survives oneLine', () => {
  fc.assert(fc.property(fc.string({ unit: 'binary' }), text => !/[\p{Cc}\p{Zl}\p{Zp}]/u.test(oneLine(text))))
})

test('hostile text takes linear time', () => {
  const hostile = [
    'sk-',
    'eyJ',
    '"',
    '?key',
    'key',
    ': "',
    '://',
    '"secret" : ',
    'bearer ',
    '"api_key":"a\\',
    'cookie:',
    '-',
  ]
  for (const piece of hostile) {
    const startedAt = performance.now()
    redactor.text(piece.repeat(100_000 / piece.length))
    assert.ok(performance.now() - startedAt < 500, piece)
  }
})

test('Redactor finds secrets that are cut in pieces, and keeps the cuts between others', () => {
  const text = 'ab gate-way/key=1234 cd sk-0123456789 ef'
  const { text: redacted, cuts } = redactor.pieces(text, [0, 2, 3, 10, 20, 22, 30, 37, 38, text.length])
  assert.equal(redacted, 'ab [redacted] cd [redacted] ef')
  assert.deepEqual(cuts, [0, 2, 3, 13, 13, 15, 27, 27, 28, 30])
})

test('Redactor leaves the cuts of a text without secrets', () => {
  assert.deepEqual(redactor.pieces('some text', [3, 5]), { text: 'some text', cuts: [3, 5] })
})
