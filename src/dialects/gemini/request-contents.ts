import type { Losses, MediaPart, Part, Request, Seal, ToolCallPart, ToolResultPart, Turn } from '../../model/index.ts'
import type { EncodeRequestContext } from '../codec.ts'
import { refusal, unsaid } from '../sayings.ts'
import { objectOf, type Wire } from '../value.ts'
import { argsOf, encodePart, isUploaded, parseText, toResponse } from './part.ts'
import { SAYINGS } from './sayings.ts'
import { NO_SIGNATURE } from './tables.ts'
import { isBudgeted, wantsSignatures } from './upstream-model.ts'

interface Content {
  readonly role: 'user' | 'model'
  readonly parts: Wire[]
  readonly members: Wire
}

/** What the system says, also in mid-conversation: this API knows no such turns. */
export function encodeInstructions({ instructions, turns }: Request, context: EncodeRequestContext): Wire | undefined {
  const writer = new PartWriter(context)
  const parts = instructions.flatMap((part, at) => writer.write(part, `/instructions/${at}`))
  for (const [at, turn] of turns.entries()) {
    if (turn.role !== 'system') continue
    context.losses.add(`/turns/${at}`, 'order')
    parts.push(...turn.parts.flatMap((part, n) => writer.write(part, `/turns/${at}/parts/${n}`)))
  }
  return parts.length === 0 ? undefined : { parts }
}

/** Turns of user and model in turn, the user's first, of which there must be one. */
export function encodeContents({ turns }: Request, context: EncodeRequestContext): Wire[] {
  const writer = new PartWriter(context)
  const contents: Content[] = []
  for (const [at, turn] of turns.entries()) {
    if (turn.role === 'system') continue
    const content = encodeTurn(turn, at, writer, context.losses)
    const last = contents.at(-1)
    if (content.parts.length === 0) continue
    if (last?.role === content.role) last.parts.push(...content.parts)
    else contents.push(content)
  }
  if (contents[0]?.role !== 'user') contents.unshift({ role: 'user', parts: [{ text: SILENCE }], members: {} })
  return contents.map(({ role, parts, members }) => ({
    role,
    parts: role === 'user' ? resultsFirst(parts) : parts,
    ...members,
  }))
}

/** What a user has said before a model that speaks first, or where only the system speaks. */
const SILENCE = ' '

function encodeTurn({ role, parts, native }: Turn, at: number, writer: PartWriter, losses: Losses): Content {
  const path = `/turns/${at}`
  const isOwn = native?.dialect === 'gemini'
  if (native !== undefined && !isOwn) losses.addNative(`${path}/native/members`, native.members)
  writer.startTurn(role)
  return {
    role: role === 'assistant' ? 'model' : 'user',
    parts: parts.flatMap((part, n) => writer.write(part, `${path}/parts/${n}`)),
    members: isOwn ? native.members : {},
  }
}

/** Results stand together, right after their calls. */
function resultsFirst(parts: readonly Wire[]): readonly Wire[] {
  const isResult = (part: Wire) => part.functionResponse !== undefined
  return [...parts.filter(isResult), ...parts.filter(part => !isResult(part))]
}

/** Writes parts for an upstream, and notes what is lost. */
class PartWriter {
  readonly #context: EncodeRequestContext
  readonly #losses: Losses
  /** The functions that were called, by the ids of their calls. */
  readonly #names = new Map<string, string>()
  /** Parts of tools that Google ran; a result follows only its own call. */
  readonly #served = new Set<string>()
  #isModel = false
  #isFirstCall = true

  constructor(context: EncodeRequestContext) {
    this.#context = context
    this.#losses = context.losses
  }

  /** The first call of a model's turn has the signature. */
  startTurn(role: Turn['role']): void {
    this.#isModel = role === 'assistant'
    this.#isFirstCall = true
  }

