/** What the simulator is asked in its tests, and what it says. */
import type { DialectName } from '../src/dialects/index.ts'
import type { Clock, Simulator } from '../src/simulator/index.ts'
import { CUT_SHORT, SHORT, STORY } from '../src/simulator/texts.ts'
import { RawClient } from './raw-client.ts'

export const USER = 'Tell me: is the flour — das Mehl — ready? 🌾'

/** Models that say the same in every dialect. */
export const TEXTS = [
  ['sim/story', STORY],
  ['sim/thinking', SHORT],
  ['sim/length', CUT_SHORT],
  ['sim/echo', USER],
  ['gpt-4o', STORY],
] as const

/** Of a tool's input. */
export const SCHEMA = {
  type: 'object',
  properties: { place: { type: 'string' }, days: { type: 'integer' } },
  required: ['days'],
} as const

const TURN = { role: 'user', content: USER }

/** A streaming request to `sim/length` in each dialect: path and body. */
export const STREAMS = {
  chat: ['/v1/chat/completions', { model: 'sim/length', stream: true, messages: [TURN] }],
  responses: ['/v1/responses', { model: 'sim/length', stream: true, input: [TURN] }],
  messages: ['/v1/messages', { model: 'sim/length', stream: true, messages: [TURN] }],
  gemini: ['/v1beta/models/sim/length:streamGenerateContent?alt=sse', { contents: [{ parts: [{ text: USER }] }] }],
} as const satisfies Record<DialectName, readonly [path: string, body: object]>

/** Its events: handshake, content, finish, and what trails. */
export const STAGES = {
  chat: [1, 13, 1, 1],
  responses: [4, 16, 1, 0],
  messages: [3, 14, 1, 1],
  gemini: [0, 13, 1, 0],
} as const satisfies Record<DialectName, readonly number[]>

export const DIALECTS = Object.keys(STREAMS) as readonly DialectName[]

/** Sends the streaming request, steered. */
export function ask(simulator: Simulator, dialect: DialectName, settings = ''): Promise<RawClient> {
  const [path, body] = STREAMS[dialect]
  return RawClient.post(simulator.port, path, body, { 'x-sim': settings })
}

/** Events of a stream, each with its blank line. */
export function eventsOf(body: string): readonly string[] {
  return body.match(/.+?(?:\r\n\r\n|\n\n|$)/gs) ?? []
}

/** Time that passes when the test says so. */
export class ManualClock implements Clock {
  #nowMs = 0
  #waits: { readonly at: number; readonly then: () => void }[] = []

  /** Milliseconds to the next thing that somebody waits for. */
  get nextMs(): number | undefined {
    return this.#waits.length === 0 ? undefined : Math.min(...this.#waits.map(({ at }) => at)) - this.#nowMs
  }

  now(): number {
    return this.#nowMs
  }

  after(delayMs: number, then: () => void): () => void {
    const wait = { at: this.#nowMs + delayMs, then }
    this.#waits.push(wait)
    return () => {
      this.#waits = this.#waits.filter(other => other !== wait)
    }
  }

  pass(ms: number): void {
    this.#nowMs += ms
    const due = this.#waits.filter(({ at }) => at <= this.#nowMs)
    this.#waits = this.#waits.filter(({ at }) => at > this.#nowMs)
    for (const { then } of due) then()
  }
}
