import assert from 'node:assert/strict'
import { test } from 'node:test'
import { EventWriter, type NewBlock, type StreamEvent } from '../../model/index.ts'
import { BlockOrder } from './block-order.ts'

const TEXT: NewBlock = { choice: 0, kind: 'text' }
const REASONING: NewBlock = { choice: 0, kind: 'reasoning', form: 'full' }

function call(callId: string): NewBlock {
  return { choice: 0, kind: 'tool-call', callId, name: 'f', runBy: 'client', input: 'json' }
}

/** What is let through of what a script writes, as `open 0`, `1 text`, `close 0`. */
function orderOf(script: (writer: EventWriter) => void): readonly string[] {
  const told: string[] = []
  const order = new BlockOrder(event => told.push(wordOf(event)))
  script(new EventWriter(event => order.push(event)))
  return told.filter(word => word !== '')
}

function wordOf(event: StreamEvent): string {
  if (event.type === 'block-start') return `open ${event.index}`
  if (event.type === 'block-end') return `close ${event.index}`
  return 'text' in event ? `${event.index} ${event.text}` : ''
}

test('a block waits until the one before it is closed', () => {
  const told = orderOf(writer => {
    const reasoning = writer.open(REASONING)
    writer.text(reasoning, 'Hm')
    const text = writer.open(TEXT)
    writer.text(text, 'Hi')
    writer.text(reasoning, 'm')
    writer.close(text)
    writer.close(reasoning)
  })
  assert.deepEqual(told, ['open 0', '0 Hm', '0 m', 'close 0', 'open 1', '1 Hi', 'close 1'])
})

test('calls pass as they come, and only among each other', () => {
  const told = orderOf(writer => {
    const [one, two] = [writer.open(call('a')), writer.open(call('b'))]
    writer.payload(two, '2')
    writer.payload(one, '1')
    const text = writer.open(TEXT)
    const three = writer.open(call('c'))
    writer.payload(three, '3')
    writer.close(one)
    writer.close(two)
    writer.text(text, 'Hi')
    writer.close(text)
    writer.close(three)
  })
  const calls = ['open 0', 'open 1', '1 2', '0 1', 'close 0', 'close 1']
  assert.deepEqual(told, [...calls, 'open 2', '2 Hi', 'close 2', 'open 3', '3 3', 'close 3'])
})

test('candidates do not wait for each other', () => {
  const told = orderOf(writer => {
    const [one, other] = [writer.open(TEXT), writer.open({ ...TEXT, choice: 1 })]
    writer.text(other, 'b')
    writer.text(one, 'a')
  })
  assert.deepEqual(told, ['open 0', 'open 1', '1 b', '0 a'])
})
