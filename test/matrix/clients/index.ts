import { anthropic } from './anthropic.ts'
import type { Client } from './client.ts'
import { google } from './google.ts'
import { openaiChat, openaiResponses } from './openai.ts'
import { vercelAnthropic, vercelChat, vercelCompatible, vercelGoogle, vercelResponses } from './vercel.ts'

export type { Ask, Client, Shape, Told } from './client.ts'

export const CLIENTS: readonly Client[] = [
  openaiChat,
  vercelChat,
  vercelCompatible,
  openaiResponses,
  vercelResponses,
  anthropic,
  vercelAnthropic,
  google,
  vercelGoogle,
]
