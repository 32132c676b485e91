import assert from 'node:assert/strict'
import { test } from 'node:test'
import { reportOf } from '../../../test/reports.ts'
import { GapTrail, type Progress } from '../../exchange/index.ts'
import { Streams } from '../streams.ts'
import { LiveFeed } from './live-feed.ts'

class FakeStream {
  readonly id: string
  rosterIndex?: number | undefined
  at: Progress

  constructor(id: string, at: Partial<Progress> = {}) {
    this.id = id
    const known = { client: 'chat', upstream: 'up', upstreamDialect: 'messages', model: 'm', lane: 'convert' } as const
    const none = { tokens: 0, isEstimated: true, bytesIn: 0, firstTokenMs: undefined, state: 'waiting' } as const
    this.at = { id, key: undefined, startedMs: 1000, gaps: new GapTrail(), ...known, ...none, ...at }
  }

  cancel(): void {}
  progress(): Progress {
    return this.at
  }
  reportSoFar(): undefined {}

  move(at: Partial<Progress>): void {
    this.at = { ...this.at, ...at }
  }
}

function house(owner?: string) {
  const streams = new Streams()
  return { streams, feed: new LiveFeed(streams, owner) }
}

function enter(streams: Streams, id: string, at: Partial<Progress> = {}): FakeStream {
  const stream = new FakeStream(id, at)
  streams.enter(stream)
  return stream
}

function end(streams: Streams, stream: FakeStream): void {
  streams.note({ ...reportOf('completed'), id: stream.id, key: stream.at.key ?? null })
  streams.leave(stream)
}

test('a stream appears, moves and ends, each told once', () => {
  const { streams, feed } = house()
  const stream = enter(streams, 'one')
  const opened = feed.look(1000)
  assert.deepEqual(opened?.rows[0], {
    n: 0,
    id: 'one',
    key: null,
    client: 'chat',
    upstream: 'up',
    upstreamDialect: 'messages',
    model: 'm',
    lane: 'convert',
    state: 'waiting',
    outcome: null,
    startedMs: 1000,
    firstTokenMs: null,
    totalMs: null,
    tokens: 0,
    isEstimated: true,
    tokensPerSecond: 0,
    bytesIn: 0,
    gaps: [],
  })
  assert.equal(feed.look(1250), undefined)
  stream.at.gaps.push(12)
  stream.move({ state: 'writing', tokens: 4, bytesIn: 400 })
  assert.deepEqual(feed.look(1500), {
    atMs: 1500,
    unlisted: 0,
    passed: 0,
    rows: [],
    moved: [[0, 'writing', 4, 2.5, 400, [12]]],
  })
  end(streams, stream)
  const ended = feed.look(1750)
  assert.deepEqual(
    ended?.rows.map(({ n, id, state, outcome, tokens, totalMs }) => [n, id, state, outcome, tokens, totalMs]),
    [[0, 'one', 'done', 'completed', 412, 6841.3]],
  )
  assert.equal(feed.look(2000), undefined)
})

test('what becomes known later is told as a whole row', () => {
  const { streams, feed } = house()
  const stream = enter(streams, 'one', { upstream: undefined, lane: undefined })
  feed.look(1000)
  stream.move({ upstream: 'other', lane: 'relay' })
  const { rows, moved } = feed.look(1250) ?? {}
  assert.deepEqual([rows?.length, rows?.[0]?.upstream, rows?.[0]?.lane, moved], [1, 'other', 'relay', []])
})

test('a stream that came and went between two looks is told when it is over', () => {
  const { streams, feed } = house()
  const stream = enter(streams, 'quick')
  end(streams, stream)
  const change = feed.look(1000)
  assert.deepEqual(
    change?.rows.map(({ id, state }) => [id, state]),
    [['quick', 'done']],
  )
})

test('of a flood the first hundred are told and the rest is counted', () => {
  const { streams, feed } = house()
  for (let n = 0; n < 250; n++) end(streams, enter(streams, `${n}`))
  const change = feed.look(1000)
  assert.deepEqual([change?.rows.length, change?.passed], [100, 150])
})

test('two thousand rows are listed, and who has one keeps it', () => {
  const { streams, feed } = house()
  const first = enter(streams, 'first')
  feed.look(1000)
  for (let n = 0; n < 2005; n++) enter(streams, `${n}`)
  assert.deepEqual([feed.look(1250)?.rows.length, feed.snapshot(1250).unlisted], [1999, 6])
  first.move({ tokens: 1 })
  assert.equal(feed.look(1500)?.moved.length, 1)
  end(streams, first)
  const change = feed.look(1750)
  assert.deepEqual([change?.rows.length, change?.unlisted], [1, 6])
  const next = feed.look(2000)
  assert.deepEqual([next?.rows.length, next?.unlisted], [1, 5])
})

test('a key sees its own streams', () => {
  const { streams, feed } = house('mine')
  const [mine, other] = [enter(streams, 'a', { key: 'mine' }), enter(streams, 'b', { key: 'other' })]
  assert.deepEqual(
    feed.look(1000)?.rows.map(({ id }) => id),
    ['a'],
  )
  end(streams, other)
  assert.equal(feed.look(1250), undefined)
  end(streams, mine)
  assert.deepEqual(
    feed.look(1500)?.rows.map(({ id, state }) => [id, state]),
    [['a', 'done']],
  )
  assert.deepEqual(
    feed.snapshot(1500).rows.map(({ id }) => id),
    ['a'],
  )
})

test('a snapshot has who is open and, before them, who ended last', () => {
  const { streams, feed } = house()
  end(streams, enter(streams, 'old'))
  enter(streams, 'open')
  feed.look(1000)
  assert.deepEqual(
    feed.snapshot(1000).rows.map(({ id, state }) => [id, state]),
    [
      ['old', 'done'],
      ['open', 'waiting'],
    ],
  )
})

test('a stream that left no report is told as failed', () => {
  const { streams, feed } = house()
  const stream = enter(streams, 'one')
  feed.look(1000)
  streams.leave(stream)
  assert.deepEqual(
    feed.look(1250)?.rows.map(({ n, state }) => [n, state]),
    [[0, 'failed']],
  )
})

test('names that others made up are not sent at any length', () => {
  const { streams, feed } = house()
  enter(streams, 'one', { model: 'm'.repeat(500) })
  assert.equal(feed.look(1000)?.rows[0]?.model, `${'m'.repeat(119)}…`)
})