  write(part: Part, path: string): Wire[] {
    if (part.cache !== undefined) unsaid(SAYINGS.request['cache mark'], `${path}/cache`, this.#losses)
    const written = this.#write(part, path)
    if (written.length === 0) return written
    if (part.item !== undefined) this.#losses.add(`${path}/item`, 'cosmetic')
    if (part.native !== undefined && part.native.dialect !== 'gemini')
      this.#losses.addNative(`${path}/native/members`, part.native.members)
    return written
  }

  #write(part: Part, path: string): Wire[] {
    switch (part.kind) {
      case 'text':
        this.#loseOfText(part, path)
        return this.#text(part, part.text, path)
      case 'refusal':
        this.#losses.add(`${path}/kind`, 'no-slot')
        return this.#text(part, part.text, path)
      case 'reasoning':
        return this.#reasoning(part, part.texts.join('\n\n'), path)
      case 'media':
        return this.#media(part, path)
      case 'tool-call':
        return part.runBy === 'client' ? this.#call(part, path) : this.#providerPart(part, path)
      case 'tool-result':
        return part.payload === undefined ? this.#result(part, path) : this.#providerPart(part, path)
      case 'native': {
        const members = this.#ownOf(part)
        return members === undefined ? this.#lose(path) : [{ ...members, ...this.#signature(part, path) }]
      }
      default:
        part satisfies never
        return []
    }
  }

