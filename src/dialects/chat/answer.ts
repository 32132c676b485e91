import {
  type Annotation,
  type Finish,
  finishOf,
  type Losses,
  type Message,
  membersFor,
  type Request,
  type Seal,
  type Usage,
} from '../../model/index.ts'
import type { EncodeAnswerContext } from '../codec.ts'
import { defined, objectOf, type Wire } from '../value.ts'
import { FINISHES } from './tables.ts'

/** What streams and whole answers say alike, and the losses that go with it. */

/** Whether a client asked in the way of the time before tools: it looks for `function_call`. */
export function isLegacyRequest(request: Request | undefined): boolean {
  return request?.tools.some(({ native }) => membersFor('chat', native)?.functions === true) ?? false
}

type Envelope = Pick<Message, 'model' | 'createdAt' | 'serviceTier' | 'native'>

/** The members of an answer's start that only this dialect knows; the fingerprint stands in every chunk. */
export function noteEnvelope(
  { model, native }: Envelope,
  context: EncodeAnswerContext,
): { readonly fingerprint: string | undefined; readonly members: Wire | undefined } {
  const { losses } = context
  if (context.model !== undefined && context.model !== model) losses.add('/model', 'cosmetic')
  const own = membersFor('chat', native)
  if (own === undefined) {
    if (native !== undefined) losses.addNative('/native/members', native.members, 'cosmetic')
    return { fingerprint: undefined, members: undefined }
  }
  const { system_fingerprint, ...members } = own
  const fingerprint = typeof system_fingerprint === 'string' ? system_fingerprint : undefined
  return { fingerprint, members: Object.keys(members).length === 0 ? undefined : members }
}

/** Notes what the word does not say. @returns the members beside it that only this dialect knows */
export function noteFinish(
  choice: number,
  { reason, raw, stopSequence, native }: Finish,
  word: string,
  hasCalls: boolean,
  losses: Losses,
): { readonly message?: Wire } & Wire {
  const path = `/candidates/${choice}/finish`
  const read = finishOf(FINISHES, word).reason
  if ((read === 'stop' && hasCalls ? 'tool-calls' : read) !== reason) losses.add(`${path}/reason`, 'no-slot')
  if (raw !== word) losses.add(`${path}/raw`, 'cosmetic')
  if (stopSequence !== undefined) losses.add(`${path}/stopSequence`, 'no-slot')
  const own = membersFor('chat', native)
  if (own === undefined && native !== undefined) losses.addNative(`${path}/native/members`, native.members, 'cosmetic')
  const { finish_reason: _, message, ...members } = own ?? {}
  return { ...members, ...(objectOf(message) === undefined ? {} : { message: message as Wire }) }
}

/** Notes what the usage object has no member for. */
export function noteUsage({ native, serverTools, byModel, cacheWrite1h }: Usage, losses: Losses): void {
  if (native !== undefined && native.dialect !== 'chat')
    losses.addNative('/usage/native/members', native.members, 'cosmetic')
  if (serverTools !== undefined) losses.add('/usage/serverTools', 'no-slot')
  if (byModel !== undefined) losses.add('/usage/byModel', 'no-slot')
  if (cacheWrite1h !== undefined) losses.add('/usage/cacheWrite1h', 'no-slot')
}

/** The seals that are carried: the member that a text stands in says where it has to come back. */
export function sealsToCarry(seals: readonly Seal[]): readonly Seal[] {
  return seals.filter(({ dialect, value }) => dialect !== 'chat' || !value.startsWith('slot:'))
}

/** A piece of the candidate's visible text. */
export interface TextRange {
  readonly start: number
  readonly end: number
}

/**
 * An annotation with its range; undefined for one that has no form here. Clients want every member of
 * a citation, so what is about a whole block says where that is.
 */
export function encodeAnnotation(
  annotation: Annotation,
  range: TextRange,
  path: string,
  losses: Losses,
): Wire | undefined {
  const { kind, url, title = '', quote, start = range.start, end = range.end, seal, native } = annotation
  const own = objectOf(membersFor('chat', native)?.annotation)
  if (own !== undefined) return own as Wire
  if (kind !== 'url' || url === undefined) {
    losses.add(path, 'no-slot')
    return undefined
  }
  if (seal !== undefined) losses.add(`${path}/seal`, 'no-slot')
  if (native !== undefined) losses.addNative(`${path}/native/members`, native.members)
  const url_citation = defined<Wire>({ start_index: start, end_index: end, title, url, content: quote } as Wire)
  return { type: 'url_citation', url_citation }
}
