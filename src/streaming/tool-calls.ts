import type { StreamEvent } from '../model/index.ts'

/** A call that the answer has made, as a request's context keeps it. */
export interface CompletedToolCall {
  /** The candidate, from 0. */
  readonly choice: number
  /** By which the result names the call. */
  readonly callId: string
  /** The tool's name. */
  readonly name: string
  /** Who runs it. */
  readonly runBy: 'client' | 'provider'
  /** The call's JSON or free text; undefined when it was too long to be kept. */
  readonly payload: string | undefined
}

/** What is kept of the payloads of one answer, in characters. */
const MAX_PAYLOADS = 1024 * 1024

/** What may stand between the end of a block and what tells how it ended. */
const LEAVING_OPEN: ReadonlySet<StreamEvent['type']> = new Set(['block-end', 'usage', 'ping'])

/** Notes the calls of one answer as they are completed. A call whose end an error follows has broken off. */
export class ToolCallRecord {
  readonly completed: CompletedToolCall[] = []
  readonly #open = new Map<number, { readonly call: CompletedToolCall; payload: string }>()
  /** Calls whose blocks have ended, until it is told how. */
  #ended: CompletedToolCall[] = []
  #length = 0

  note(event: StreamEvent): void {
    if (this.#ended.length > 0 && !LEAVING_OPEN.has(event.type)) {
      if (event.type !== 'error') this.completed.push(...this.#ended)
      this.#ended = []
    }
    switch (event.type) {
      case 'block-start':
        if (event.kind === 'tool-call') {
          const { choice, callId, name, runBy } = event
          this.#open.set(event.index, { call: { choice, callId, name, runBy, payload: undefined }, payload: '' })
        }
        break
      case 'payload-delta':
        this.#add(event.index, event.text)
        break
      case 'block-end':
        this.#end(event.index)
        break
      default:
    }
  }

  #add(index: number, text: string): void {
    const open = this.#open.get(index)
    if (open === undefined) return
    this.#length += text.length
    if (this.#length <= MAX_PAYLOADS) open.payload += text
  }

  #end(index: number): void {
    const open = this.#open.get(index)
    if (open === undefined) return
    this.#open.delete(index)
    this.#ended.push(this.#length <= MAX_PAYLOADS ? { ...open.call, payload: open.payload } : open.call)
  }
}