  #loseOfText({ annotations = [], logprobs }: Extract<Part, { kind: 'text' }>, path: string): void {
    for (const at of annotations.keys()) this.#losses.add(`${path}/annotations/${at}`, 'cosmetic')
    if (logprobs !== undefined) this.#losses.add(`${path}/logprobs`, 'cosmetic')
  }

  #text(part: Part, text: string, path: string): Wire[] {
    const signature = this.#signature(part, path)
    if (text === '' && signature.thoughtSignature === undefined) return this.#lose(path, 'cosmetic')
    return [{ text, ...this.#ownOf(part), ...signature }]
  }

  /** Reasoning goes back only with a token of this issuer; a token that stood alone does so again. */
  #reasoning(part: Part, text: string, path: string): Wire[] {
    const own = this.#ownSeal(part, path)
    if (own === undefined) return this.#lose(path)
    const thought = own.kind === 'signature' || text !== '' ? { thought: true } : {}
    return [{ text, ...thought, thoughtSignature: own.value }]
  }

  #media(part: MediaPart, path: string): Wire[] {
    if (part.detail !== undefined) this.#losses.add(`${path}/detail`, 'no-slot')
    if (part.filename !== undefined) this.#losses.add(`${path}/filename`, 'cosmetic')
    if (part.source.type === 'file' && !isUploaded(part.source.fileId)) return this.#foreignFile(path)
    const named = { ...part, mediaType: mediaTypeOf(part, path) }
    if (named.mediaType.includes('*') && named.mediaType !== '*/*') this.#losses.add(`${path}/mediaType`, 'cosmetic')
    const wire = encodePart(named, this.#ownOf(part))
    return wire === undefined ? this.#lose(path) : [{ ...wire, ...this.#signature(part, path) }]
  }

  /** What a model of another provider said is lost; what a user shows is not left out behind their back. */
  #foreignFile(path: string): Wire[] {
    if (this.#isModel) return this.#lose(path)
    throw refusal(path, 'this API knows only the files that it keeps, by their addresses')
  }

  #call(part: ToolCallPart, path: string): Wire[] {
    const { callId: id, name } = part
    this.#names.set(id, name)
    const args = argsOf(part)
    if (args === undefined && part.input === 'json') this.#losses.add(`${path}/payload`, 'unit')
    const payload = args === undefined ? JSON.stringify({ input: inputOf(part) }) : part.payload
    const wire = encodePart({ ...part, input: 'json', payload }, this.#ownOf(part)) ?? {}
    const signature = this.#signature(part, path)
    const isUnsigned = this.#isFirstCall && signature.thoughtSignature === undefined
    this.#isFirstCall = false
    return [{ ...wire, ...(isUnsigned ? this.#noSignature() : signature) }]
  }

  /** What Google's models want on a call that another model made. */
  #noSignature(): Wire {
    return wantsSignatures(this.#context.model) ? { thoughtSignature: NO_SIGNATURE } : {}
  }

  #result(part: ToolResultPart, path: string): Wire[] {
    const { callId: id, failed, content } = part
    const name = this.#names.get(id)
    const members = this.#ownOf(part)
    const texts = content.flatMap(item => (item.kind === 'text' || item.kind === 'refusal' ? [item.text] : []))
    const media = content.flatMap((item, at) => this.#resultMedia(item, `${path}/content/${at}`))
    if (name === undefined) {
      // The API takes no result without its call.
      this.#losses.add(`${path}/kind`, 'unit')
      return [...this.#text({ kind: 'text', text: '' }, texts.join('\n'), path), ...media]
    }
    const { response: key, ...rest } = objectOf(members?.functionResponse) ?? {}
    const response = toResponse(
      texts.length === 0 ? undefined : texts.join('\n'),
      failed,
      typeof key === 'string' ? key : undefined,
    )
    const isInside = media.length > 0 && !isBudgeted(this.#context.model)
    const functionResponse = { id, name, response, ...rest, ...(isInside ? { parts: media } : {}) }
    const { functionResponse: _, ...beside } = members ?? {}
    return [{ functionResponse, ...beside, ...this.#signature(part, path) }, ...(isInside ? [] : media)]
  }

  #resultMedia(item: Part, path: string): Wire[] {
    if (item.kind === 'text' || item.kind === 'refusal') {
      if (item.cache !== undefined) unsaid(SAYINGS.request['cache mark'], `${path}/cache`, this.#losses)
      return []
    }
    return this.write(item, path)
  }

  /** Only its own, and a result only with its call. */
  #providerPart(part: ToolCallPart | ToolResultPart, path: string): Wire[] {
    const wire = encodePart(part, this.#ownOf(part))
    const isAlone = part.kind === 'tool-result' && !this.#served.has(part.callId)
    if (wire === undefined || isAlone) return this.#lose(path)
    this.#served.add(part.callId)
    return [{ ...wire, ...this.#signature(part, path) }]
  }

  #signature(part: Part, path: string): Wire {
    const own = this.#ownSeal(part, path)
    return own === undefined ? {} : { thoughtSignature: own.value }
  }

  #ownSeal({ seals = [] }: Part, path: string): Seal | undefined {
    const own = seals.find(({ dialect, issuer }) => dialect === 'gemini' && issuer === this.#context.issuer)
    for (const [at, seal] of seals.entries()) if (seal !== own) this.#losses.add(`${path}/seals/${at}`, 'foreign-seal')
    return own
  }

  #ownOf({ native }: Part): Wire | undefined {
    return native?.dialect === 'gemini' ? native.members : undefined
  }

  #lose(path: string, reason: 'no-slot' | 'cosmetic' = 'no-slot'): [] {
    this.#losses.add(path, reason)
    return []
  }
}

/** What a call says whose arguments are no JSON object. */
function inputOf({ input, payload }: ToolCallPart): unknown {
  return input === 'text' ? payload : (parseText(payload) ?? payload)
}

/** What base64 begins with, by the type of what it holds. */
const BEGINNINGS: Readonly<Record<string, string>> = {
  iVBORw0KGgo: 'image/png',
  '/9j/': 'image/jpeg',
  R0lGOD: 'image/gif',
  UklGR: 'image/webp',
  JVBERi0: 'application/pdf',
}

/** The API wants to know what bytes are. */
function mediaTypeOf({ mediaType, source }: MediaPart, path: string): string {
  if (source.type !== 'base64' || !(mediaType === '' || mediaType.includes('*'))) return mediaType
  const beginning = Object.keys(BEGINNINGS).find(text => source.data.startsWith(text))
  if (beginning === undefined) throw refusal(path, 'the media type of its bytes is not known')
  return BEGINNINGS[beginning] as string
}
