import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { writeFile } from 'node:fs/promises'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { buffer } from 'node:stream/consumers'
import { after, test } from 'node:test'
import { promisify } from 'node:util'
import { fromUtf8 } from '../bytes.ts'
import type { Capture, CapturedRequest } from './capture.ts'
import { toCurl } from './curl.ts'

const folder = mkdtempSync(join(tmpdir(), 'millrace-curl-'))
after(() => rmSync(folder, { recursive: true }))

const ORIGIN = 'http://127.0.0.1:8642'

function captureOf(upstream: Partial<CapturedRequest>, upstreamName = 'openai'): Capture {
  const asked = { method: 'POST', url: 'https://api.test/v1', headers: [], body: new Uint8Array(0), leftOut: 0 }
  return {
    ...{ id: 'x', time: '', key: null, dialects: { client: 'chat', upstream: 'chat' }, upstreamName },
    ...{ steps: [], leftOut: { client: 0, upstream: 0 }, report: undefined },
    client: { ...asked, url: '/v1/chat/completions?key=[redacted]', headers: ['Authorization', '[redacted]'] },
    upstream: { ...asked, ...upstream },
  }
}

test('secrets are variables, named after the upstream, the gateway or their header', () => {
  const capture = captureOf({
    url: 'https://api.test/v1?key=[redacted]&alt=sse&access_token=[redacted]',
    headers: [
      'authorization',
      '[redacted]',
      'X-Session-Token',
      '[redacted]',
      'host',
      'api.test',
      'x-title',
      'a "b" $c',
    ],
    body: fromUtf8(`{"text":"it's $HOME"}`),
  })
  assert.equal(
    toCurl(capture, 'upstream', ORIGIN),
    String.raw`curl -N \
  'https://api.test/v1?key='"$OPENAI_API_KEY"'&alt=sse&access_token='"$ACCESS_TOKEN" \
  -H "authorization: Bearer $OPENAI_API_KEY" \
  -H "X-Session-Token: $X_SESSION_TOKEN" \
  -H 'x-title: a "b" $c' \
  -H 'content-type:' \
  --data-raw '{"text":"it'\''s $HOME"}'
`,
  )
  assert.equal(
    toCurl(capture, 'client', ORIGIN),
    String.raw`curl -N \
  -X 'POST' \
  'http://127.0.0.1:8642/v1/chat/completions?key='"$MILLRACE_KEY" \
  -H "Authorization: Bearer $MILLRACE_KEY"
`,
  )
})

test('what is missing of a body is told, and what nobody asked is not there', () => {
  const capture = captureOf({ body: fromUtf8('{"a":"[redacted]'), leftOut: 20 })
  const [cut, secrets] = (toCurl(capture, 'upstream', ORIGIN) as string).split('\n')
  assert.equal(cut, '# 20 bytes of the body were not kept: it ends early.')
  assert.equal(secrets, '# The body held secrets: "[redacted]" stands for each.')
  assert.equal(toCurl({ ...capture, upstream: undefined }, 'upstream', ORIGIN), undefined)
})

const BODIES: readonly (readonly [name: string, body: Uint8Array])[] = [
  ['quotes, variables and commands', fromUtf8(`{"t":"'\\"$(exit 1)\`exit 1\`!$HOME\\\\"}\n\tü 🌾`)],
  ['a file that is named', fromUtf8('@/etc/hostname')],
  ['no UTF-8', Uint8Array.of(0xff, 0x00, 0x41)],
  ['what steers a terminal', fromUtf8('\u001b[31m \u202e')],
  ['more than an argument may have', fromUtf8(`'${'x'.repeat(200_000)}'`)],
]
for (const [name, body] of BODIES)
  test(`sh and curl send a body of ${name} as it was`, async () => {
    const server = createServer(async (request, response) => {
      const sent = { headers: request.rawHeaders, url: request.url, body: await buffer(request) }
      response.end()
      server.emit('asked', sent)
    })
      .listen(0, '127.0.0.1')
      .unref()
    await once(server, 'listening')
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/a?b={1}&c='$(exit)&key=[redacted]`
    const headers = ['authorization', '[redacted]', 'X-Own', `it's; $(exit 1)`, 'content-type', 'application/json']
    const asked = once(server, 'asked')
    const line = toCurl(captureOf({ url, headers, body }, 'own-1'), 'upstream', ORIGIN) as string
    const env = { PATH: process.env.PATH, OWN_1_API_KEY: 'a-key' }
    // Its own failure, before the server waits for it in vain.
    const file = join(folder, 'line.sh')
    await writeFile(file, line)
    await promisify(execFile)('sh', [file], { env }).catch(error => server.emit('error', error))
    const [sent] = await asked
    assert.deepEqual(sent.body, Buffer.from(body))
    assert.equal(sent.url, `/a?b={1}&c='$(exit)&key=a-key`)
    const value = (wanted: string) => sent.headers[sent.headers.indexOf(wanted) + 1]
    assert.deepEqual([value('authorization'), value('X-Own')], ['Bearer a-key', `it's; $(exit 1)`])
    server.closeAllConnections()
    server.close()
  })
