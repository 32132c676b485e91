import type { Credentials } from '../access/index.ts'
import type { Dialect } from '../dialects/index.ts'
import type { Failure } from '../errors.ts'
import { Recorder, type TokenEstimator } from '../exchange/index.ts'
import { sharedSweep } from '../http/index.ts'
import type { Request } from '../model/index.ts'
import type { StreamReport } from '../observe/index.ts'
import { byLength, countRequest, type TextCounter, type TokenCount, TokenCounter } from '../tokens/index.ts'
import { answerBytes } from './answers.ts'
import { ownHeaders } from './own-headers.ts'
import type { Estimate } from './plan.ts'
import type { Visit } from './visit.ts'

/** Marks a count that no upstream has given, and tells what it rests on. */
const HEADER = 'x-millrace-estimated'
const MARKS: Readonly<Record<TokenCount['by'], string>> = { tokenizer: 'tokens', length: 'tokens-by-length' }

/** Characters of a request that is judged by its length. */
const SHORT = 4096

/** Answers who asks for the tokens of a request whose upstream cannot be asked for them. */
export class Estimates {
  readonly #counter = new TokenCounter()
  /** For the bill of an exchange that broke off nobody starts a thread because of a few words. */
  readonly #ofRequests: TextCounter = {
    count: async text => (text.length <= SHORT ? byLength(text) : await this.#counter.count(text)),
  }

  async answer(
    { response, id }: Visit,
    dialect: Dialect,
    { key }: Credentials,
    { upstream, spoken, model, request }: Estimate,
  ): Promise<StreamReport> {
    const subject = { id, key: key ?? undefined, dialect: dialect.name, model: model.requested }
    const record = new Recorder(subject, sharedSweep.now())
    record.upstream = upstream.name
    record.upstreamDialect = spoken
    record.sentModel = model.sent
    record.lane = 'convert'
    record.shape = 'whole'
    record.edits.add('estimated')

    const { tokens, by } = await countRequest(request, this.#counter)
    if (response.destroyed) return record.report('cancelled', undefined, sharedSweep.now())
    // Only dialects that can be asked are planned so.
    const body = dialect.counting?.encode(tokens) as Uint8Array
    answerBytes(response, 200, body, [...ownHeaders(record), HEADER, MARKS[by]])
    record.status = 200
    record.bytesOut = body.length
    return record.report('completed', undefined, sharedSweep.now())
  }

  /** Counts what the upstream of one exchange does not tell, if it does not. */
  of(request: () => Request | Failure): TokenEstimator {
    return {
      input: async () => {
        const asked = request()
        return 'code' in asked ? undefined : (await countRequest(asked, this.#ofRequests)).tokens
      },
      output: async text => (await this.#counter.count(text)).tokens,
    }
  }

  /** What is not counted yet is judged by its length. */
  close(): Promise<void> {
    return this.#counter.close()
  }
}
