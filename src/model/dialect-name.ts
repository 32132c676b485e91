/** One provider's API shape: `chat` and `responses` are OpenAI's, `messages` is Anthropic's, `gemini` Google's. */
export type DialectName = 'chat' | 'responses' | 'messages' | 'gemini'
