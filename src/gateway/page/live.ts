import { randomBytes } from 'node:crypto'
import type { ServerResponse } from 'node:http'
import { encodeEvent } from '../../sse/index.ts'
import type { Streams } from '../streams.ts'
import { type LiveChange, LiveFeed } from './live-feed.ts'
import { Watcher } from './watcher.ts'

/** How often watchers are told, in milliseconds. */
const EVERY_MS = 250
/** Events that are kept for a watcher who was cut off: ten seconds of them. */
const KEPT_EVENTS = 40
const MAX_WATCHERS = 64
/** When a browser is to come back, in milliseconds. */
const RETRY_MS = 1000

/** Clocks of the live view, for tests. */
export interface LiveClock {
  /** Monotonic, in milliseconds. */
  now(): number
  /** In milliseconds since the epoch. */
  wallMs(): number
}

const CLOCK: LiveClock = { now: () => performance.now(), wallMs: () => Date.now() }

/** Tells watchers what open streams do. While nobody watches, nothing is done. */
export class Live {
  readonly #streams: Streams
  readonly #clock: LiveClock
  readonly #channels = new Map<string | undefined, Channel>()
  #watcherCount = 0
  #timer: NodeJS.Timeout | undefined

  constructor(streams: Streams, clock: LiveClock = CLOCK) {
    this.#streams = streams
    this.#clock = clock
  }

  /**
   * Tells a watcher everything, and from then on what changes.
   * @param owner name of the key whose streams are seen; undefined: all are
   * @param lastEventId what the watcher has got last; what came since is told in place of everything, if it is known
   * @returns false when too many watch
   */
  watch(response: ServerResponse, owner: string | undefined, lastEventId: string | undefined): boolean {
    if (this.#watcherCount >= MAX_WATCHERS) return false
    this.#watcherCount++
    response.once('close', () => this.#watcherCount--)
    let channel = this.#channels.get(owner)
    if (channel === undefined) {
      channel = new Channel(new LiveFeed(this.#streams, owner), this.#clock)
      this.#channels.set(owner, channel)
    }
    channel.join(response, lastEventId)
    this.#timer ??= setInterval(() => this.turn(), EVERY_MS).unref()
    return true
  }

  /** Looks at the streams and tells the watchers; what the timer does. */
  turn(): void {
    for (const [owner, channel] of this.#channels) {
      channel.turn()
      if (channel.isForgotten) this.#channels.delete(owner)
    }
    if (this.#channels.size > 0) return
    clearInterval(this.#timer)
    this.#timer = undefined
  }

  close(): void {
    clearInterval(this.#timer)
    for (const channel of this.#channels.values()) channel.close()
    this.#channels.clear()
  }
}

/** The watchers of one owner, who all get the same. */
class Channel {
  readonly #feed: LiveFeed
  readonly #clock: LiveClock
  readonly #watchers = new Set<Watcher>()
  /** Ids of another process, or of a channel that was given up, mean nothing here. */
  readonly #name = randomBytes(6).toString('hex')
  /** The last events, the newest at the end; their numbers count up to `#count`. */
  readonly #events: string[] = []
  #count = 0
  #turnsAlone = 0

  constructor(feed: LiveFeed, clock: LiveClock) {
    this.#feed = feed
    this.#clock = clock
  }

  /** Nobody has been here for as long as somebody could come back to what is kept. */
  get isForgotten(): boolean {
    return this.#turnsAlone > KEPT_EVENTS
  }

  join(response: ServerResponse, lastEventId: string | undefined): void {
    // The others learn first what the snapshot holds already.
    this.turn()
    const now = this.#clock.now()
    const watcher = new Watcher(response, now, () => this.#watchers.delete(watcher))
    this.#watchers.add(watcher)
    const missed = this.#after(lastEventId)
    if (missed !== undefined) for (const event of missed) watcher.send(event, now)
    else watcher.send(this.#encode('snapshot', this.#feed.snapshot(this.#clock.wallMs()), RETRY_MS), now)
  }

  turn(): void {
    const now = this.#clock.now()
    const change = this.#feed.look(this.#clock.wallMs())
    if (change !== undefined) {
      this.#count++
      const event = this.#encode('change', change)
      this.#events.push(event)
      if (this.#events.length > KEPT_EVENTS) this.#events.shift()
      for (const watcher of this.#watchers) watcher.send(event, now)
    }
    for (const watcher of this.#watchers) watcher.check(now)
    this.#turnsAlone = this.#watchers.size === 0 ? this.#turnsAlone + 1 : 0
  }

  close(): void {
    for (const watcher of this.#watchers) watcher.end()
  }

  /** What came after this event; undefined when that is not known any more. */
  #after(eventId: string | undefined): readonly string[] | undefined {
    const [, name, number] = /^([0-9a-f]+)-(\d{1,15})$/.exec(eventId ?? '') ?? []
    const missed = this.#count - Number(number)
    if (name !== this.#name || !(missed >= 0 && missed <= this.#events.length)) return undefined
    return missed === 0 ? [] : this.#events.slice(-missed)
  }

  #encode(event: 'snapshot' | 'change', data: LiveChange, retry?: number): string {
    const id = `${this.#name}-${this.#count}`
    return encodeEvent({ event, id, data: JSON.stringify(data), ...(retry === undefined ? {} : { retry }) })
  }
}
