import { LineTracer, type LineTracerOptions } from './line-tracer.ts'

/** What a `ConsoleTracer` shows, and where. */
export interface ConsoleTracerOptions extends LineTracerOptions {
  /** Default: `console.error`. */
  readonly write?: (line: string) => void
}

/** Traces to the console, one line of JSON for each step. */
export class ConsoleTracer extends LineTracer {
  readonly #write: (line: string) => void

  constructor({ write = line => console.error(line), ...options }: ConsoleTracerOptions) {
    super(options)
    this.#write = write
  }

  protected override write(_id: string, line: string): void {
    this.#write(line)
  }
}
