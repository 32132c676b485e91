/**
 * Streams that nobody sent: legal by construction, and as odd as the grammar allows. A stream is made of
 * a plan, so that fast-check can shrink it to the block that matters.
 */
import fc from 'fast-check'
import { type Failure, failure } from '../../src/errors.ts'
import {
  type Annotation,
  type DialectName,
  EventWriter,
  type Finish,
  type Logprob,
  type Native,
  type NewBlock,
  type Seal,
  type StreamEvent,
  type Usage,
} from '../../src/model/index.ts'

export interface StreamSetup {
  /** Whose native pockets are in it; undefined: none. */
  readonly natives?: DialectName | undefined
  /** Whose seals are in it; undefined: none. */
  readonly seals?: Pick<Seal, 'dialect' | 'issuer'> | undefined
  /** How many candidates there may be. Default 1. */
  readonly candidates?: number
  /** Whether it may end in an error. Default false. */
  readonly failing?: boolean
}

/** Legal streams of the neutral model. */
export function anyStream(setup: StreamSetup = {}): fc.Arbitrary<readonly StreamEvent[]> {
  return anyPlan(setup).map(play)
}

/** Text as models write it, in the pieces that providers cut it into: inside an emoji, too. */
export const pieces: fc.Arbitrary<readonly string[]> = fc
  .array(
    fc.oneof(
      fc.constantFrom(
        'Das Mehl',
        ' ist fertig: ',
        '🌾',
        '\ud83c',
        '\udf3e',
        '\0',
        '\n\n',
        '\r',
        '\u2028',
        '\ufeff',
        'data: {"a":1}',
        'data: [DONE]\n\n',
        '[DONE]',
        'event: message_stop',
        '"usage":{"prompt_tokens":1}',
        '"finish_reason":"stop"',
        'response.completed',
        '<thinking>',
        'mr1s.e30',
        '"\\',
        '`',
      ),
      fc.string({ unit: 'binary', maxLength: 5 }),
    ),
    { maxLength: 5 },
  )
  .map(texts => texts.filter(text => text !== ''))

interface BlockPlan {
  readonly start: NewBlock
  readonly pieces: readonly string[]
  /** After which pieces the next part begins. */
  readonly breaks: readonly number[]
  readonly logprobs: readonly Logprob[]
  readonly annotations: readonly Annotation[]
  readonly seals: readonly Seal[]
  readonly endNative: Native | undefined
  /** It opens when nothing else is open, and nothing opens before it is closed. */
  readonly isAlone: boolean
}

/** What stands between the blocks. */
type Aside =
  | { readonly type: 'ping' }
  | { readonly type: 'native'; readonly native: Native }
  | { readonly type: 'annotation'; readonly choice: number; readonly annotation: Annotation }

interface Plan {
  readonly start: Parameters<EventWriter['start']>[0]
  readonly blocks: readonly BlockPlan[]
  /** Which of the blocks in work goes on at each step. */
  readonly picks: readonly number[]
  readonly asides: readonly (readonly [step: number, aside: Aside])[]
  /** Said at the first steps, and the last of them again at the end. */
  readonly usages: readonly Usage[]
  readonly finishes: readonly (readonly [choice: number, finish: Finish])[]
  readonly failure: readonly [step: number, failure: Failure] | undefined
  readonly endNative: Native | undefined
}

/** Runs a plan through a writer, which keeps the grammar. */
function play(plan: Plan): readonly StreamEvent[] {
  const events: StreamEvent[] = []
  const writer = new EventWriter(event => events.push(event))
  const waiting = [...plan.blocks]
  const running: Generator<void>[] = []
  let isAlone = false
  const fails = plan.failure?.[0] ?? Number.POSITIVE_INFINITY
  writer.start(plan.start)
  for (let step = 0; step < fails && (waiting.length > 0 || running.length > 0); step++) {
    for (const [at, aside] of plan.asides) if (at === step) say(writer, aside)
    const usage = plan.usages[step]
    if (usage !== undefined) writer.usage(usage)
    const canOpen: boolean = waiting.length > 0 && (running.length === 0 || (!isAlone && !waiting[0]?.isAlone))
    const pick = (plan.picks[step % plan.picks.length] ?? 0) % (running.length + (canOpen ? 1 : 0))
    if (pick === running.length) {
      const plan = waiting.shift() as BlockPlan
      isAlone = plan.isAlone
      running.push(run(writer, plan))
    }
    if (running[pick]?.next().done) running.splice(pick, 1)
  }
  const last = plan.usages.at(-1)
  if (last !== undefined) writer.usage(last)
  for (const [choice, finish] of plan.finishes) writer.finish(choice, finish)
  if (plan.failure !== undefined) writer.fail(plan.failure[1])
  else writer.end(plan.endNative === undefined ? {} : { native: plan.endNative })
  return events
}

