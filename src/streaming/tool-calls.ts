import type { StreamEvent } from '../model/index.ts'

/** A call that the answer has made, as a request's context keeps it. */
export interface CompletedToolCall {
  readonly choice: number
  readonly callId: string
  readonly name: string
  /** Who runs it. */
  readonly runBy: 'client' | 'provider'
  /** The call's JSON or free text; undefined when it was too long to be kept. */
  readonly payload: string | undefined
}

/** What is kept of the payloads of one answer, in characters. */
const MAX_PAYLOADS = 1024 * 1024

/** Notes the calls of one answer as they are completed. */
export class ToolCallRecord {
  readonly completed: CompletedToolCall[] = []
  readonly #open = new Map<number, { readonly call: CompletedToolCall; payload: string }>()
  #length = 0

  note(event: StreamEvent): void {
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
        this.#complete(event.index)
        break
      case 'error':
        this.#open.clear()
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

  #complete(index: number): void {
    const open = this.#open.get(index)
    if (open === undefined) return
    this.#open.delete(index)
    this.completed.push(this.#length <= MAX_PAYLOADS ? { ...open.call, payload: open.payload } : open.call)
  }
}
