/** The thread of {@link TokenCounter}: gets texts, answers each with the number of its tokens. */
import { parentPort } from 'node:worker_threads'
import { countTokens } from 'gpt-tokenizer/encoding/o200k_base'
import { piecesOf } from './pieces.ts'

/** Words that mean something to a model are text like any other here. */
const AS_TEXT = { disallowedSpecial: new Set<string>() }

parentPort?.on('message', (text: string) => {
  let tokens = 0
  for (const piece of piecesOf(text)) tokens += countTokens(piece, AS_TEXT)
  parentPort?.postMessage(tokens)
})
