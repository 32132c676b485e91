import type { DialectName } from '../dialects/index.ts'
import type { Voice } from './voice.ts'
import { chat } from './voices/chat.ts'
import { gemini } from './voices/gemini.ts'
import { messages } from './voices/messages.ts'
import { responses } from './voices/responses.ts'

export const VOICES: Readonly<Record<DialectName, Voice>> = Object.freeze({ chat, responses, messages, gemini })
