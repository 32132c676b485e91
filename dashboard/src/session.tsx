import { signal } from '@preact/signals'
import { openSession, Refused, readSession, whenSignedOut } from './api.ts'
import { Mill } from './parts/icons.tsx'
import type { Session } from './wire.ts'

/** Undefined until it is known. */
export const session = signal<Session | undefined>(undefined)
const problem = signal('')

whenSignedOut(() => {
  // Who is asked for a secret already stays where he is.
  if (session.value?.visitor != null) void look()
})

/** Opens a session by the token of the link, if there is one, and finds out whose it is. */
export async function enter(): Promise<void> {
  const [, token] = /^#token=([\w-]+)$/.exec(location.hash) ?? []
  if (token !== undefined) {
    // A token is good once: nothing is lost, and nothing stays in the history.
    history.replaceState(null, '', location.pathname)
    await openSession({ token }).catch(tell)
  }
  await look()
}

/** Asks anew whose session this is: it may have ended. */
export async function look(): Promise<void> {
  session.value = await readSession().catch(error => {
    tell(error)
    return session.value ?? { isOpen: false, visitor: null }
  })
}

function tell(error: unknown): void {
  problem.value = error instanceof Refused ? error.message : 'The gateway does not answer'
}

/** Where keys are set, nobody sees anything before this. */
export function SignIn() {
  const submit = async (event: SubmitEvent) => {
    event.preventDefault()
    const form = event.currentTarget as HTMLFormElement
    const key = String(new FormData(form).get('key') ?? '')
    problem.value = ''
    await openSession({ key }).catch(tell)
    form.reset()
    await look()
  }
  return (
    <main class="sign-in">
      <form onSubmit={submit} class="card">
        <h1>
          <Mill /> Millrace
        </h1>
        <p>
          Open the link that the gateway printed when it started, once. Or enter a key of this gateway: it shows the
          streams of that key.
        </p>
        <label for="key">Key</label>
        <input id="key" name="key" type="password" autocomplete="off" required spellcheck={false} />
        <button type="submit" class="primary">
          Watch
        </button>
        <p role="alert" class="problem">
          {problem.value}
        </p>
      </form>
    </main>
  )
}
