import { toUtf8 } from '../src/bytes.ts'
import { FINISHES as CHAT } from '../src/dialects/chat/tables.ts'
import { FINISHES as GEMINI } from '../src/dialects/gemini/tables.ts'
import { type Codec, DIALECTS, type Dialect, type DialectName, type Saying, type Wire } from '../src/dialects/index.ts'
import { FINISHES as MESSAGES } from '../src/dialects/messages/tables.ts'
import { FINISHES as RESPONSES } from '../src/dialects/responses/tables.ts'
import { FAILURES, type FailureCode, failure } from '../src/errors.ts'
import { type FinishReason, Losses, type Message } from '../src/model/index.ts'
import { table } from './table.ts'

const SPEAKERS = Object.values(DIALECTS)

/** The words of each dialect for the end of an answer, and what they are taken for. */
const FINISHES: Readonly<Record<DialectName, Readonly<Record<string, FinishReason>>>> = {
  chat: CHAT,
  responses: RESPONSES,
  messages: MESSAGES,
  gemini: GEMINI,
}

const REASONS: readonly FinishReason[] = ['stop', 'length', 'tool-calls', 'refusal', 'filtered', 'paused', 'other']

/** The tables of `docs/dialects.md` in Markdown: how each dialect that can be converted says everything. */
export function dialectReference(): string {
  return [
    `## Requests\n\n${sayings(({ request }) => request)}`,
    `## Answers\n\n${sayings(({ answer }) => answer)}`,
    `## What only one dialect knows\n\n${natives()}`,
    `## Why an answer ended\n\n${finishes()}`,
    `## Tokens\n\n${usages()}`,
    `## Failures\n\n${failures()}`,
  ].join('\n')
}

const HEADS = SPEAKERS.map(({ name }) => name)

function sayings(part: (sayings: Codec['sayings']) => Readonly<Record<string, Saying>>): string {
  const columns = SPEAKERS.map(({ codec }) => part(codec.sayings))
  const homes = Object.keys(columns[0] ?? {})
  return table(
    ['what', ...HEADS],
    homes.map(home => [home, ...columns.map(column => cell(column[home]))]),
  )
}

function cell(saying: Saying | undefined): string {
  if (saying === undefined) return ''
  if ('refused' in saying) return `**refused**: ${saying.refused}`
  const how = saying.how === undefined ? '' : `; ${saying.how}`
  return ('as' in saying ? code(saying.as) : `*lost* (${code(saying.lost)})`) + how
}

function natives(): string {
  const list = (names: readonly string[]) => names.map(code).join(', ')
  return table(
    ['dialect', 'in requests', 'in answers'],
    SPEAKERS.map(({ name, codec }) => {
      const { request, answer } = codec.sayings.natives
      return [name, list(request), list(answer)]
    }),
  )
}

/** What is read as a reason, and what is written for it. */
function finishes(): string {
  return table(
    ['reason', ...HEADS.flatMap(name => [`${name} reads`, `${name} writes`])],
    REASONS.map(reason => [
      code(reason),
      ...SPEAKERS.flatMap(speaker => {
        const words = Object.entries(FINISHES[speaker.name]).filter(([, read]) => read === reason)
        const read = reason === 'other' ? 'any other word' : words.map(([word]) => code(word)).join(', ')
        return [read, writtenFinish(speaker, reason)]
      }),
    ]),
  )
}

function writtenFinish(speaker: Dialect, reason: FinishReason): string {
  const { body, losses } = write(speaker, {
    ...ANSWER,
    candidates: [{ index: 0, parts: [{ kind: 'text', text: 'Hi' }], finish: { reason, raw: undefined } }],
  })
  const word = speaker.codec.decodeMessage(body, { issuer: '' }).candidates[0]?.finish?.raw
  const isLost = losses.all.some(({ path }) => path === '/candidates/0/finish/reason')
  return `${code(word ?? 'null')}${isLost ? ' (a loss)' : ''}`
}

/** The same counts in each dialect's own arithmetic. */
function usages(): string {
  const usage = { input: 100, cacheRead: 60, cacheWrite: 10, cacheWrite1h: 4, output: 50, reasoning: 20 } as const
  const rows = SPEAKERS.map(speaker => {
    const { body, losses } = write(speaker, { ...ANSWER, usage })
    const lost = losses.all.flatMap(({ path }) =>
      path.startsWith('/usage/') ? [code(path.slice('/usage/'.length))] : [],
    )
    return [speaker.name, code(JSON.stringify(body.usage ?? body.usageMetadata)), lost.join(', ')]
  })
  return `An answer with these counts: ${code(JSON.stringify(usage))}. Input holds the cached reads and the cache writes, output the reasoning.\n\n${table(['dialect', 'says', 'loses'], rows)}`
}

/** The words of each dialect for every code, inside a stream; errors.md has whole examples. */
function failures(): string {
  return table(
    ['code', ...HEADS],
    (Object.keys(FAILURES) as FailureCode[]).map(name => [
      code(name),
      ...SPEAKERS.map(({ failure: { encode } }) => failureWords(JSON.parse(toUtf8(encode(failure(name, '')))))),
    ]),
  )
}

function failureWords({ error = {} }: { readonly error?: Readonly<Record<string, unknown>> }): string {
  const words = [error.type, error.status, error.code].filter(word => word !== undefined && word !== null)
  return words.map(word => code(String(word))).join(', ')
}

const ANSWER: Message = {
  id: 'answer-1',
  model: 'mill',
  candidates: [{ index: 0, parts: [{ kind: 'text', text: 'Hi' }], finish: { reason: 'stop', raw: undefined } }],
}

function write({ codec }: Dialect, message: Message): { readonly body: Wire; readonly losses: Losses } {
  const losses = new Losses()
  const createId = (prefix: string) => `${prefix}1`
  const body = codec.encodeMessage(message, { request: undefined, model: undefined, losses, createId, now: () => 0 })
  return { body: JSON.parse(JSON.stringify(body)), losses }
}

function code(text: string): string {
  return `\`${text.replaceAll('|', '\\|')}\``
}