/** A block, one event at each step. */
function* run(writer: EventWriter, plan: BlockPlan): Generator<void> {
  const { start, pieces, breaks, logprobs, annotations, seals, endNative } = plan
  const index = writer.open(start)
  for (const [at, piece] of pieces.entries()) {
    yield
    if (start.kind === 'media') writer.data(index, piece)
    else if (start.kind === 'tool-call' || start.kind === 'tool-result') writer.payload(index, piece)
    else writer.text(index, piece, at === 0 && logprobs.length > 0 ? logprobs : undefined)
    if (breaks.includes(at) && at < pieces.length - 1) writer.breakPart(index)
  }
  yield
  for (const annotation of annotations) writer.annotate(start.choice, annotation, index)
  for (const seal of seals) writer.seal(index, seal)
  writer.close(index, endNative)
}

function say(writer: EventWriter, aside: Aside): void {
  switch (aside.type) {
    case 'ping':
      writer.ping()
      break
    case 'native':
      writer.native('vendor.event', aside.native)
      break
    case 'annotation':
      writer.annotate(aside.choice, aside.annotation)
      break
  }
}

const USAGE_PARTS = ['cacheRead', 'cacheWrite', 'reasoning'] as const

function anyPlan({ natives, seals, candidates = 1, failing = false }: StreamSetup): fc.Arbitrary<Plan> {
  const native = natives === undefined ? fc.constant(undefined) : maybe(nativeOf(natives))
  return fc.record({
    start: fc.record({
      id: maybe(fc.constantFrom('chatcmpl-1', 'msg_1', 'resp_1')),
      model: maybe(fc.constantFrom('mill-1', 'vendor/mill:free')),
      createdAt: maybe(fc.integer({ min: 1, max: 2 ** 31 })),
      serviceTier: maybe(fc.constantFrom('default', 'priority')),
      native,
    }),
    blocks: fc.array(anyItem(native, seals, candidates), { maxLength: 5 }).map(numbered),
    picks: fc.array(fc.nat({ max: 5 }), { minLength: 1, maxLength: 12 }),
    usages: usage,
    asides: fc.array(fc.tuple(fc.nat({ max: 12 }), anyAside(natives, candidates)), { maxLength: 4 }),
    finishes: fc.tuple(...Array.from({ length: candidates }, (_, choice) => fc.tuple(fc.constant(choice), finish))),
    failure: failing ? maybe(fc.tuple(fc.nat({ max: 20 }), anyFailure)) : fc.constant(undefined),
    endNative: native,
  })
}

function maybe<T>(value: fc.Arbitrary<T>): fc.Arbitrary<T | undefined> {
  return fc.option(value, { nil: undefined })
}

function nativeOf(dialect: DialectName): fc.Arbitrary<Native> {
  const names = fc.constantFrom('x_vendor', 'odd/name~', '__proto__', 'object')
  // As it comes out of JSON text, which has no -0.
  return fc
    .dictionary(names, fc.jsonValue({ maxDepth: 1 }), { minKeys: 1 })
    .map(members => ({ dialect, members: JSON.parse(JSON.stringify(members)) }))
}

