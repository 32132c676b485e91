/** What a dialect's table says is what its encoders do. */
import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import type { AnswerHome, EncodeRequestContext, RequestHome, Saying } from '../../src/dialects/index.ts'
import { MillraceError } from '../../src/errors.ts'
import { foldEvents, type Loss } from '../../src/model/index.ts'
import { decodeWhole, echoRequest, encode, ISSUER, SPEAKERS, unfold } from './codecs.ts'
import { assertEcho } from './same.ts'
import { assertRequestEcho } from './same-request.ts'
import { ANSWERS, REQUESTS } from './specimens.ts'

/** Upstreams of which at least one can be told everything that its dialect has a word for. */
const UPSTREAMS: readonly Pick<EncodeRequestContext, 'issuer' | 'model'>[] = [
  { issuer: ISSUER, model: 'mill' },
  { issuer: 'https://api.openai.com', model: 'gpt-5.1' },
  { issuer: 'https://api.openai.com', model: 'gpt-4o' },
  { issuer: 'https://openrouter.ai', model: 'vendor/mill' },
  { issuer: 'https://api.anthropic.com', model: 'claude-opus-4-6' },
  { issuer: 'https://api.anthropic.com', model: 'claude-sonnet-4-20250514' },
]

for (const speaker of SPEAKERS) {
  const { name, codec } = speaker

  suite(`${name} asks`, () => {
    for (const [home, say] of Object.entries(codec.sayings.request) as [RequestHome, Saying][]) {
      test(`${home}: ${wordsOf(say)}`, () => {
        const heard = UPSTREAMS.map(upstream => {
          const { whole, path } = REQUESTS[home](name, upstream.issuer)
          const losses = lossesOf(() => {
            const { came, losses } = echoRequest(speaker, whole, upstream)
            if (!losses.all.some(isMove)) assertRequestEcho(came, whole, losses.all, name)
            return losses.all
          })
          return { path, losses }
        })
        checkSaying(say, heard)
      })
    }
  })

  suite(`${name} answers`, () => {
    for (const [home, say] of Object.entries(codec.sayings.answer) as [AnswerHome, Saying][]) {
      test(`${home}: ${wordsOf(say)}`, () => {
        const { whole, path } = ANSWERS[home]
        const events = unfold(whole)
        const { bytes, losses } = encode(speaker, events)
        assertEcho(decodeWhole(speaker, bytes), foldEvents(events), losses.all, name)
        checkSaying(say, [{ path, losses: losses.all }])
      })
    }
  })
}

/** Said elsewhere, or by somebody else: the words are there, but not what they were part of. */
function isMove({ path, reason }: Loss): boolean {
  return reason === 'order' || path.endsWith('/role')
}

interface Heard {
  readonly path: string
  /** What was lost; undefined: it was refused. */
  readonly losses: readonly Loss[] | undefined
}

function checkSaying(say: Saying, heard: readonly Heard[]): void {
  const fates = heard.map(({ path, losses }) => {
    if (losses === undefined) return 'refused'
    const lost = losses.find(loss => loss.path === path || path.startsWith(`${loss.path}/`))
    return lost?.reason ?? 'said'
  })
  if ('refused' in say) assert.deepEqual(new Set(fates), new Set(['refused']))
  else if ('lost' in say)
    assert.ok(fates.every(fate => fate === say.lost) || ('how' in say && fates.includes(say.lost)), `${fates}`)
  else
    assert.ok(
      fates.some(fate => fate === 'said' || fate === 'unit' || fate === 'order'),
      `${fates}`,
    )
}

function wordsOf(say: Saying): string {
  return 'as' in say ? `as ${say.as}` : 'lost' in say ? `lost (${say.lost})` : `refused, ${say.refused}`
}

function lossesOf(attempt: () => readonly Loss[]): readonly Loss[] | undefined {
  try {
    return attempt()
  } catch (error) {
    if (error instanceof MillraceError && error.code === 'bad-request') return undefined
    throw error
  }
}
