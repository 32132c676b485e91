import { MillraceError } from '../errors.ts'
import type { HookEvent, HookState, PreparedState } from './hook-events.ts'

/** A named function that is told what happens. */
export interface Hook {
  /** For people; errors are reported under it. */
  readonly name: string
  /** What it is told of. */
  readonly events: readonly HookEvent[]
  /** Lower runs first, see `HOOK_LAYERS`. Default 500. */
  readonly priority?: number
  /**
   * Sync or async. What is returned counts only for `provider.request.prepared`: the state with another
   * request in `data`.
   */
  handle(state: HookState): PreparedState | void | Promise<PreparedState | undefined> | Promise<void>
}

/** Runs something once, after a time in milliseconds; gives back how to cancel it. */
export type After = (ms: number, run: () => void) => () => void

export interface RunnerOptions {
  readonly limitMs: number
  readonly after: After
  readonly onError: (hook: string, error: unknown) => void
}

/** Calls that may hang at one time before their hook is passed over altogether. */
const MAX_OVERDUE = 100

/** One registered hook and its calls, kept from harming anybody. */
export class HookRunner {
  readonly priority: number
  readonly #hook: Hook
  readonly #options: RunnerOptions
  #overdue = 0

  constructor(hook: Hook, options: RunnerOptions) {
    this.#hook = hook
    this.#options = options
    this.priority = hook.priority ?? 500
  }

  /** Whether the hook is to be called: one that hangs is spared what comes in floods. */
  canTake(isFlood: boolean): boolean {
    return this.#overdue === 0 || (!isFlood && this.#overdue < MAX_OVERDUE)
  }

  /**
   * Calls the hook. A promise is there to be waited for: it never rejects, and settles within the time
   * limit. While an earlier call is overdue nobody waits.
   */
  call(state: HookState): PreparedState | undefined | Promise<PreparedState | undefined> {
    const isWaitedFor = this.#overdue === 0
    try {
      const result = this.#hook.handle(state)
      if (!isPromise(result)) return result ?? undefined
      const limited = this.#limit(stateOf(result))
      return isWaitedFor ? limited : undefined
    } catch (error) {
      this.#options.onError(this.#hook.name, error)
      return undefined
    }
  }

  #limit(call: Promise<PreparedState | undefined>): Promise<PreparedState | undefined> {
    const { after, limitMs, onError } = this.#options
    return new Promise(resolve => {
      let isOverdue = false
      const cancel = after(limitMs, () => {
        isOverdue = true
        this.#overdue++
        onError(this.#hook.name, new MillraceError('timeout', `Hook took too long: more than ${limitMs} ms`))
        resolve(undefined)
      })
      const settle = (result: PreparedState | undefined) => {
        cancel()
        if (isOverdue) this.#overdue--
        resolve(result)
      }
      call.then(settle, error => {
        onError(this.#hook.name, error)
        settle(undefined)
      })
    })
  }
}

type Pending = Promise<PreparedState | undefined> | Promise<void>

function isPromise(result: unknown): result is Pending {
  return result instanceof Object && 'then' in result
}

async function stateOf(call: Pending): Promise<PreparedState | undefined> {
  return (await call) ?? undefined
}
