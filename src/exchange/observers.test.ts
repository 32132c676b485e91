import assert from 'node:assert/strict'
import { test } from 'node:test'
import { DELTA, DONE, defer, FINISH, USAGE } from '../../test/deferred.ts'
import { NotingOutlet } from '../../test/scripted.ts'
import { toUtf8 } from '../bytes.ts'
import { DIALECTS } from '../dialects/index.ts'
import { failure } from '../errors.ts'
import { bothOf, Exchange, type ExchangeObserver, relayAdapter } from './index.ts'

/** Notes what it is told, under its name. */
function noting(name: string, notes: string[]): ExchangeObserver {
  const note = (what: string) => notes.push(`${name} ${what}`)
  return {
    onStart: attempt => note(`start ${attempt?.upstream}`),
    onHead: ({ status }) => note(`head ${status}`),
    onRawChunk: chunk => note(`raw ${toUtf8(chunk).length}`),
    onRawEnd: failed => note(`raw end ${failed?.transport}`),
    onSentHead: ({ headers }) => note(`sent head ${headers.at(-1)}`),
    onSentChunk: chunk => note(`sent ${toUtf8(chunk).length}`),
    onEnd: ({ outcome }) => note(`end ${outcome}`),
  }
}

function run(observer: ExchangeObserver) {
  const { client, call } = defer()
  const adapter = relayAdapter(DIALECTS.chat)
  const request = { method: 'POST', url: new URL('http://up.test/v1'), headers: [], body: undefined }
  let left = 1
  const next = () => (left-- > 0 ? { upstream: 'up', client, request, adapter } : undefined)
  const exchange = new Exchange(next, new NotingOutlet(), {
    ...{ hold: 'frame', wants: 'stream', subject: { id: 'x' }, fallback: adapter, observer },
    ownHeaders: () => ['x-own', 'ours'],
  })
  return { report: exchange.start(), call: call() }
}

test('two observers are told everything, in its order, the first one first', async () => {
  const notes: string[] = []
  const { report, call } = run(bothOf(noting('1', notes), noting('2', notes)))
  call.head(200, ['content-type', 'text/event-stream']).data(DELTA)
  call.data(FINISH + USAGE + DONE).end()
  await report
  const told = ['start up', 'head 200', 'raw 91', 'sent head ours', 'sent 91', 'raw 173', 'sent 173']
  const ends = ['raw end undefined', 'end completed']
  assert.deepEqual(
    notes,
    [...told, ...ends].flatMap(what => [`1 ${what}`, `2 ${what}`]),
  )
})

test('an observer is told how a connection failed', async () => {
  const notes: string[] = []
  const { report, call } = run(noting('1', notes))
  call.head(200, ['content-type', 'text/event-stream']).data(DELTA)
  call.error(failure('upstream', 'Cannot read', { transport: 'ECONNRESET' }))
  await report
  assert.ok(notes.includes('1 raw end ECONNRESET'), notes.join())
  assert.equal(notes.at(-1), '1 end failed')
})

test('what neither of two observers wants stays unwanted', () => {
  const { onRawChunk, onSentChunk, onEvent, wantsEvents } = bothOf({}, { onRawChunk() {} })
  assert.deepEqual([typeof onRawChunk, onSentChunk, onEvent, wantsEvents], ['function', undefined, undefined, false])
})