/** Blocks that belong together: a tool's call and its result when the provider ran it, else one. */
function anyItem(
  native: fc.Arbitrary<Native | undefined>,
  seals: StreamSetup['seals'],
  candidates: number,
): fc.Arbitrary<readonly BlockPlan[]> {
  const base = fc.record({
    choice: fc.nat({ max: candidates - 1 }),
    item: maybe(fc.constantFrom('item_1', 'item_2')),
    native,
  })
  const plan = (more: fc.Arbitrary<Partial<BlockPlan> & Pick<BlockPlan, 'start'>>) =>
    fc.tuple(native, more).map(([endNative, more]): readonly BlockPlan[] => [{ ...NOTHING, endNative, ...more }])
  const text = fc
    .record({ start: base.map(base => ({ ...base, kind: 'text' as const })), pieces, logprobs, annotations })
    // Nothing rests on a source.
    .map(plan => (plan.pieces.length === 0 ? { ...plan, annotations: [] } : plan))
  const refusal = fc.record({ start: base.map(base => ({ ...base, kind: 'refusal' as const })), pieces, logprobs })
  const media = fc.record({
    start: fc
      .tuple(base, fc.constantFrom('image/png', 'audio/wav'))
      .map(([base, mediaType]) => ({ ...base, kind: 'media' as const, mediaType })),
    pieces: fc.array(fc.constantFrom('AAAA', 'c2Vl', '+/+/'), { minLength: 1, maxLength: 3 }),
  })
  return fc.oneof(
    { weight: 4, arbitrary: plan(text) },
    { weight: 1, arbitrary: plan(refusal) },
    { weight: 3, arbitrary: plan(anyReasoning(base, seals)) },
    { weight: 4, arbitrary: plan(anyCall(base)) },
    { weight: 1, arbitrary: anyServedCall(base) },
    { weight: 1, arbitrary: plan(media) },
  )
}

const NOTHING = {
  pieces: [],
  breaks: [],
  logprobs: [],
  annotations: [],
  seals: [],
  endNative: undefined,
  isAlone: false,
} satisfies Partial<BlockPlan>

type Base = fc.Arbitrary<Pick<NewBlock, 'choice' | 'item' | 'native'>>

function anyReasoning(base: Base, seals: StreamSetup['seals']) {
  return fc
    .record({ base, pieces, breaks: fc.subarray([0, 1, 2]), form: fc.constantFrom('full', 'summary'), value: pieces })
    .map(({ base, pieces, breaks, form, value }) => ({
      start: { ...base, kind: 'reasoning' as const, form },
      pieces,
      breaks: form === 'summary' ? breaks : [],
      // Without text it stands in the place of text, and a block with neither is nothing.
      seals: seals === undefined ? [] : [sealOf(seals, pieces, value)],
    }))
    .filter(({ pieces, seals }) => pieces.length > 0 || seals.length > 0)
}

/** @param pieces the text that it proves; without any it stands in its place */
function sealOf(whose: Pick<Seal, 'dialect' | 'issuer'>, pieces: readonly string[], value: readonly string[]): Seal {
  // Responses has tokens, but no signatures.
  const kind = pieces.length === 0 || whose.dialect === 'responses' ? 'encrypted' : 'signature'
  const token = `EqQB${value.join('')}/+=`
  if (whose.dialect !== 'chat') return { ...whose, kind, value: token }
  // What a chat upstream wants back is whole members of its message.
  const item =
    kind === 'signature'
      ? { type: 'reasoning.text', text: pieces.join(''), signature: token, index: 0 }
      : { type: 'reasoning.encrypted', data: token, index: 0 }
  return { ...whose, kind, value: `echo:${JSON.stringify({ members: { reasoning_details: [item] } })}` }
}

function anyCall(base: Base) {
  const input = fc.oneof(
    fc.tuple(fc.constant('json' as const), json),
    fc.tuple(fc.constant('text' as const), fc.constantFrom('*** Begin Patch\n', 'say "hi"')),
  )
  return fc.record({ base, name: toolName, input, cut: fc.nat({ max: 9 }) }).map(({ base, name, input, cut }) => ({
    start: { ...base, kind: 'tool-call' as const, callId: '', name, runBy: 'client' as const, input: input[0] },
    pieces: cutAt(input[1], cut),
  }))
}

/** A call that the provider answers itself, and its result after it. */
function anyServedCall(base: Base): fc.Arbitrary<readonly BlockPlan[]> {
  return fc.tuple(base, json, fc.boolean()).map(([base, payload, failed]) => [
    {
      ...NOTHING,
      start: { ...base, kind: 'tool-call', callId: '', name: 'web_search', runBy: 'provider', input: 'json' },
      pieces: cutAt(payload, 2),
      isAlone: true,
    },
    {
      ...NOTHING,
      start: { ...base, kind: 'tool-result', callId: '', failed },
      pieces: cutAt(payload, 3),
      isAlone: true,
    },
  ])
}

const toolName = fc.constantFrom('get_weather', 'apply-patch', 'f')

