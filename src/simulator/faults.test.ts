/** What each fault looks like from the other end of the socket. */
import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { RawClient } from '../../test/raw-client.ts'
import { ask, DIALECTS, eventsOf, ManualClock, STAGES, STREAMS } from '../../test/simulated.ts'
import type { DialectName } from '../dialects/index.ts'
import { type Simulator, startSimulator } from './index.ts'

const simulator = await startSimulator()
after(() => simulator.close())

async function sound(dialect: DialectName): Promise<readonly string[]> {
  return eventsOf((await (await ask(simulator, dialect)).answered()).body)
}

const last = (from: Simulator) => from.requests().at(-1)

for (const dialect of DIALECTS) {
  const [handshake, content, finish, trailer] = STAGES[dialect]
  const sent = {
    head: 0,
    handshake,
    first: handshake + 1,
    middle: handshake + Math.ceil(content / 2),
    last: handshake + content,
    finish: handshake + content + finish,
    end: handshake + content + finish + trailer,
  }

  for (const [at, count] of Object.entries(sent)) {
    test(`${dialect}: close at ${at} ends the body in good form after ${count} events`, async () => {
      const client = await (await ask(simulator, dialect, `fault=close,at=${at}`)).answered()
      assert.deepEqual(eventsOf(client.body), (await sound(dialect)).slice(0, count))
      assert.equal(client.ending, 'open')
    })

    test(`${dialect}: reset at ${at} breaks the connection after ${count} events`, async () => {
      const client = await (await ask(simulator, dialect, `fault=reset,at=${at}`)).closed()
      assert.equal(client.ending, 'reset')
      assert.deepEqual(eventsOf(client.body), (await sound(dialect)).slice(0, count))
      assert.ok(!client.hasLastChunk)
    })

    test(`${dialect}: fin at ${at} ends the connection and not the body`, async () => {
      const client = await (await ask(simulator, dialect, `fault=fin,at=${at}`)).closed()
      assert.equal(client.ending, 'end')
      assert.deepEqual(eventsOf(client.body), (await sound(dialect)).slice(0, count))
      assert.ok(!client.hasLastChunk)
    })

    test(`${dialect}: stall at ${at} sends ${count} events and keeps the connection`, async () => {
      const client = await ask(simulator, dialect, `fault=stall,at=${at}`)
      await client.until(({ body, status }) => status === 200 && eventsOf(body).length === count)
      assert.equal(client.ending, 'open')
      assert.equal(last(simulator)?.frames, count)
      client.leave()
    })
  }

  test(`${dialect}: torn ends the body inside an event`, async () => {
    const client = await (await ask(simulator, dialect, 'fault=torn')).answered()
    const events = await sound(dialect)
    const torn = events[sent.middle] ?? ''
    const half = Buffer.from(torn).subarray(0, Buffer.byteLength(torn) >> 1)
    assert.equal(client.body, `${events.slice(0, sent.middle).join('')}${half}`)
  })

  test(`${dialect}: an error event stands where it is wanted, then the body ends`, async () => {
    for (const at of ['head', 'middle', 'last'] as const) {
      const client = await (await ask(simulator, dialect, `fault=error,nodone=yes,at=${at}`)).answered()
      const events = eventsOf(client.body)
      assert.equal(events.length, sent[at] + 1)
      assert.match(events.at(-1) ?? '', ERRORS[dialect][at === 'head' ? 0 : 1])
    }
  })

  test(`${dialect}: texterror is an error that is only a text`, async () => {
    const client = await (await ask(simulator, dialect, 'fault=texterror,at=first')).answered()
    assert.match(client.body, /data: \{"error":"The mill is closed"\}(\r?\n){2}$/)
  })

  test(`${dialect}: endless is one line without an end`, async () => {
    const client = await (await ask(simulator, dialect, 'fault=endless,size=200000,at=head')).answered()
    assert.equal(client.body, `data: ${'x'.repeat(200_000)}`)
  })

  test(`${dialect}: tiny events come before the rest`, async () => {
    const client = await (await ask(simulator, dialect, 'fault=tiny,events=10000,at=head')).answered()
    assert.equal(client.body, 'data: {}\n\n'.repeat(10_000) + (await sound(dialect)).join(''))
  })
}

