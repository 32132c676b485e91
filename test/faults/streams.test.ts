/** Every fault of an answer, wherever it can strike, on every way: what client, report and hooks are told. */
import assert from 'node:assert/strict'
import { after, before, suite, test } from 'node:test'
import type { DialectName } from '../../src/dialects/index.ts'
import type { SeenRequest } from '../../src/simulator/index.ts'
import { eventually } from '../eventually.ts'
import { READERS } from '../sdk/readers.ts'
import { callsToldIn } from './calls.ts'
import {
  calling,
  type Ending,
  endingsOf,
  INSIDE_CALLS,
  type Point,
  pointsOf,
  type Row,
  rowsOf,
  usageAfter,
  WORDS,
  wholeCallsAt,
} from './endings.ts'
import { type House, startHouse } from './house.ts'
import { ask, heardBy, type Told } from './sdks.ts'
import { isRelayed, modelOf, rulesFor, TRANSPORTS, titleOf, type Way, wantsOf } from './ways.ts'

/** What only an answer that has come to its end says. */
const TERMINAL = /\[DONE\]|"(?:finish|stop)_reason":"|message_stop|response\.completed|"finishReason"/

/** How a stream ends that we have written ourselves. */
const LAST_WORDS: Readonly<Record<DialectName, RegExp>> = {
  chat: /"finish_reason":"(?:stop|tool_calls)".*\ndata: \[DONE\]\n\n$/s,
  responses: /\nevent: response\.completed\ndata: .*\n\n$/,
  messages: /"stop_reason":"(?:end_turn|tool_use)".*\nevent: message_stop\ndata: .*\n\n$/s,
  gemini: /"finishReason":"STOP".*\s$/s,
}

/** The budgets of answers that are to be given up. The others have the usual ones. */
const HASTY = { headMs: 2500, wholeHeadMs: 2500, firstTokenMs: 3500, idleMs: 2200, trailerMs: 500 }

/** The fault that strikes whoever uses the connection next. */
const SECOND_ANSWER = 'unsolicited'

for (const { transport, relayed, crossing, converted } of TRANSPORTS) {
  const ways = [...relayed, ...converted.stream, ...converted.whole]

  suite(`a fault of the upstream that ${transport} asks`, { concurrency: 64 }, () => {
    let house: House
    before(async () => {
      const budgets = { patient: {}, hasty: HASTY }
      const models = [...rulesFor(budgets), ...rulesFor({ 'patient-calling': {}, 'hasty-calling': HASTY }, 'sim/tools')]
      house = await startHouse({ transport, timeouts: { headHoldMs: 1200 }, models })
    })
    after(() => house.close())

    for (const way of ways)
      checkRows(
        way,
        () => house,
        rowsOf(way).filter(({ fault }) => fault !== SECOND_ANSWER),
      )

    for (const way of crossing)
      for (const row of rowsOf(way).map(calling))
        for (const point of INSIDE_CALLS)
          for (const ending of endingsOf(row, point, way))
            test(`${titleOf(way)}: ${row.fault} in the calls, at ${point}, ends ${ending.outcome}`, async () => {
              const { text } = await check(house, way, row, point, ending)
              // Of a call that was torn nobody may think that it is whole: some run it before the answer has ended.
              const calls = callsToldIn(way.client, text)
              const [least, most] = wholeCallsAt(point, way, ending)
              assert.ok(calls.length >= least && calls.length <= most, `${calls.length} calls are told as whole`)
              for (const input of calls) assert.deepEqual(input, { place: 'Löwenbrück' })
            })
  })

  // One after the other: on a machine in use it can come so late that the connection is another request's by then.
  suite(`a second answer of the upstream that ${transport} asks`, () => {
    let house: House
    before(async () => {
      house = await startHouse({ transport, timeouts: { headHoldMs: 1200 }, models: rulesFor({ patient: {} }) })
    })
    after(() => house.close())

    for (const way of ways)
      checkRows(
        way,
        () => house,
        rowsOf(way).filter(({ fault }) => fault === SECOND_ANSWER),
      )
  })
}

function checkRows(way: Way, house: () => House, rows: readonly Row[]): void {
  for (const row of rows)
    for (const point of pointsOf(way))
      for (const ending of endingsOf(row, point, way))
        test(`${titleOf(way)}: ${row.fault} at ${point} ends ${ending.outcome}, told by ${ending.told}`, async () => {
          await check(house(), way, row, point, ending)
        })
}

async function check(house: House, way: Way, row: Row, point: Point, ending: Ending): Promise<Told> {
  const { fault, model } = row
  const name = `${model} ${titleOf(way)} ${fault} ${point}`
  const headers = { 'x-sim': `words=12,delay=2,fault=${fault},at=${point}`, 'x-case': name }
  const told = await ask(way.client, { url: house.url, model: modelOf(way, model), headers }, wantsOf(way))
  const report = await house.report(told.headers.get('x-millrace-request-id'))

  assert.deepEqual(
    {
      status: told.status,
      outcome: report.outcome,
      code: report.error?.code ?? null,
      usage: report.usage.provenance,
    },
    { status: ending.status, outcome: ending.outcome, code: ending.code, usage: usageAfter(row, point, way, ending) },
    told.text.slice(-500),
  )
  assert.equal(report.status, ending.status)
  checkTold(way, ending, told)
  if (way.shape === 'stream' && ending.told === 'nothing' && report.usage.provenance === 'reported')
    assert.equal(READERS[way.client].fold(told.items).usage?.output, report.usage.output)

  assert.deepEqual(await house.hooks(report.id), [
    'provider.stream.start',
    'provider.request.sent',
    ...(point === 'accept' ? [] : ['provider.response.received']),
    ...(ending.code === null ? [] : ['provider.error']),
    'provider.stream.end',
  ])
  // The others have closed the connection themselves.
  if (model.startsWith('hasty')) await eventually(async () => isOver(await house.seen(name)) || undefined)
  return told
}

function isOver({ complete, hungUp }: SeenRequest): boolean {
  return complete || hungUp
}

function checkTold(way: Way, { told: by, says }: Ending, told: Told): void {
  if (by === 'nothing') assert.equal(told.error, undefined)
  if (by === 'nothing' && !isRelayed(way)) checkWhole(way, told)
  if (by === 'nothing' || by === 'what follows') return
  assert.doesNotMatch(told.text, TERMINAL)
  if (by === 'a cut') assert.ok(told.error instanceof Error)
  else assert.equal(heardBy(way.client, told), says && WORDS[says][way.client])
}

/** What was converted ends as its dialect says, whatever the upstream has left out. */
function checkWhole(way: Way, { text, items }: Told): void {
  if (wantsOf(way) === 'stream') assert.match(text, LAST_WORDS[way.client])
  else assert.equal(items.length, 1)
  assert.match(text, /\bBelow\b|\bcall/)
}