/** Arguments as models write them: whole, none at all, and with numbers that doubles do not hold. */
const json = fc.oneof(
  fc.constantFrom('{}', '{"big":12345678901234567890.10}', '{"a":"\\ud83c","b":[1e400]}', '{ "spaced" : 1 }'),
  fc.dictionary(fc.string({ maxLength: 3 }), fc.jsonValue({ maxDepth: 1 })).map(value => JSON.stringify(value)),
)

const logprobs = fc.oneof(
  { weight: 4, arbitrary: fc.constant([]) },
  {
    weight: 1,
    arbitrary: fc.constant<Logprob[]>([
      { token: 'a', logprob: -0.5, bytes: [97], top: [{ token: 'b', logprob: -1.5, bytes: [98] }] },
    ]),
  },
)

const annotation: fc.Arbitrary<Annotation> = fc
  .tuple(fc.constantFrom('https://mill.test/a', 'https://mill.test/b'), fc.constantFrom('A page', 'Another'))
  .map(([url, title]) => ({ kind: 'url', url, title }))

const annotations = fc.array(annotation, { maxLength: 2 })

function anyAside(natives: DialectName | undefined, candidates: number): fc.Arbitrary<Aside> {
  const said: fc.Arbitrary<Aside>[] = [
    fc.constant({ type: 'ping' }),
    fc
      .tuple(fc.nat({ max: candidates - 1 }), annotation)
      .map(([choice, annotation]) => ({ type: 'annotation', choice, annotation })),
  ]
  if (natives !== undefined) said.push(nativeOf(natives).map(native => ({ type: 'native', native })))
  return fc.oneof(...said)
}

/** Totals that hold their parts, as a provider says them while it goes: always the same members. */
const usage: fc.Arbitrary<readonly Usage[]> = fc
  .tuple(
    fc.array(fc.tuple(count(), count(), count(), count(), count()), { maxLength: 3 }),
    fc.subarray([...USAGE_PARTS]),
  )
  .map(([said, parts]) =>
    said.map(([fresh, cacheRead, cacheWrite, spoken, reasoning]) => {
      const known = Object.fromEntries(
        Object.entries({ cacheRead, cacheWrite, reasoning }).filter(([name]) => parts.some(part => part === name)),
      )
      return {
        input: fresh + (known.cacheRead ?? 0) + (known.cacheWrite ?? 0),
        output: spoken + (known.reasoning ?? 0),
        ...known,
      }
    }),
  )

function count(): fc.Arbitrary<number> {
  return fc.integer({ min: 1, max: 5000 })
}

const finish: fc.Arbitrary<Finish> = fc.constantFrom<Finish>(
  { reason: 'stop', raw: 'stop' },
  { reason: 'stop', raw: 'end_turn' },
  { reason: 'stop', raw: 'stop_sequence', stopSequence: '###' },
  { reason: 'length', raw: 'length' },
  { reason: 'tool-calls', raw: 'tool_use' },
  { reason: 'refusal', raw: 'refusal' },
  { reason: 'filtered', raw: 'content_filter' },
  { reason: 'paused', raw: 'pause_turn' },
  { reason: 'other', raw: 'odd' },
)

const anyFailure = fc.constantFrom(
  failure('overloaded', 'No capacity left'),
  failure('truncated', 'Upstream ended the stream without its terminal event'),
  failure('upstream', 'The wheel broke: "data: [DONE]"'),
)

function cutAt(text: string, at: number): readonly string[] {
  return [text.slice(0, at), text.slice(at)].filter(piece => piece !== '')
}

/** Gives calls their ids, results those of their calls, and a chat provider's items their indices. */
function numbered(items: readonly (readonly BlockPlan[])[]): readonly BlockPlan[] {
  const sealed = new Set<string>()
  return items.flatMap((plans, at) =>
    plans.map(plan => ({
      ...plan,
      start: {
        ...plan.start,
        ...('callId' in plan.start ? { callId: `call_${at}` } : {}),
        item: hasToken(plan, sealed) ? undefined : plan.start.item,
      } as NewBlock,
      seals: plan.seals.map(seal =>
        seal.dialect === 'chat' ? { ...seal, value: seal.value.replace('"index":0', `"index":${at}`) } : seal,
      ),
    })),
  )
}

/** An item of Responses has one token: what is sealed once more is another item. */
function hasToken({ start: { item }, seals }: BlockPlan, sealed: Set<string>): boolean {
  if (item === undefined || seals[0]?.dialect !== 'responses') return false
  const isKnown = sealed.has(item)
  sealed.add(item)
  return isKnown
}