const ERRORS: Record<DialectName, readonly [first: RegExp, later: RegExp]> = {
  chat: [/^data: \{"error":\{"code":"server_error"/, /^data: \{"error":\{"code":"server_error"/],
  responses: [/^event: error\ndata: .+"sequence_number":0\}/, /^event: response.failed\ndata: .+"status":"failed"/],
  messages: [/^event: error\ndata: .+"overloaded_error"/, /^event: error\ndata: .+"overloaded_error"/],
  gemini: [/^data: \{"error":\{"code":503,/, /^data: \{"error":\{"code":503,/],
}

test('an error event of chat is followed by [DONE] unless told otherwise', async () => {
  const { body } = await (await ask(simulator, 'chat', 'fault=error')).answered()
  assert.match(body, /server_error.+\n\ndata: \[DONE\]\n\n$/)
})

test('nohead never answers, and the log sees the client leave', async () => {
  const clock = new ManualClock()
  const slow = await startSimulator({ clock })
  const client = await ask(slow, 'chat', 'fault=nohead')
  while (last(slow)?.body === undefined) await new Promise(setImmediate)
  clock.pass(1234)
  assert.equal(client.received, '')
  client.leave()
  while (!last(slow)?.hungUp) await new Promise(setImmediate)
  assert.deepEqual([last(slow)?.status, last(slow)?.hungUpMs, last(slow)?.complete], [null, 1234, false])
  await slow.close()
})

test('before the head a connection can stall, reset or end, and nothing else', async () => {
  assert.equal((await (await ask(simulator, 'chat', 'fault=reset,at=accept')).closed()).ending, 'reset')
  const ended = await (await ask(simulator, 'chat', 'fault=fin,at=accept')).closed()
  assert.deepEqual([ended.ending, ended.received], ['end', ''])
  const refused = await ask(simulator, 'chat', 'fault=error,at=accept')
  await refused.until(({ body }) => body.endsWith('}'))
  assert.equal(refused.status, 400)
})

test('badchunk is a chunk without a size', async () => {
  const client = await (await ask(simulator, 'messages', 'fault=badchunk')).closed()
  assert.match(client.received, /\r\nmill\r\nthis is not a chunk\r\n$/)
})

test('pings come for ever, and nothing else', async () => {
  const messages = await ask(simulator, 'messages', 'fault=pings,every=1')
  await messages.until(({ body }) => eventsOf(body).length > 3)
  assert.deepEqual([...new Set(eventsOf(messages.body))], ['event: ping\ndata: {"type": "ping"}\n\n'])
  messages.leave()
  const chat = await ask(simulator, 'chat', 'fault=pings,every=1')
  await chat.until(({ body }) => eventsOf(body).length > 3)
  assert.deepEqual([...new Set(eventsOf(chat.body))], [': simulated\n\n'])
  chat.leave()
})

test('drip sends a byte a minute', async () => {
  const clock = new ManualClock()
  const slow = await startSimulator({ clock })
  const client = await ask(slow, 'chat', 'fault=drip')
  for (const text of ['d', 'da', 'dat', 'data']) {
    while (clock.nextMs === undefined) await new Promise(setImmediate)
    assert.equal(clock.nextMs, 60_000)
    clock.pass(60_000)
    await client.until(({ body }) => body === text)
  }
  await slow.close()
})

test('unsolicited bytes follow the end of the response', async () => {
  const client = await ask(simulator, 'gemini', 'fault=unsolicited')
  await client.until(({ received }) => received.endsWith('mill'))
  assert.match(client.received, /\r\n0\r\n\r\nHTTP\/1.1 200 OK\r\ncontent-length: 4\r\n\r\nmill$/)
  client.leave()
})

test('a whole body fails at its head, or where it is wanted', async () => {
  const [path, body] = STREAMS.messages
  const whole = (settings: string) =>
    RawClient.post(simulator.port, path, { ...body, stream: false }, { 'x-sim': settings })
  const text = (await (await whole('')).until(({ body }) => body.endsWith('}}'))).body
  assert.equal((await (await whole('fault=reset')).closed()).body, '')
  const half = await (await whole('fault=fin,at=first')).closed()
  assert.ok(half.body.length > 0 && text.startsWith(half.body))
  assert.match((await (await whole('fault=error')).answered()).body, /^\{"type":"error","error":\{"type":"api_error"/)
})

test('a fault strikes a request whose answer has to wait for the one before it', async () => {
  const [path, body] = STREAMS.chat
  const json = JSON.stringify(body)
  const request = (settings: string) => {
    const fields = `host: sim\r\nx-sim: ${settings}\r\ncontent-length: ${Buffer.byteLength(json)}`
    return `POST ${path} HTTP/1.1\r\n${fields}\r\n\r\n${json}`
  }
  const both = request('head=60000') + request('fault=reset,at=accept')
  const client = await (await RawClient.send(simulator.port, both)).closed()
  assert.equal(client.ending, 'reset')
})
