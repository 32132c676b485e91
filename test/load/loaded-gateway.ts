import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { resolve } from 'node:path'
import type { Holdings, Question } from './gateway-process.ts'

const PROGRAM = resolve(import.meta.dirname, 'gateway-process.ts')

/** A gateway in a process of its own, so that its memory is its own. */
export class LoadedGateway implements AsyncDisposable {
  readonly url: URL
  readonly #child: ChildProcess

  /** @param upstreamUrl origin of an upstream that speaks all four dialects */
  static async start(upstreamUrl: string, settings: object = {}): Promise<LoadedGateway> {
    const [v1, v1beta] = [`${upstreamUrl}/v1`, `${upstreamUrl}/v1beta`]
    const config = {
      server: { port: 0 },
      upstreams: { upstream: { dialects: { chat: v1, responses: v1, messages: v1, gemini: v1beta } } },
      models: [{ match: '*', upstream: 'upstream' }],
      ...settings,
    }
    const child = fork(PROGRAM, [JSON.stringify(config)], { execArgv: ['--expose-gc'] })
    const [url] = await once(child, 'message')
    return new LoadedGateway(child, new URL(String(url)))
  }

  private constructor(child: ChildProcess, url: URL) {
    this.#child = child
    this.url = url
  }

  async holdings(): Promise<Holdings> {
    this.#ask({ ask: 'holdings' })
    const [holdings] = await once(this.#child, 'message')
    return holdings as Holdings
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const gone = once(this.#child, 'exit')
    this.#ask({ ask: 'close' })
    await gone
  }

  #ask(question: Question): void {
    this.#child.send(question)
  }
}
