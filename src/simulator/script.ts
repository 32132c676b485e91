import { createHash } from 'node:crypto'
import type { FinishReason, Usage } from '../model/index.ts'
import type { Asked } from './asked.ts'

export type Block =
  | { readonly kind: 'text'; readonly text: string }
  | { readonly kind: 'refusal'; readonly text: string }
  /** `seal` stands for the signature or the encrypted form that a provider hands out. */
  | { readonly kind: 'reasoning'; readonly text: string; readonly seal: string }
  /** `call` counts the calls of the answer from 0; `input` is JSON text. */
  | {
      readonly kind: 'tool-call'
      readonly call: number
      readonly name: string
      readonly input: string
      /** The group of the tool, and whether its input is free text instead: Responses only. */
      readonly namespace?: string
      readonly isFreeText?: boolean
    }

export type BlockOf<Kind extends Block['kind']> = Extract<Block, { readonly kind: Kind }>

/** One answer, before a dialect puts it into its words. */
export interface Script {
  /** Made from the request: the same request is answered with the same bytes. */
  readonly id: string
  readonly model: string
  readonly blocks: readonly Block[]
  readonly finish: FinishReason
  readonly usage: Required<Pick<Usage, 'input' | 'cacheRead' | 'output' | 'reasoning'>>
}

/** The second in which every answer says it was made: fixed, so that answers repeat byte for byte. */
export const CREATED_AT = 1_750_000_000

/** Tokens of every prompt that count as read from a cache. */
const CACHED_TOKENS = 64

/** A script whose id and usage follow from the request. */
export function scriptOf(asked: Asked, model: string, blocks: readonly Block[], finish: FinishReason): Script {
  const reasoning = blocks.filter(({ kind }) => kind === 'reasoning')
  return {
    id: digest(`${asked.dialect} ${model} ${asked.prompt}`).slice(0, 24),
    model,
    blocks,
    finish,
    usage: {
      input: promptTokens(asked),
      cacheRead: CACHED_TOKENS,
      output: countDeltas(blocks),
      reasoning: countDeltas(reasoning),
    },
  }
}

/** Four characters are a token, and a pretended system prompt comes from the cache. */
export function promptTokens({ prompt }: Asked): number {
  return CACHED_TOKENS + Math.ceil(prompt.length / 4)
}

/** The pieces in which a block is streamed; each counts as one token. */
export function deltasOf(block: Block): readonly string[] {
  return block.kind === 'tool-call' ? (block.input.match(/.{1,8}/gsu) ?? []) : wordsOf(block.text)
}

/** Words with the white space before them; joined they are the text. */
export function wordsOf(text: string): readonly string[] {
  return text.match(/\s*\S+|\s+$/g) ?? []
}

/** All the text of one kind of block; null when the answer has none. */
export function joinedText({ blocks }: Script, kind: 'text' | 'refusal' | 'reasoning'): string | null {
  const texts = blocks.flatMap(block => (block.kind === kind ? block.text : []))
  return texts.length === 0 ? null : texts.join('')
}

/** An opaque token that depends on what was asked; its text begins with `sim:` before it is encoded. */
export function sealOf({ prompt }: Asked): string {
  return Buffer.from(`sim:${digest(prompt)}`).toString('base64')
}

/** 64 hexadecimal digits. */
export function digest(text: string): string {
  return createHash('sha256').update(text).digest('hex')
}

function countDeltas(blocks: readonly Block[]): number {
  return blocks.reduce((sum, block) => sum + deltasOf(block).length, 0)
}
