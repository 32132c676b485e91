import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { ChunkState, HookState, OtherState, PreparedState } from './hook-events.ts'
import { HookManager, type HookManagerOptions } from './hooks.ts'

/** Time that passes only when it is told to. */
class FakeTime {
  #now = 0
  readonly #timers = new Set<{ at: number; run: () => void }>()

  readonly after = (ms: number, run: () => void): (() => void) => {
    const timer = { at: this.#now + ms, run }
    this.#timers.add(timer)
    return () => this.#timers.delete(timer)
  }

  async pass(ms: number): Promise<void> {
    this.#now += ms
    for (;;) {
      await settle()
      const [due] = [...this.#timers].filter(({ at }) => at <= this.#now).sort((a, b) => a.at - b.at)
      if (due === undefined) return
      this.#timers.delete(due)
      due.run()
    }
  }
}

/** Lets everything run that waits for no timer. */
async function settle(): Promise<void> {
  for (let turn = 0; turn < 50; turn++) await Promise.resolve()
}

function managed(options: HookManagerOptions = {}): { hooks: HookManager; time: FakeTime } {
  const time = new FakeTime()
  return { hooks: new HookManager({ after: time.after, ...options }), time }
}

function state(event: OtherState['event']): OtherState {
  return { event, time: 0, requestId: 'r1', data: {}, metadata: new Map() }
}

function chunk(bytes: number): ChunkState {
  const data = { form: 'raw', bytes, chunks: 1, content: new Uint8Array(bytes) } as const
  return { event: 'provider.stream.chunk', time: 0, requestId: 'r1', data, metadata: new Map() }
}

function prepared(): PreparedState {
  const data = { method: 'POST', url: new URL('https://api.example/v1'), headers: ['a', '1'], body: undefined }
  return { event: 'provider.request.prepared', time: 0, requestId: 'r1', data, metadata: new Map() }
}

const never = new Promise<void>(() => {})

test('HookManager runs the hooks of a state in order of priority, waiting for each', async () => {
  const { hooks, time } = managed()
  const seen: string[] = []
  const events = ['request.started'] as const
  hooks.register({ name: 'last', events, priority: 1000, handle: () => void seen.push('last') })
  hooks.register({ name: 'default', events, handle: () => void seen.push('default') })
  hooks.register({ name: 'equal', events, priority: 500, handle: () => void seen.push('equal') })
  hooks.register({
    name: 'first',
    events,
    priority: 100,
    handle: async () => {
      await Promise.resolve()
      seen.push('first')
    },
  })
  hooks.emit(state('request.started'))
  assert.deepEqual(seen, [], 'nothing runs in the turn of the emitter')
  await time.pass(0)
  assert.deepEqual(seen, ['first', 'default', 'equal', 'last'])
})

test('HookManager delivers states in the order they came, each event to those who watch it', async () => {
  const { hooks, time } = managed()
  const seen: string[] = []
  hooks.register({
    name: 'ends',
    events: ['provider.stream.end'],
    handle: ({ event }) => void seen.push(`ends ${event}`),
  })
  hooks.register({
    name: 'both',
    events: ['provider.stream.start', 'provider.stream.end'],
    handle: ({ event }) => void seen.push(`both ${event}`),
  })
  hooks.emit(state('provider.stream.start'))
  hooks.emit(state('provider.error'))
  hooks.emit(state('provider.stream.end'))
  await time.pass(0)
  assert.deepEqual(seen, ['both provider.stream.start', 'ends provider.stream.end', 'both provider.stream.end'])
})

test('HookManager watches an event as long as a hook of it is registered', async () => {
  const { hooks, time } = managed()
  const seen: HookState[] = []
  const unregister = hooks.register({ name: 'a', events: ['app.ready'], handle: it => void seen.push(it) })
  assert.equal(hooks.watches('app.ready'), true)
  assert.equal(hooks.watches('app.shutdown'), false)
  hooks.emit(state('app.ready'))
  unregister()
  unregister()
  assert.equal(hooks.watches('app.ready'), false)
  await time.pass(0)
  assert.deepEqual(seen, [])
})

test('a hook that throws or rejects harms nobody, is counted, and reported once by name', async () => {
  const reported: string[] = []
  const { hooks, time } = managed({ onError: (name, error) => reported.push(`${name}: ${(error as Error).message}`) })
  const seen: string[] = []
  const events = ['request.started'] as const
  const fails = () => {
    throw new Error('broken')
  }
  hooks.register({ name: 'throws', events, priority: 1, handle: fails })
  hooks.register({ name: 'rejects', events, priority: 2, handle: async () => fails() })
  hooks.register({ name: 'works', events, priority: 3, handle: it => void seen.push(it.event) })
  hooks.emit(state('request.started'))
  hooks.emit(state('request.started'))
  await time.pass(0)
  assert.deepEqual(seen, ['request.started', 'request.started'])
  assert.deepEqual(reported, ['throws: broken', 'rejects: broken'])
  assert.equal(hooks.counts.errors, 4)
})

test('a hook that hangs delays the others by its time limit, once', async () => {
  const reported: string[] = []
  const { hooks, time } = managed({ hookLimitMs: 5000, onError: (name, error) => reported.push(`${name}: ${error}`) })
  const [started, seen] = [[] as string[], [] as string[]]
  const events = ['provider.stream.start', 'provider.stream.chunk', 'provider.stream.end'] as const
  hooks.register({
    name: 'hangs',
    events,
    priority: 1,
    handle: it => {
      started.push(it.event)
      return never
    },
  })
  hooks.register({ name: 'works', events, priority: 2, handle: it => void seen.push(it.event) })
  for (const it of [state('provider.stream.start'), chunk(1), state('provider.stream.end')]) hooks.emit(it)
  await time.pass(0)
  await time.pass(4999)
  assert.deepEqual(seen, [])
  await time.pass(1)
  assert.deepEqual(seen, ['provider.stream.start', 'provider.stream.chunk', 'provider.stream.end'])
  assert.deepEqual(started, ['provider.stream.start', 'provider.stream.end'], 'chunks pass it over, ends do not')
  assert.deepEqual(reported, ['hangs: MillraceError: Hook took too long: more than 5000 ms'])
  assert.equal(hooks.counts.passedOver, 1)
})

test('a hook that came back is waited for again', async () => {
  const { hooks, time } = managed({ hookLimitMs: 10 })
  const seen: string[] = []
  const calls: (() => void)[] = []
  const events = ['provider.stream.chunk'] as const
  hooks.register({ name: 'slow', events, priority: 1, handle: () => new Promise<void>(resolve => calls.push(resolve)) })
  hooks.register({ name: 'works', events, priority: 2, handle: () => void seen.push('chunk') })
  hooks.emit(chunk(1))
  await time.pass(0)
  await time.pass(10)
  calls[0]?.()
  await time.pass(0)
  hooks.emit(chunk(1))
  await time.pass(1)
  assert.deepEqual([calls.length, seen.length], [2, 1])
  calls[1]?.()
  await time.pass(0)
  assert.equal(seen.length, 2)
})

test('a hook that hangs in a hundred calls is passed over', async () => {
  const { hooks, time } = managed({ hookLimitMs: 10 })
  let calls = 0
  hooks.register({
    name: 'hangs',
    events: ['request.started'],
    handle: () => {
      calls++
      return never
    },
  })
  for (let at = 0; at < 150; at++) {
    hooks.emit(state('request.started'))
    await time.pass(0)
    await time.pass(10)
  }
  assert.deepEqual([calls, hooks.counts.passedOver], [100, 50])
})

test('a queue that overflows with starts and ends is no longer held up by a slow hook', async () => {
  const { hooks, time } = managed({ queueLimit: 4 })
  const seen: string[] = []
  const events = ['request.started', 'request.completed'] as const
  hooks.register({ name: 'slow', events, priority: 1, handle: () => never })
  hooks.register({ name: 'works', events, priority: 2, handle: it => void seen.push(it.event) })
  hooks.emit(state('request.started'))
  await time.pass(0)
  for (let at = 0; at < 5; at++) hooks.emit(state('request.completed'))
  await time.pass(0)
  assert.deepEqual(seen, ['request.started', 'request.completed'], 'until it is below its limit')
})

test('a queue that is full of chunks still takes every start and end', async () => {
  const { hooks, time } = managed({ queueLimit: 2 })
  const seen: string[] = []
  const events = ['provider.stream.start', 'provider.stream.chunk', 'provider.stream.end'] as const
  hooks.register({ name: 'all', events, handle: async it => void seen.push(it.event) })
  hooks.emit(state('provider.stream.start'))
  for (let at = 0; at < 1000; at++) hooks.emit(chunk(1))
  hooks.emit(state('provider.stream.end'))
  await time.pass(0)
  assert.deepEqual(seen, events)
  assert.deepEqual(hooks.counts, { errors: 0, passedOver: 0, merged: 999, dropped: 0 })
})

test('prepare lets hooks change the request, one after the other', async () => {
  const { hooks } = managed()
  const events = ['provider.request.prepared'] as const
  const adds = (name: string, priority: number) =>
    hooks.register({
      name,
      events,
      priority,
      handle: async it => {
        if (it.event !== 'provider.request.prepared') return undefined
        return { ...it, data: { ...it.data, headers: [...it.data.headers, name, 'x'] } }
      },
    })
  adds('second', 200)
  adds('first', 100)
  hooks.register({ name: 'watches', events, handle: () => {} })
  const request = await hooks.prepare(prepared())
  assert.deepEqual(request.headers, ['a', '1', 'first', 'x', 'second', 'x'])
  assert.equal(request.url.href, 'https://api.example/v1')
})

test('prepare drops the change of a hook that throws or hangs', async () => {
  const { hooks, time } = managed({ hookLimitMs: 100 })
  const events = ['provider.request.prepared'] as const
  hooks.register({ name: 'hangs', events, priority: 1, handle: () => never })
  hooks.register({
    name: 'throws',
    events,
    priority: 2,
    handle: () => {
      throw new Error('broken')
    },
  })
  const asked = prepared()
  const first = hooks.prepare(asked)
  await time.pass(100)
  assert.equal(await first, asked.data)
  assert.equal(await hooks.prepare(asked), asked.data, 'the next request does not wait for it again')
  assert.equal(hooks.counts.errors, 3)
})

test('drain delivers what is queued', async () => {
  const { hooks, time } = managed()
  const seen: string[] = []
  hooks.register({ name: 'a', events: ['app.shutdown'], handle: async it => void seen.push(it.event) })
  assert.equal(await hooks.drain(), true, 'nothing queued')
  hooks.emit(state('app.shutdown'))
  const drained = hooks.drain()
  await time.pass(0)
  assert.equal(await drained, true)
  assert.deepEqual(seen, ['app.shutdown'])
})

test('drain gives up after its time', async () => {
  const { hooks, time } = managed({ hookLimitMs: 1000 })
  hooks.register({ name: 'hangs', events: ['app.shutdown'], handle: () => never })
  hooks.emit(state('app.shutdown'))
  const drained = hooks.drain(500)
  await time.pass(0)
  await time.pass(500)
  assert.equal(await drained, false)
})

test('HookManager works with real timers', async () => {
  const hooks = new HookManager()
  const seen: string[] = []
  hooks.register({ name: 'a', events: ['app.ready'], handle: it => void seen.push(it.event) })
  hooks.emit(state('app.ready'))
  assert.equal(await hooks.drain(), true)
  assert.deepEqual(seen, ['app.ready'])
})
