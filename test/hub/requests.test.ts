/** What another dialect says of a request is the request, minus exactly the losses that were reported. */
import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import type { Wire } from '../../src/dialects/index.ts'
import { MillraceError } from '../../src/errors.ts'
import { parseExact } from '../../src/json/index.ts'
import { clientRequests, requestBodies } from '../corpus.ts'
import { pathOf } from '../sdk/raw.ts'
import { decodeRequest, echoRequest, SPEAKERS, type Speaker } from './codecs.ts'
import { assertRequestEcho } from './same-request.ts'

/** A model that each dialect's upstreams have, since some wishes depend on it. */
const MODELS = { chat: 'gpt-5.1', responses: 'gpt-5.1', messages: 'claude-opus-4-6', gemini: 'gemini-3-pro' } as const

interface Recorded {
  readonly name: string
  readonly path: string
  readonly body: Wire
}

for (const client of SPEAKERS) {
  for (const upstream of SPEAKERS) {
    suite(`a request in ${client.name} for an upstream in ${upstream.name}`, () => {
      for (const { name, path, body } of recordedFor(client))
        test(`${name} loses what is reported, and nothing else`, () => {
          const request = decodeRequest(client, body, path)
          const echo = orRefusal(() => echoRequest(upstream, request, { model: MODELS[upstream.name] }))
          if (echo instanceof MillraceError) assert.match(echo.message, /^Cannot honour `.+`: /)
          else assertRequestEcho(echo.came, request, echo.losses.all, upstream.name)
        })
    })
  }
}

function recordedFor({ name }: Speaker): readonly Recorded[] {
  const bodies = requestBodies()
    .filter(({ dialect }) => dialect === name)
    .map(({ file, stream, body }) => ({ name: file, path: pathOf(name, 'mill', stream), body }))
  const whole = clientRequests()
    .filter(({ path }) => path === pathOf(name, 'mill', true).replace(/\?.*/, ''))
    .map(({ client, path, body }) => ({ name: client, path, body }))
  return [...bodies, ...whole].map(({ name, path, body }) => ({
    name,
    path: path.replace(/^\/v1(?:beta)?/, '').replace(/\?.*/, ''),
    body: parseExact(`${body}`) as Wire,
  }))
}

function orRefusal<T>(attempt: () => T): T | MillraceError {
  try {
    return attempt()
  } catch (error) {
    if (error instanceof MillraceError && error.code === 'bad-request') return error
    throw error
  }
}
