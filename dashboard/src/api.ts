import type { Overview, Report, Session } from './wire.ts'

/** An answer that is none. */
export class Refused extends Error {
  readonly status: number

  constructor(status: number, message: string) {
    super(message)
    this.status = status
  }
}

let onSignedOut = () => {}

/** Is told when the gateway wants a session that is not there any more. */
export function whenSignedOut(call: () => void): void {
  onSignedOut = call
}

export function readSession(): Promise<Session> {
  return ask('api/session')
}

export function openSession(proof: { readonly token: string } | { readonly key: string }): Promise<unknown> {
  return ask('api/session', 'POST', proof)
}

export function closeSession(): Promise<unknown> {
  return ask('api/session', 'DELETE', {})
}

/** The report of a stream, open or over. */
export async function readStream(id: string): Promise<Report> {
  const name = encodeURIComponent(id)
  try {
    return await ask(`api/live/${name}`)
  } catch (error) {
    if (error instanceof Refused && error.status === 404) return ask(`api/streams/${name}`)
    throw error
  }
}

export function stopStream(id: string): Promise<unknown> {
  return ask(`api/streams/${encodeURIComponent(id)}/stop`, 'POST', {})
}

export function readOverview(since: string, by: string, signal: AbortSignal): Promise<Overview> {
  return ask(`api/overview?${new URLSearchParams({ since, by })}`, 'GET', undefined, signal)
}

export async function readCapture(id: string): Promise<string> {
  return (await send(capturePath(id))).text()
}

export function capturePath(id: string): string {
  return `api/streams/${encodeURIComponent(id)}/capture`
}

async function ask<T>(path: string, method = 'GET', body?: object, signal?: AbortSignal): Promise<T> {
  const response = await send(path, method, body, signal)
  return (await response.json()) as T
}

async function send(path: string, method = 'GET', body?: object, signal?: AbortSignal): Promise<Response> {
  const response = await fetch(path, {
    method,
    redirect: 'error',
    ...(signal && { signal }),
    ...(body && { headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) }),
  })
  if (response.ok) return response
  if (response.status === 401) onSignedOut()
  throw new Refused(response.status, await messageOf(response))
}

async function messageOf(response: Response): Promise<string> {
  try {
    const { error } = (await response.json()) as { error?: { message?: unknown } }
    if (typeof error?.message === 'string') return error.message
  } catch {
    // Said below.
  }
  return `The gateway answered ${response.status}`
}
