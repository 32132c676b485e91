import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import { chat, type Dialect, type Edit, gemini, messages, responses } from '../dialects/index.ts'
import { failure } from '../errors.ts'
import { Losses, type MapEvents } from '../model/index.ts'
import { DEFAULT_LIMITS } from './budgets.ts'
import { relayAdapter } from './relay.ts'

function edit(dialect: Dialect, mapEvents: MapEvents, limits = DEFAULT_LIMITS) {
  const edits = new Set<Edit>()
  const losses = new Losses()
  const stage = relayAdapter(dialect).stage({ clientModel: 'm', shape: 'stream', limits, edits, losses, mapEvents })
  const sent: string[] = []
  const out = (bytes: Uint8Array) => sent.push(Buffer.from(bytes).toString())
  return {
    ...{ stage, edits, losses, sent },
    push: (text: string) => stage.push(Buffer.from(text), out),
    end: () => stage.end(out),
    fail: () => stage.fail(failure('timeout', 'Too slow'), out),
    get text() {
      return sent.join('')
    },
  }
}

const upper: MapEvents = event => (event.type === 'text-delta' ? { ...event, text: event.text.toUpperCase() } : event)

const delta = (text: string, more = '') =>
  `data: {"id":"c1", "x_${'own'}":1,"choices":[{"index":0,"delta":{"content":${JSON.stringify(text)}}${more}}], "p":"abc"}\r\n\r\n`
const FINISH = 'data: {"id":"c1","choices":[{"index":0,"delta":{},"finish_reason":"stop"}]}\n\n'
const DONE = 'data: [DONE]\n\n'

suite('chat', () => {
  test('a changed text is put into its own frame, and every other byte stays', () => {
    const lane = edit(chat, upper)
    lane.push(delta('das Mehl 🌾') + delta('!') + FINISH + DONE)
    assert.equal(lane.text, delta('DAS MEHL 🌾') + delta('!') + FINISH + DONE)
    assert.deepEqual([...lane.edits], ['mapped'])
  })

  test('of several pieces one frame is made, of none no frame', () => {
    const lane = edit(chat, event => {
      if (event.type !== 'text-delta') return event
      return event.text === 'two' ? [event, { ...event, text: ' and a half' }] : event.text === 'none' ? [] : event
    })
    lane.push(delta('one') + delta('two') + delta('none') + FINISH + DONE)
    assert.equal(lane.text, delta('one') + delta('two and a half') + FINISH + DONE)
  })

  test('a delta beside a finish is emptied, and the finish stays', () => {
    const lane = edit(chat, event => (event.type === 'text-delta' ? [] : event))
    lane.push(delta('one', ',"finish_reason":"stop"') + DONE)
    assert.equal(lane.text, delta('', ',"finish_reason":"stop"') + DONE)
  })

  test('a text that is added has a frame of its own before those that stay as they came', () => {
    const lane = edit(chat, event =>
      event.type === 'block-end' ? [{ type: 'text-delta', index: event.index, text: ' Bye' }, event] : event,
    )
    lane.push(delta('Hello') + FINISH + DONE)
    const [hello, bye, ...rest] = lane.text.split(/(?<=\n\r?\n)/)
    assert.equal(hello, delta('Hello'))
    assert.deepEqual(JSON.parse((bye as string).slice(6)).choices[0].delta, { content: ' Bye' })
    assert.equal(rest.join(''), FINISH + DONE)
  })

  test('the finish waits until nothing can change it, and comments do not wait', () => {
    const lane = edit(chat, event => event)
    lane.push(`${delta('Hello')}: still here\n\n`)
    assert.equal(lane.text, `${delta('Hello')}: still here\n\n`)
    lane.push(FINISH)
    assert.ok(!lane.text.includes('finish_reason'))
    lane.push(DONE)
    assert.equal(lane.text, `${delta('Hello')}: still here\n\n${FINISH}${DONE}`)
    assert.deepEqual([...lane.edits], [])
  })

  test('another finish is told in the place of the one that came', () => {
    const lane = edit(chat, event =>
      event.type === 'choice-end' ? { ...event, finish: { reason: 'length', raw: 'length' } } : event,
    )
    lane.push(delta('Hello') + FINISH + DONE)
    assert.deepEqual(lane.text.match(/"finish_reason":"\w+"/g), ['"finish_reason":"length"'])
  })
})

