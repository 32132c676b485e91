import assert from 'node:assert/strict'
import { test } from 'node:test'
import { failure } from '../errors.ts'
import { EventWriter, foldEvents, type Message, type Request, type StreamEvent, unfoldMessage } from '../model/index.ts'
import { bridgeCustomTools, functionDescription, textInput, withCustomCalls } from './custom-tools.ts'

const REQUEST: Request = {
  model: 'm',
  stream: true,
  instructions: [],
  turns: [],
  tools: [{ kind: 'custom', name: 'patch' }],
  sampling: {},
}

const call = (name: string, input: 'json' | 'text', payload: string) =>
  ({ kind: 'tool-call', callId: name, name, runBy: 'client', input, payload }) as const

const messageOf = (...parts: ReturnType<typeof call>[]): Message => ({
  id: 'a',
  model: 'm',
  candidates: [{ index: 0, parts, finish: { reason: 'tool-calls', raw: 'tool_use' } }],
})

const BRIDGED = messageOf(call('patch', 'json', '{"input":"*** \\"x\\"\\n"}'), call('find', 'json', '{"input":"q"}'))
const FREE = messageOf(call('patch', 'text', '*** "x"\n'), call('find', 'json', '{"input":"q"}'))

test('a call of a custom tool is free text again, whole and as a stream', () => {
  assert.deepEqual(withCustomCalls(BRIDGED, REQUEST), FREE)
  const events: StreamEvent[] = []
  unfoldMessage(
    BRIDGED,
    bridgeCustomTools(REQUEST, event => events.push(event)),
  )
  assert.deepEqual(foldEvents(events), FREE)
})

test('of a call that was torn nobody knows the text', () => {
  const events: StreamEvent[] = []
  const writer = new EventWriter(bridgeCustomTools(REQUEST, event => events.push(event)))
  const index = writer.open({
    kind: 'tool-call',
    choice: 0,
    callId: 'c',
    name: 'patch',
    runBy: 'client',
    input: 'json',
  })
  writer.payload(index, '{"input":"*** Be')
  writer.fail(failure('truncated', 'Torn'))
  assert.deepEqual(
    events.map(({ type }) => type),
    ['message-start', 'block-start', 'block-end', 'error'],
  )
})

test('without custom tools nothing stands between', () => {
  const emit = () => {}
  assert.equal(bridgeCustomTools(undefined, emit), emit)
  assert.equal(withCustomCalls(BRIDGED, { ...REQUEST, tools: [] }), BRIDGED)
})

test('a payload of another shape stays', () => {
  for (const payload of ['', '*** x', '{"input":1}', '{"patch":"x"}']) assert.equal(textInput(payload), payload)
})

test('the grammar of a custom tool is told in the description of its function', () => {
  const tool = { kind: 'custom', name: 'patch', grammar: { syntax: 'lark', definition: 'start: "x"' } } as const
  const rule = 'The `input` must be text of this lark grammar, and no JSON:\nstart: "x"'
  assert.equal(functionDescription(tool), rule)
  assert.equal(functionDescription({ ...tool, description: 'Edits files' }), `Edits files\n\n${rule}`)
  assert.equal(functionDescription({ kind: 'custom', name: 'patch', description: 'Edits files' }), 'Edits files')
})
