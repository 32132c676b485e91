/** Every fault of a stream, wherever it can strike, in every dialect: what client, report and hooks are told. */
import assert from 'node:assert/strict'
import { after, before, suite, test } from 'node:test'
import type { DialectName } from '../../src/dialects/index.ts'
import type { SeenRequest } from '../../src/simulator/index.ts'
import { eventually } from '../eventually.ts'
import { DIALECTS } from '../simulated.ts'
import { type Ending, POINTS, type Point, phaseAt, type Row, rowsOf, WORDS } from './endings.ts'
import { type House, startHouse } from './house.ts'
import { ask, heardBy } from './sdks.ts'

/** What only an answer that has come to its end says. */
const TERMINAL = /\[DONE\]|"finish_reason":"|message_delta|message_stop|response\.completed|"finishReason"/

/** The budgets of streams that are to be given up. The others have the usual ones. */
const HASTY = { headMs: 1000, firstTokenMs: 2000, idleMs: 1500, trailerMs: 500 }

suite('a fault of the upstream', { concurrency: 64 }, () => {
  let house: House
  before(async () => {
    house = await startHouse({
      timeouts: { headHoldMs: 100 },
      models: [
        { match: 'patient', upstream: 'upstream', model: 'sim/story' },
        { match: 'hasty', upstream: 'upstream', model: 'sim/story', timeouts: HASTY },
      ],
    })
  })
  after(() => house.close())

  for (const dialect of DIALECTS) {
    for (const row of rowsOf(dialect)) {
      for (const point of POINTS) {
        const ending = row.ends[phaseAt(point, dialect)]
        if (ending !== undefined)
          test(`${dialect}: ${row.fault} at ${point} ends ${ending.outcome}, told by ${ending.told}`, () =>
            check(house, dialect, row, point, ending))
      }
    }
  }
})

async function check(house: House, dialect: DialectName, { fault, model }: Row, point: Point, ending: Ending) {
  const name = `${dialect} ${fault} ${point}`
  const headers = { 'x-sim': `words=12,delay=2,fault=${fault},at=${point}`, 'x-case': name }
  const told = await ask(dialect, { url: house.url, model, headers })
  const report = await house.report(told.headers.get('x-millrace-request-id') ?? '')

  assert.deepEqual(
    { status: told.status, outcome: report.outcome, code: report.error?.code ?? null },
    { status: ending.status, outcome: ending.outcome, code: ending.code },
    told.text.slice(-500),
  )
  assert.equal(report.status, ending.status)
  checkTold(dialect, ending, told)

  assert.deepEqual(await house.hooks(report.id), [
    'provider.stream.start',
    'provider.request.sent',
    ...(point === 'accept' ? [] : ['provider.response.received']),
    ...(ending.code === null ? [] : ['provider.error']),
    'provider.stream.end',
  ])
  // The others have closed the connection themselves.
  if (model === 'hasty') await eventually(async () => isOver(await house.seen(name)) || undefined)
}

function isOver({ complete, hungUp }: SeenRequest): boolean {
  return complete || hungUp
}

function checkTold(dialect: DialectName, { told: by, says }: Ending, told: Awaited<ReturnType<typeof ask>>): void {
  if (by === 'nothing') assert.equal(told.error, undefined)
  if (by === 'nothing' || by === 'what follows') return
  assert.doesNotMatch(told.text, TERMINAL)
  if (by === 'a cut') assert.ok(told.error instanceof Error)
  else assert.equal(heardBy(dialect, told), says && WORDS[says][dialect])
}
