import type { IncomingMessage, ServerResponse } from 'node:http'
import { buffer } from 'node:stream/consumers'
import { FAILURES, MillraceError } from '../errors.ts'
import { Answer } from './answer.ts'
import type { Asked } from './asked.ts'
import { deliverCapture, isAnsweredBy, type Replayed } from './captured.ts'
import type { Clock } from './clock.ts'
import { deliver } from './delivery.ts'
import { embeddingsOf } from './embeddings.ts'
import type { RequestLog } from './log.ts'
import { answerOf, MODELS, modelOf } from './models.ts'
import { seededRandom } from './random.ts'
import { isReplay, readCaptured, readReplay } from './replay.ts'
import { jsonReply, type Reply, replayReply, statusReply, streamReply } from './reply.ts'
import { type Route, routeOf } from './routes.ts'
import { digest, promptTokens } from './script.ts'
import { readSettings, type Settings, splitModel } from './settings.ts'
import type { Voice } from './voice.ts'
import { VOICES } from './voices.ts'
import { isObject, type JsonObject } from './wire-json.ts'

/** What all requests of one simulator share. */
export interface Simulation {
  readonly log: RequestLog
  readonly clock: Clock
  readonly seed: number
  readonly replayDir: string | undefined
  /** The only answer there is; undefined: the models answer. */
  readonly captured: Replayed | undefined
  /** How often settings that hold a few times only have been asked for, by their text. */
  readonly uses: Map<string, number>
}

/** One request, read. */
interface SimulatedRequest {
  readonly route: Route
  readonly voice: Voice
  readonly requestId: string
  readonly body: JsonObject
  readonly asked: Asked
  /** The model's name without its settings. */
  readonly model: string
  readonly settings: Settings
}

/** Answers one request, whatever it is; resolves when the answer is over. */
export async function serve(simulation: Simulation, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const { method = '', url: path = '', rawHeaders: headers } = request
  const route = routeOf(method, path, request.headers)
  const voice = VOICES[route.dialect]
  const sighting = simulation.log.add({ time: simulation.clock.now(), method, path, headers, dialect: route.dialect })
  const answer = new Answer(response, sighting, simulation.clock)
  const body = await buffer(request).catch(() => undefined)
  // The client left while it was speaking.
  if (body === undefined) return
  sighting.bodyRead(body)

  const seed = simulation.seed + sighting.seen.seq
  const requestId = `req_${digest(`${seed}`).slice(0, 24)}`
  const send = (reply: Reply, settings: Settings) => {
    const headers = [...voice.headers(requestId), ...reply.headers]
    return deliver({ ...reply, headers }, answer, settings, seededRandom(seed))
  }
  const { captured, clock } = simulation
  try {
    if (captured !== undefined) {
      if (!isAnsweredBy(captured.capture, route, path)) throw otherPath(captured)
      await deliverCapture(captured, answer, clock)
      return
    }
    const simulated = read(route, voice, requestId, `${body}`, `${request.headers['x-sim'] ?? ''}`, simulation.uses)
    const played = await capturedOf(simulated, simulation)
    if (played !== undefined) await deliverCapture(played, answer, clock)
    else await send(await replyTo(simulated, simulation), simulated.settings)
  } catch (error) {
    if (!(error instanceof MillraceError)) throw error
    await send(refusal(voice, requestId, error), {})
  }
}

function otherPath({ capture }: Replayed): MillraceError {
  const path = new URL(capture.upstream?.url ?? '', 'http://upstream').pathname
  const why = `it was captured of ${capture.dialects.upstream}, at ${path}`
  return new MillraceError('not-found', `Cannot replay the capture for this request: ${why}`)
}

/** What a model's name says of a captured exchange; undefined where it says nothing of one. */
async function capturedOf(
  { route, model, settings }: SimulatedRequest,
  { replayDir }: Simulation,
): Promise<Replayed | undefined> {
  if (route.operation !== 'generate' || !isReplay(model)) return undefined
  const capture = await readCaptured(replayDir, model, route.dialect)
  return capture && { capture, speed: settings.speed ?? 1 }
}

function read(
  route: Route,
  voice: Voice,
  requestId: string,
  text: string,
  header: string,
  uses: Map<string, number>,
): SimulatedRequest {
  const body = parse(text)
  const asked = { dialect: route.dialect, ...voice.read(body), ...route.said }
  const { name: model, settings } = splitModel(asked.model ?? '')
  if (model === '' && route.operation === 'generate') {
    throw new MillraceError('bad-request', 'Cannot answer: the request names no model')
  }
  const own = modelOf(model).settings ?? {}
  const steered = { ...own, ...readSettings(settings), ...readSettings(header) }
  const isSpent =
    route.operation === 'generate' &&
    steered.times !== undefined &&
    useUp(uses, `${settings} ${header}`) > steered.times
  return { route, voice, requestId, body, asked, model, settings: isSpent ? own : steered }
}

/** How often it has been used, this time included. */
function useUp(uses: Map<string, number>, text: string): number {
  const count = (uses.get(text) ?? 0) + 1
  uses.set(text, count)
  return count
}

function parse(text: string): JsonObject {
  if (text === '') return {}
  try {
    const body: unknown = JSON.parse(text)
    if (isObject(body)) return body
  } catch (cause) {
    throw new MillraceError('bad-request', 'Cannot read the body: it is not JSON', { cause })
  }
  throw new MillraceError('bad-request', 'Cannot read the body: it is not a JSON object')
}

async function replyTo(simulated: SimulatedRequest, simulation: Simulation): Promise<Reply> {
  const { route, voice, requestId, body, asked, model, settings } = simulated
  const { status = 200 } = settings
  if (status === 204 || status >= 300) return statusReply(voice, status, requestId, settings)
  switch (route.operation) {
    case 'generate':
      return generate(simulated, simulation)
    case 'count':
      return jsonReply(voice, { [route.dialect === 'gemini' ? 'totalTokens' : 'input_tokens']: promptTokens(asked) })
    case 'embed':
      return jsonReply(voice, embeddingsOf(body, model))
    case 'models':
      return jsonReply(voice, voice.models(Object.keys(MODELS)))
    case 'unknown':
      throw new MillraceError('not-found', 'Cannot answer: there is no such route; base URLs end in /v1 or /v1beta')
  }
}

async function generate(
  { route, voice, asked, model, settings }: SimulatedRequest,
  simulation: Simulation,
): Promise<Reply> {
  if (isReplay(model)) return replayReply(voice, await readReplay(simulation.replayDir, model, route.dialect))
  const script = answerOf(model, asked, settings)
  const isStream = settings.shape === undefined ? asked.stream : settings.shape === 'stream'
  return isStream ? streamReply(voice, script, asked, settings, route.isArray) : jsonReply(voice, voice.whole(script))
}

function refusal(voice: Voice, requestId: string, { code, message }: MillraceError): Reply {
  const { status } = FAILURES[code]
  return jsonReply(voice, voice.failure({ status, message, requestId }), status)
}
