import { chat } from './chat/index.ts'
import type { Dialect, DialectName } from './dialect.ts'
import { gemini } from './gemini/index.ts'
import { messages } from './messages/index.ts'
import { responses } from './responses/index.ts'

/** Every dialect, by its name. */
export const DIALECTS: Readonly<Record<DialectName, Dialect>> = Object.freeze({ chat, responses, messages, gemini })
