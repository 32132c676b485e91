import assert from 'node:assert/strict'
import { test } from 'node:test'
import { accessLogHook } from './access-log.ts'
import type { OtherState } from './hook-events.ts'

function lineOf(event: OtherState['event'], data: OtherState['data']): string | undefined {
  let line: string | undefined
  const hook = accessLogHook({
    write: text => {
      line = text
    },
  })
  hook.handle({ event, data, time: Date.UTC(2026, 0, 5, 3, 9, 7), requestId: 'req_1', metadata: new Map() })
  return line
}

const ANSWERED = {
  ...{ method: 'POST', path: '/v1/messages', httpVersion: '1.1', remoteAddress: '127.0.0.1' },
  ...{ userAgent: 'claude-cli/2.1', status: 200, bytesOut: 48210, durationMs: 6841.3 },
}

test('an answered request is a line of the combined format, with its id and its time', () => {
  assert.equal(
    lineOf('http.response', ANSWERED),
    '127.0.0.1 - - [05/Jan/2026:03:09:07 +0000] "POST /v1/messages HTTP/1.1" 200 48210 "-" "claude-cli/2.1" req_1 6841.3',
  )
})

test('who left before any status has none, and what was no request has no line', () => {
  const line = lineOf('http.error', { ...ANSWERED, status: null, userAgent: undefined, bytesOut: 0 })
  assert.match(line ?? '', /HTTP\/1\.1" - 0 "-" "-" req_1/)
  assert.equal(lineOf('http.error', { status: 400 }), undefined)
})

test('what a client wrote can neither end its field nor the line, nor steer a terminal', () => {
  const line = lineOf('http.response', { ...ANSWERED, userAgent: 'a" 500 \\"\n\u001b[31mred' }) ?? ''
  assert.ok(line.includes(String.raw`"a\" 500 \\\"\n\u001b[31mred" req_1`), line)
  assert.ok((lineOf('http.response', { ...ANSWERED, path: `/${'x'.repeat(5000)}` }) ?? '').length < 700)
})
