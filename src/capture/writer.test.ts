import assert from 'node:assert/strict'
import { test } from 'node:test'
import { reportOf } from '../../test/reports.ts'
import type { Recorded } from './recorded.ts'
import { CaptureWriter } from './writer.ts'

const SETUP = { folder: '/nowhere/millrace', secrets: [], maxAgeMs: 1, maxTotalBytes: 1 }

function program(onJob: string): URL {
  const lines = `import { parentPort } from 'node:worker_threads'; parentPort.on('message', job => { ${onJob} })`
  return new URL(`data:text/javascript,${encodeURIComponent(lines)}`)
}

function recorded(body: Uint8Array): Recorded {
  const request = { method: 'POST', url: '/', headers: [], leftOut: 0 }
  return {
    ...{ id: 'x', time: '', key: null, upstreamName: null, dialects: { client: 'chat', upstream: null } },
    client: { ...request, body },
    upstream: { ...request, body: 'as-client' },
    ...{ bytes: { client: body, upstream: body }, chunks: [], marks: [], leftOut: { client: 0, upstream: 0 } },
    report: reportOf('completed'),
  }
}

test('a thread that dies is told, and the next job has a new one', async () => {
  const dies = `if (job.number === 0) throw new Error('Broken'); parentPort.postMessage({ number: job.number })`
  const writer = new CaptureWriter(SETUP, program(dies))
  assert.equal(await writer.prune(), 'Broken')
  assert.equal(await writer.prune(), undefined)
  await writer.close()
})

test('what is written is a copy: neither the body nor its neighbours in memory are given away', async () => {
  const writer = new CaptureWriter(
    SETUP,
    program(
      'parentPort.postMessage({ number: job.number, error: String(job.recorded.client.body.buffer.byteLength) })',
    ),
  )
  const body = Buffer.from('a body in the pool of buffers')
  assert.equal(await writer.write(recorded(body)), '29')
  assert.equal(body.toString(), 'a body in the pool of buffers')
  await writer.close()
})

test('closing waits for what was asked, in its order', async () => {
  const slow = 'setTimeout(() => parentPort.postMessage({ number: job.number, error: String(job.number) }), 20)'
  const writer = new CaptureWriter(SETUP, program(slow))
  const done: (string | undefined)[] = []
  for (let n = 0; n < 3; n++) writer.prune().then(error => done.push(error))
  await writer.close()
  assert.deepEqual(done, ['0', '1', '2'])
})