suite('a function that fails', () => {
  const broken: MapEvents = event => {
    if (event.type === 'text-delta' && event.text === 'bad') throw new Error('no rule for this')
    return event
  }

  test('fails the answer in the stream, and nothing follows', () => {
    const lane = edit(chat, broken)
    lane.push(delta('good') + delta('bad') + delta('after') + FINISH + DONE)
    lane.end()
    assert.ok(lane.text.startsWith(delta('good')))
    assert.match(
      lane.text.slice(delta('good').length),
      /^data: \{"error":\{"message":"Cannot map the events.*no rule for this"/,
    )
    assert.ok(!lane.text.includes('after') && !lane.text.includes('[DONE]'))
    const { reading } = lane.stage.seen
    assert.match(reading.failure?.message ?? '', /no rule for this$/)
    assert.deepEqual([reading.isFinished, reading.isTerminal], [false, false])
  })

  test('is not asked any more, also not when the exchange fails', () => {
    let asked = 0
    const lane = edit(chat, () => {
      asked++
      throw new Error('never')
    })
    lane.push(delta('a'))
    const told = lane.text
    lane.push(delta('b'))
    lane.fail()
    assert.equal(asked, 1)
    assert.equal(lane.text, told)
  })
})

test('a function that fails at the end of a stream without a terminal event fails the answer', () => {
  const lane = edit(gemini, event => {
    if (event.type === 'choice-end') throw new Error('no such end')
    return event
  })
  const said = (text: string, more = '') =>
    `data: {"candidates":[{"content":{"parts":[{"text":"${text}"}],"role":"model"}${more}}]}\r\n\r\n`
  lane.push(said('Hello') + said('', ',"finishReason":"STOP"'))
  lane.end()
  assert.ok(lane.text.startsWith(said('Hello')))
  assert.match(lane.text, /no such end/)
  const { reading } = lane.stage.seen
  assert.match(reading.failure?.message ?? '', /no such end$/)
  assert.deepEqual([reading.isFinished, reading.isTerminal], [false, false])
})

suite('messages', () => {
  const frame = (type: string, members: object) => `event: ${type}\ndata: ${JSON.stringify({ type, ...members })}\n\n`
  const start = (index: number, block: object) => frame('content_block_start', { index, content_block: block })
  const say = (index: number, said: object) => frame('content_block_delta', { index, delta: said })
  const stop = (index: number) => frame('content_block_stop', { index })
  const message = {
    id: 'm-1',
    type: 'message',
    role: 'assistant',
    model: 'm',
    content: [],
    usage: { input_tokens: 5, output_tokens: 1 },
  }
  const STREAM =
    frame('message_start', { message }) +
    start(0, { type: 'thinking', thinking: '', signature: '' }) +
    say(0, { type: 'thinking_delta', thinking: 'Hm' }) +
    say(0, { type: 'signature_delta', signature: 'c2ln' }) +
    stop(0) +
    start(1, { type: 'text', text: '' }) +
    say(1, { type: 'text_delta', text: 'Hello' }) +
    stop(1) +
    frame('message_delta', { delta: { stop_reason: 'end_turn', stop_sequence: null }, usage: { output_tokens: 9 } }) +
    frame('message_stop', {})

  test('without its first block the second one is the first', () => {
    const lane = edit(messages, event => (event.type === 'block-start' && event.kind === 'reasoning' ? [] : event))
    lane.push(STREAM)
    assert.equal(
      lane.text,
      frame('message_start', { message }) +
        start(0, { type: 'text', text: '' }) +
        say(0, { type: 'text_delta', text: 'Hello' }) +
        stop(0) +
        frame('message_delta', {
          delta: { stop_reason: 'end_turn', stop_sequence: null },
          usage: { output_tokens: 9 },
        }) +
        frame('message_stop', {}),
    )
  })
})

suite('responses', () => {
  const frame = (type: string, members: object) => `event: ${type}\ndata: ${JSON.stringify({ type, ...members })}\n\n`
  const item = { id: 'msg_1', type: 'message', role: 'assistant' }
  const at = { item_id: 'msg_1', output_index: 0, content_index: 0 }
  const part = (text: string) => ({ type: 'output_text', annotations: [], logprobs: [], text })
  const stream = (texts: readonly string[]) => {
    const text = texts.join('')
    const done = { ...item, status: 'completed', content: [part(text)] }
    const response = { id: 'resp_1', object: 'response', created_at: 1, model: 'm' }
    const events: [string, object][] = [
      ['response.created', { response: { ...response, status: 'in_progress', output: [] } }],
      ['response.output_item.added', { output_index: 0, item: { ...item, status: 'in_progress', content: [] } }],
      ['response.content_part.added', { ...at, part: part('') }],
      ...texts.map((delta): [string, object] => ['response.output_text.delta', { ...at, delta, obfuscation: 'x1' }]),
      ['response.output_text.done', { ...at, text, logprobs: [] }],
      ['response.content_part.done', { ...at, part: part(text) }],
      ['response.output_item.done', { output_index: 0, item: done }],
      ['response.completed', { response: { ...response, status: 'completed', output: [done] } }],
    ]
    return events.map(([type, members], number) => frame(type, { ...members, sequence_number: number }))
  }
  const read = (text: string) =>
    text
      .split('\n\n')
      .slice(0, -1)
      .map(frame => JSON.parse(frame.split('data: ')[1] as string))

  test('a changed text is right wherever it is repeated, and its frame keeps all else', () => {
    const lane = edit(responses, upper)
    for (const frame of stream(['Hel', 'lo'])) lane.push(frame)
    const wanted = stream(['HEL', 'LO'])
    assert.deepEqual(lane.text.split(/(?<=\n\n)/).slice(0, 5), wanted.slice(0, 5))
    const [said, , whole, completed] = read(lane.text).slice(5)
    assert.deepEqual([said.text, whole.item.content[0].text], ['HELLO', 'HELLO'])
    assert.deepEqual(completed.response.output, [whole.item])
    assert.deepEqual(
      read(lane.text).map(event => event.sequence_number),
      [0, 1, 2, 3, 4, 5, 6, 7, 8],
    )
  })

  test('frames of a changed text are not held back until it is done', () => {
    const lane = edit(responses, upper)
    for (const frame of stream(['Hel', 'lo']).slice(0, 5)) {
      lane.push(frame)
      assert.ok(lane.text.endsWith('\n\n') || !frame.includes('delta'))
    }
    assert.match(lane.text, /"delta":"LO"/)
  })

  test('numbers close up behind a frame that is left out, and make room for one that is added', () => {
    const without = edit(responses, event => (event.type === 'text-delta' && event.text === 'Hel' ? [] : event))
    for (const frame of stream(['Hel', 'lo'])) without.push(frame)
    assert.deepEqual(
      read(without.text).map(event => event.sequence_number),
      [0, 1, 2, 3, 4, 5, 6, 7],
    )
    const more = edit(responses, event =>
      event.type === 'block-end' ? [{ type: 'text-delta', index: 0, text: '!' }, event] : event,
    )
    for (const frame of stream(['Hel', 'lo'])) more.push(frame)
    const events = read(more.text)
    assert.deepEqual(
      events.map(event => event.sequence_number),
      [0, 1, 2, 3, 4, 5, 6, 7, 8, 9],
    )
    assert.equal(events.at(-1).response.output[0].content[0].text, 'Hello!')
  })

  test('an error behind a change has the next number', () => {
    const lane = edit(responses, event => (event.type === 'text-delta' && event.text === 'Hel' ? [] : event))
    for (const frame of stream(['Hel', 'lo']).slice(0, 5)) lane.push(frame)
    lane.fail()
    assert.deepEqual(
      read(lane.text).map(event => event.sequence_number),
      read(lane.text).map((_, at) => at),
    )
    assert.equal(lane.text.match(/^event: response\.failed$/gm)?.length, 1)
    assert.doesNotMatch(lane.text, /output_item\.done/)
    assert.deepEqual([...lane.edits], ['mapped', 'ended'])
  })

  test('what was held back is let go before an error that ends the answer', () => {
    const held: string[] = []
    const lane = edit(responses, event => {
      if (event.type === 'block-end') return [{ type: 'text-delta', index: event.index, text: held.join('') }, event]
      if (event.type !== 'text-delta') return event
      held.push(event.text)
      return []
    })
    for (const frame of stream(['Hel', 'lo']).slice(0, 5)) lane.push(frame)
    lane.fail()
    assert.match(lane.text, /"delta":"Hello".*"type":"response\.failed"/s)
  })
})

suite('limits', () => {
  test('a frame that is too long to be read fails the answer', () => {
    const lane = edit(chat, upper, { ...DEFAULT_LIMITS, eventBytes: 1000 })
    lane.push(delta('a'))
    lane.push(delta('b'.repeat(2000)))
    assert.match(lane.text.slice(delta('A').length), /over the limit `eventBytes` of 1000 bytes/)
    assert.match(lane.stage.seen.reading.failure?.message ?? '', /`eventBytes`/)
  })

  test('what would have to be kept beyond `messageBytes` fails the answer', () => {
    const lane = edit(chat, event => event, { ...DEFAULT_LIMITS, messageBytes: 3000 })
    for (let count = 0; count < 10; count++) lane.push(delta('c'.repeat(500)))
    assert.match(lane.stage.seen.reading.failure?.message ?? '', /`messageBytes` of 3000 bytes$/)
  })
})
